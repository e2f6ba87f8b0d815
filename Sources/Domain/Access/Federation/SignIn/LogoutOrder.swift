import JSONText

/// A provider's word that somebody has signed out there, or one of their sessions has ended.
///
/// Source: OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6.
public struct LogoutOrder: Sendable, Equatable {
    private static let event = "http://schemas.openid.net/event/backchannel-logout"
    /// Seconds from `iat` to `exp`. The standard advises two minutes; some say an hour.
    private static let lifetimeMax: Int64 = 3_600

    public let issuer: String
    public let subject: String?
    /// The provider's name of the session; `nil` means all of the person's.
    public let session: String?
    /// Of the order itself, which counts once.
    public let id: String
    /// Unix time in seconds; afterwards it would be refused anyway.
    public let forgottenAt: Int64

    /// - Parameters:
    ///   - claims: of a token whose signature is the issuer's.
    ///   - clientID: whom it must be meant for.
    ///   - issuer: of the provider's metadata.
    ///   - now: Unix time in seconds.
    /// - Throws: ``TokenError`` with what is wrong.
    public init(_ claims: TokenClaims, clientID: String, issuer: String, now: Int64) throws(TokenError) {
        // Some leave the type out, or say what every token is; one that was made for something else is none.
        guard [nil, "jwt", "logout+jwt"].contains(claims.type) else {
            throw TokenError(.type, "The token was made for something else.")
        }
        var requirements = TokenRequirements(issuer: issuer, audiences: [clientID], lifetimeMax: Self.lifetimeMax)
        requirements.needsSubject = false
        try requirements.check(claims, now: now)
        guard claims.members["events"]?[Self.event]?.object != nil else {
            throw TokenError(.claim, "The token tells of no sign-out.")
        }
        // An identity token must never be taken for an order.
        guard claims.members["nonce"] == nil else { throw TokenError(.nonce, "An order to sign out has no nonce.") }
        func name(_ claim: String) throws(TokenError) -> String? {
            guard let value = claims.members[claim] else { return nil }
            guard let text = IdentityClaims.text(value) else { throw TokenError(.claim, "'\(claim)' is no name.") }
            return text
        }
        guard let id = try name("jti"), let end = claims.expiresAt else {
            throw TokenError(.claim, "The token has no id.")
        }
        (subject, session) = (try name("sub"), try name("sid"))
        guard subject != nil || session != nil else {
            throw TokenError(.claim, "The token does not say whom it is about.")
        }
        self.issuer = issuer
        self.id = id
        forgottenAt = end + requirements.skew
    }

    /// Under what it is remembered that it was followed.
    public var spentID: String { "logout:\(issuer) \(id)" }
}
