import JSONText

/// The two steps of the authorization code flow with PKCE, as texts (RFC 6749, RFC 7636, OpenID Connect Core 1.0).
public struct AuthorizationCode: Sendable {
    public let provider: ProviderSettings
    public let metadata: ProviderMetadata
    /// The only address that the provider may send the browser to.
    public let redirectURI: String

    /// Bytes of what a browser brings back.
    public static let codeBytesMax = 2_048
    /// Bytes of the answer to a code.
    public static let answerBytesMax = 256 << 10

    public init(provider: ProviderSettings, metadata: ProviderMetadata, redirectURI: String) {
        self.provider = provider
        self.metadata = metadata
        self.redirectURI = redirectURI
    }

    /// Where the browser goes first.
    public func location(_ visit: ProviderVisit) -> String {
        var fields = [
            (name: "response_type", value: "code"), (name: "client_id", value: provider.clientID),
            (name: "redirect_uri", value: redirectURI), (name: "scope", value: provider.scopes.joined(separator: " ")),
            (name: "state", value: visit.state), (name: "code_challenge", value: visit.challenge),
            (name: "code_challenge_method", value: "S256"),
        ]
        if provider.dialect == .oidc { fields.append((name: "nonce", value: visit.nonce)) }
        let separator = metadata.authorizationEndpoint.contains("?") ? "&" : "?"
        return metadata.authorizationEndpoint + separator + FormText.encode(fields)
    }

    /// The code that the browser brought back.
    ///
    /// - Parameters:
    ///   - query: of the redirect.
    ///   - visit: from the browser's cookie.
    /// - Returns: the code.
    /// - Throws: ``SignInError`` when the answer belongs to another visit or says no.
    public func code(query: (String) -> String?, visit: ProviderVisit) throws(SignInError) -> String {
        guard visit.provider == provider.visitName, let state = query("state"), Self.isSame(state, visit.state)
        else { throw SignInError(.stateMismatch, detail: "the state is not the one of the cookie") }
        // RFC 9207: who answers says so, against mixing two providers up.
        if let issuer = query("iss"), issuer != metadata.issuer {
            throw SignInError(.stateMismatch, detail: "the answer names another issuer")
        }
        if query("error") != nil { throw SignInError(.denied, detail: "the provider answered with an error") }
        guard let code = query("code"), (1...Self.codeBytesMax).contains(code.utf8.count) else {
            throw SignInError(.providerFailed, detail: "the answer has no code")
        }
        return code
    }

    /// What the code is exchanged with: a form, and an `Authorization` header where the secret goes there.
    public func exchange(code: String, visit: ProviderVisit) -> (form: String, authorization: String?) {
        var fields = [
            (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
            (name: "redirect_uri", value: redirectURI), (name: "code_verifier", value: visit.verifier),
        ]
        guard !metadata.takesSecretInForm else {
            fields += [
                (name: "client_id", value: provider.clientID), (name: "client_secret", value: provider.clientSecret),
            ]
            return (FormText.encode(fields), nil)
        }
        // Both halves are escaped before they are joined (RFC 6749, section 2.3.1).
        let pair = FormText.escape(provider.clientID) + ":" + FormText.escape(provider.clientSecret)
        return (FormText.encode(fields), "Basic " + Base64.encode(Array(pair.utf8)))
    }

    /// The tokens of the answer.
    ///
    /// - Throws: ``SignInError`` when it is no answer, or an error: such as of a code that was used before.
    public func tokens(status: Int, body: [UInt8]) throws(SignInError) -> (access: String, identity: String?) {
        var object: JSONObject?
        do {
            object = try JSONValue.parse(body, depthMax: 16).object
        } catch {
            object = nil
        }
        guard let object else { throw SignInError(.providerFailed, detail: "the token endpoint answered no JSON") }
        // GitHub answers errors with status 200.
        guard status == 200, object["error"] == nil else {
            throw SignInError(.denied, detail: "the token endpoint refused the code (status \(status))")
        }
        guard let access = object["access_token"]?.string, (1...16_384).contains(access.utf8.count),
            access.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw SignInError(.providerFailed, detail: "the token endpoint gave no access token") }
        return (access, object["id_token"]?.string)
    }

    /// Compares in a time that depends on the lengths only.
    static func isSame(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Base 64 with padding (RFC 4648, section 4).
public enum Base64 {
    public static func encode(_ bytes: [UInt8]) -> String {
        let text = TokenBase64.encode(bytes).utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }

    /// The bytes of a text, which may have line breaks and spaces; `nil` where it is something else.
    public static func decode(_ text: String) -> [UInt8]? {
        var letters: [UInt8] = []
        letters.reserveCapacity(text.utf8.count)
        var padding = 0
        for byte in text.utf8 {
            switch byte {
            case 0x09, 0x0A, 0x0D, 0x20: continue
            case UInt8(ascii: "="): padding += 1
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            case _ where padding > 0: return nil
            case UInt8(ascii: "+"): letters.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): letters.append(UInt8(ascii: "_"))
            default: letters.append(byte)
            }
        }
        guard (letters.count + padding) % 4 == 0, padding <= 2 else { return nil }
        return TokenBase64.decode(String(decoding: letters, as: UTF8.self))
    }
}
