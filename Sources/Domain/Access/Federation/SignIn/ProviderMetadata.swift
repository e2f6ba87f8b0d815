import JSONText
import Telemetry

/// Where a provider's doors are: read from its discovery document, or known for providers that have none.
///
/// Source: OpenID Connect Discovery 1.0, section 3.
public struct ProviderMetadata: Sendable, Equatable {
    /// Bytes of a discovery document.
    public static let bytesMax = 256 << 10

    /// The exact `iss` of its tokens.
    public let issuer: String
    public let authorizationEndpoint: String
    public let tokenEndpoint: String
    public let keysURL: String?
    public let userEndpoint: String?
    /// Where browsers go to sign out there, too.
    public let endSessionEndpoint: String?
    /// Whether the client's secret goes into the form instead of an `Authorization` header.
    public let takesSecretInForm: Bool

    public init(
        issuer: String, authorizationEndpoint: String, tokenEndpoint: String, keysURL: String?, userEndpoint: String?,
        endSessionEndpoint: String? = nil, takesSecretInForm: Bool
    ) {
        self.issuer = issuer
        self.authorizationEndpoint = authorizationEndpoint
        self.tokenEndpoint = tokenEndpoint
        self.keysURL = keysURL
        self.userEndpoint = userEndpoint
        self.endSessionEndpoint = endSessionEndpoint
        self.takesSecretInForm = takesSecretInForm
    }

    /// GitHub's doors. It has no discovery document and no identity tokens: its user endpoint is asked.
    ///
    /// - Parameter base: `https://github.com`, or an Enterprise server.
    /// - Returns: its doors.
    public static func github(base: String) -> ProviderMetadata {
        let isCloud = base == "https://github.com"
        return ProviderMetadata(
            issuer: base, authorizationEndpoint: base + "/login/oauth/authorize",
            tokenEndpoint: base + "/login/oauth/access_token", keysURL: nil,
            userEndpoint: isCloud ? "https://api.github.com/user" : base + "/api/v3/user", takesSecretInForm: true)
    }

    /// Where an issuer's discovery document is.
    public static func discoveryURL(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Reads a discovery document.
    ///
    /// - Parameters:
    ///   - document: at most 256 KiB.
    ///   - issuer: as configured; the document must name the very same.
    /// - Throws: ``SignInError`` when it is something else, or leads from `https` to `http`.
    public init(document: [UInt8], issuer: String) throws(SignInError) {
        guard document.count <= Self.bytesMax, let object = Self.object(document) else {
            throw SignInError(.providerFailed, detail: "the discovery document is not a JSON object of at most 256 KiB")
        }
        guard object["issuer"]?.string == issuer else {
            throw SignInError(.providerFailed, detail: "the discovery document is of another issuer than \(issuer)")
        }
        func url(_ name: String) throws(SignInError) -> String? {
            guard let text = object[name]?.string else { return nil }
            // A provider behind TLS does not lead out of it.
            let isSafe = text.hasPrefix("https://") || (text.hasPrefix("http://") && issuer.hasPrefix("http://"))
            guard isSafe, text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
                !text.contains("#")
            else { throw SignInError(.providerFailed, detail: "'\(name)' of the discovery document is not allowed") }
            return text
        }
        guard let authorization = try url("authorization_endpoint"), let token = try url("token_endpoint"),
            let keys = try url("jwks_uri")
        else {
            throw SignInError(
                .providerFailed,
                detail: "the discovery document lacks authorization_endpoint, token_endpoint or jwks_uri")
        }
        // Without the member, the header is meant (OpenID Connect Discovery 1.0).
        let methods = object["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        let takesHeader = methods.map { $0.contains("client_secret_basic") } ?? true
        self.init(
            issuer: issuer, authorizationEndpoint: authorization, tokenEndpoint: token, keysURL: keys,
            userEndpoint: try url("userinfo_endpoint"), endSessionEndpoint: try url("end_session_endpoint"),
            takesSecretInForm: !takesHeader)
    }

    /// Where a browser goes to sign out at the provider, after it was signed out here.
    ///
    /// Source: OpenID Connect RP-Initiated Logout 1.0, section 2.
    ///
    /// - Parameters:
    ///   - session: that ended here.
    ///   - clientID: this server's at the provider.
    ///   - returnURL: where the provider sends the browser afterwards.
    ///   - state: comes back with the browser.
    /// - Returns: `nil` where the provider has no such door.
    public func signOutLocation(
        _ session: ProviderSession, clientID: String, returnURL: String, state: String
    ) -> String? {
        guard let endSessionEndpoint, session.issuer == issuer else { return nil }
        var fields = [
            ("client_id", clientID), ("post_logout_redirect_uri", returnURL), ("state", state),
        ]
        if let token = session.token { fields.insert(("id_token_hint", token.revealed), at: 0) }
        return endSessionEndpoint + (endSessionEndpoint.contains("?") ? "&" : "?") + FormText.encode(fields)
    }

    private static func object(_ bytes: [UInt8]) -> JSONObject? {
        do {
            return try JSONValue.parse(bytes, depthMax: 16).object
        } catch {
            return nil
        }
    }
}
