/// A provider of identities as it is configured: OpenID Connect, or OAuth 2.0 as GitHub speaks it.
public struct ProviderSettings: Sendable, Equatable, CustomReflectable {
    public enum Dialect: String, Sendable, CaseIterable {
        /// Identity tokens, and doors that are found by discovery.
        case oidc
        /// No identity token: who it is says the user endpoint.
        case github
    }

    /// Part of paths and links: 1 to 32 lower-case letters, digits and `-`.
    public var name: String
    /// On the button.
    public var title: String
    public var dialect: Dialect
    public var issuer: String
    public var clientID: String
    public var clientSecret: String
    public var scopes: [String]
    /// The claim with the person's groups.
    public var groupsClaim: String
    /// What becomes of the people that it names.
    public var rules: ExternalUserRules
    /// Domains of addresses that are let in; none lets all in.
    public var emailDomains: [String]

    public init(
        name: String, title: String? = nil, dialect: Dialect = .oidc, issuer: String, clientID: String,
        clientSecret: String, scopes: [String]? = nil, groupsClaim: String = "groups",
        rules: ExternalUserRules = ExternalUserRules(), emailDomains: [String] = []
    ) {
        self.name = name
        self.title = title ?? name
        self.dialect = dialect
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scopes = scopes ?? (dialect == .oidc ? ["openid", "profile", "email"] : ["read:user", "user:email"])
        self.groupsClaim = groupsClaim
        self.rules = rules
        self.emailDomains = emailDomains
    }

    /// What a sign-in at this provider is called in its cookie.
    public var visitName: String { "oidc:" + name }

    /// Without the secret.
    public var customMirror: Mirror { Mirror(self, children: ["name": name, "issuer": issuer]) }

    /// Whether an address may come in.
    public func allows(email: String?, isVerified: Bool) -> Bool {
        guard !emailDomains.isEmpty else { return true }
        guard isVerified, let domain = email?.split(separator: "@").last else { return false }
        return emailDomains.contains { $0.lowercased() == domain.lowercased() }
    }
}
