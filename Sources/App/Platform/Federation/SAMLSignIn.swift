import Access
import SignedXML

/// Sign-in at an identity provider by SAML 2.0: the request goes out in a redirect, the assertion comes back in a form.
struct SAMLSignIn: Sendable {
    let settings: SAMLSettings
    let service: SAMLService
    private let keys: TrustedKeys

    /// Bytes of the posted form.
    static let formBytesMax = 1 << 20

    private static let places = SignedDocument.Places(
        root: SignedDocument.Name("Response", SAMLElement.protocolNamespace),
        child: SignedDocument.Name("Assertion", SAMLElement.assertionNamespace))

    /// - Throws: when a certificate cannot be used.
    init(_ settings: SAMLSettings, publicURL: String) throws(SignedXMLError) {
        self.settings = settings
        service = SAMLService(publicURL: publicURL)
        keys = try TrustedKeys(certificates: settings.certificates)
    }

    /// Where the browser is sent to.
    func location(_ visit: ProviderVisit, now: Int64) -> String {
        service.location(id: visit.state, destination: settings.signInURL, now: now)
    }

    /// Whose assertion the browser brings back.
    ///
    /// - Parameters:
    ///   - form: that was posted.
    ///   - visit: from the browser's cookie.
    ///   - now: Unix time in seconds.
    /// - Returns: the person, and the assertion's id, which is to be spent.
    /// - Throws: ``SignInError`` where anything is not as it must be.
    func accept(
        form: [UInt8], visit: ProviderVisit, now: Int64
    ) throws(SignInError) -> AssertionChecks.Accepted {
        guard visit.provider == SAMLSettings.visitName else {
            throw SignInError(.stateMismatch, detail: "the cookie is of a visit elsewhere")
        }
        guard let fields = FormText.decode(form), let text = fields["SAMLResponse"], let bytes = Base64.decode(text)
        else { throw SignInError(.providerFailed, detail: "the form has no SAMLResponse in base 64") }
        let element: VerifiedElement
        do throws(SignedXMLError) {
            element = try SignedDocument.verifiedElement(in: bytes, at: Self.places, keys: keys)
        } catch {
            throw SignInError(.identityRefused, detail: error.description)
        }
        return try AssertionChecks(settings: settings, service: service).accept(
            SAMLElement(element), requestID: visit.state, now: now)
    }
}

extension SAMLElement {
    /// The same, for those who know SAML and no XML library. Only what was verified can be made into one here.
    init(_ element: VerifiedElement) {
        self.init(
            element.name, namespace: element.namespace, attributes: element.attributes,
            children: element.children.map { SAMLElement($0) }, text: element.text)
    }
}
