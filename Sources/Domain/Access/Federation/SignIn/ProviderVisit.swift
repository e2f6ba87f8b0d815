import Digests
public import JSONText

/// One way of a browser to a provider and back: what must come back with it.
///
/// It travels in a cookie, signed by this server: nothing is kept for those who never come back, and an answer of the
/// provider is worth nothing in another browser than the one that set out (login CSRF).
public struct ProviderVisit: Sendable, Equatable {
    /// `typ` of the signed cookie.
    public static let type = "nexus-signin+jwt"
    /// Seconds to come back in: people look for their second factor.
    public static let lifetime: Int64 = 600

    /// `oidc:google`, `saml`.
    public let provider: String
    /// For OAuth 2.0 the state, for SAML the id of the request. 43 characters that nobody can guess.
    public let state: String
    /// Comes back inside of the identity token.
    public let nonce: String
    /// The secret of PKCE; its digest went ahead (RFC 7636).
    public let verifier: String
    public let returnPath: String

    /// - Parameters:
    ///   - provider: which one.
    ///   - returnPath: where to go afterwards; what leads elsewhere becomes `/`.
    ///   - randomBytes: as many bytes as asked for, that nobody can guess.
    public init(provider: String, returnPath: String?, randomBytes: (Int) -> [UInt8]) {
        self.provider = provider
        // SAML wants ids to begin with a letter or an underscore.
        state = "_" + TokenBase64.encode(randomBytes(32))
        nonce = TokenBase64.encode(randomBytes(32))
        verifier = TokenBase64.encode(randomBytes(32))
        self.returnPath = ReturnPath.local(returnPath)
    }

    /// S256 of RFC 7636: the digest of the verifier.
    public var challenge: String { TokenBase64.encode(SHA256.digest(of: Array(verifier.utf8)).bytes) }

    /// As claims of a signed token. `issuer` is the server itself.
    public func claims(issuer: String, now: Int64) -> JSONObject {
        [
            "iss": .string(issuer), "aud": .string(issuer), "sub": .string(provider), "jti": .string(state),
            "nonce": .string(nonce), "verifier": .string(verifier), "return": .string(returnPath),
            "iat": .integer(now), "exp": .integer(now + Self.lifetime),
        ]
    }

    /// Reads what ``claims(issuer:now:)`` wrote, after its signature was checked.
    public init(_ claims: TokenClaims, issuer: String, now: Int64) throws(TokenError) {
        let requirements = TokenRequirements(
            issuer: issuer, audiences: [issuer], skew: 5, lifetimeMax: Self.lifetime, types: [Self.type])
        try requirements.check(claims, now: now)
        guard let provider = claims.subject, let state = claims.id, let nonce = claims.members["nonce"]?.string,
            let verifier = claims.members["verifier"]?.string, let path = claims.members["return"]?.string
        else { throw TokenError(.claim, "The sign-in cookie is incomplete.") }
        self.provider = provider
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
        returnPath = ReturnPath.local(path)
    }
}
