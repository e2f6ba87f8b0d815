/// An issuer elsewhere whose access tokens are believed, as it is configured.
public struct TrustedIssuer: Sendable, Equatable {
    /// What the configuration calls it.
    public var name: String
    /// The exact `iss`.
    public var issuer: String
    /// One of them must be in `aud`.
    public var audiences: [String]
    public var keys: Source
    public var groupsClaim: String
    /// What becomes of its subjects.
    public var rules: ExternalUserRules
    /// Seconds.
    public var skew: Int64
    public var lifetimeMax: Int64

    /// Where its keys come from.
    public enum Source: Sendable, Equatable {
        /// Its discovery document says where.
        case discovery
        case url(String)
        case fixed(VerificationKeys)
    }

    public init(
        name: String, issuer: String, audiences: [String], keys: Source = .discovery, groupsClaim: String = "groups",
        rules: ExternalUserRules = ExternalUserRules(), skew: Int64 = 60,
        lifetimeMax: Int64 = 86_400
    ) {
        self.name = name
        self.issuer = issuer
        self.audiences = audiences
        self.keys = keys
        self.groupsClaim = groupsClaim
        self.rules = rules
        self.skew = skew
        self.lifetimeMax = lifetimeMax
    }

    public var requirements: TokenRequirements {
        TokenRequirements(issuer: issuer, audiences: audiences, skew: skew, lifetimeMax: lifetimeMax)
    }
}
