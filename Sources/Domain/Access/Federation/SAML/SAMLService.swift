import Telemetry

/// This server as a service provider of SAML 2.0: what it says of itself, and what it asks for.
public struct SAMLService: Sendable, Equatable {
    /// Its name: the address of its metadata.
    public let entityID: String
    /// Where assertions are posted to.
    public let consumerURL: String

    /// - Parameter publicURL: the server's, without a slash at its end.
    public init(publicURL: String) {
        entityID = publicURL + "/saml/metadata"
        consumerURL = publicURL + "/saml/acs"
    }

    public static let postBinding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

    /// The document at `/saml/metadata` (SAML metadata, section 2.4.4).
    public var metadata: String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="\(XMLText.escape(entityID))">
          <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" \
        protocolSupportEnumeration="\(SAMLElement.protocolNamespace)">
            <md:AssertionConsumerService Binding="\(Self.postBinding)" Location="\(XMLText.escape(consumerURL))" \
        index="0" isDefault="true"/>
          </md:SPSSODescriptor>
        </md:EntityDescriptor>

        """
    }

    /// The request that sends a browser to sign in (SAML core, section 3.4.1).
    ///
    /// - Parameters:
    ///   - id: comes back with the assertion.
    ///   - destination: the provider's address for it.
    ///   - now: Unix time in seconds.
    /// - Returns: XML.
    public func request(id: String, destination: String, now: Int64) -> String {
        """
        <samlp:AuthnRequest xmlns:samlp="\(SAMLElement.protocolNamespace)" \
        xmlns:saml="\(SAMLElement.assertionNamespace)" ID="\(XMLText.escape(id))" Version="2.0" \
        IssueInstant="\(UnixTime(seconds: now).rfc3339)" Destination="\(XMLText.escape(destination))" \
        ProtocolBinding="\(Self.postBinding)" AssertionConsumerServiceURL="\(XMLText.escape(consumerURL))">\
        <saml:Issuer>\(XMLText.escape(entityID))</saml:Issuer>\
        <samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>
        """
    }

    /// The address that carries the request in its query (SAML bindings, section 3.4).
    public func location(id: String, destination: String, now: Int64) -> String {
        let text = Array(request(id: id, destination: destination, now: now).utf8)
        let query = FormText.encode([(name: "SAMLRequest", value: Base64.encode(Self.deflated(text)))])
        return destination + (destination.contains("?") ? "&" : "?") + query
    }

    /// One stored block of DEFLATE (RFC 1951, section 3.2.4): the binding asks for the format, not for smallness.
    ///
    /// - Precondition: at most 65,535 bytes.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(bytes.count)
        let size = [UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
        return [1] + size + size.map { ~$0 } + bytes
    }
}

/// Texts inside of XML.
enum XMLText {
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
