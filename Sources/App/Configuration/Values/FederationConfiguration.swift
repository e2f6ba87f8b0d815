/// Sign-in by somebody else's word: providers, directories, issuers of tokens.
public struct FederationConfiguration: Sendable, Equatable {
    public var jwt = TokenConfiguration()
    /// By name, in the order of the file.
    public var oidc: [ProviderConfiguration] = []
    public var ldap = DirectoryConfiguration()
    public var saml = AssertionConfiguration()

    public init() {}
}

/// Access tokens: the server's own, and those of others that it believes.
public struct TokenConfiguration: Sendable, Equatable {
    /// How long one of the server's own lives at most.
    public var lifetime = Duration.seconds(900)
    /// After which another key signs.
    public var rotation = Duration.seconds(30 * 86_400)
    public var issuers: [IssuerConfiguration] = []

    public init() {}
}

/// What becomes of the people that a provider names.
public struct PeopleConfiguration: Sendable, Equatable {
    public enum DefaultRole: String, Sendable, CaseIterable {
        /// Only those get in whom a group gives a role.
        case none
        case viewer, user, admin
    }

    /// Group and role.
    public var roles: [NamePair] = []
    /// Group and team.
    public var teams: [NamePair] = []
    public var defaultRole = DefaultRole.none
    public var createsUsers = true
    /// Whether a verified e-mail address leads to the user who has it.
    public var linksByEmail = false

    public init() {}
}

/// A name and what it stands for.
public struct NamePair: Sendable, Equatable {
    public var name: String
    public var meaning: String

    public init(name: String, meaning: String) {
        self.name = name
        self.meaning = meaning
    }
}

/// A provider of OpenID Connect, or GitHub.
public struct ProviderConfiguration: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case oidc, google, github }

    public var name: String
    public var kind = Kind.oidc
    public var title: String?
    /// Where it is; Google and GitHub are known.
    public var issuer: String?
    public var clientID: String?
    public var clientSecret: Secret?
    /// A file that holds it.
    public var clientSecretFile: String?
    public var scopes: [String]?
    public var groupsClaim: String?
    public var emailDomains: [String] = []
    public var people = PeopleConfiguration()

    public init(name: String) { self.name = name }
}

/// An issuer elsewhere whose access tokens are believed.
public struct IssuerConfiguration: Sendable, Equatable {
    public var name: String
    public var issuer: String?
    public var audiences: [String] = []
    /// Where its key set is; its discovery document says so where this is left out.
    public var keysURL: String?
    /// A file with its key set instead.
    public var keysFile: String?
    public var groupsClaim: String?
    public var people = PeopleConfiguration()

    public init(name: String) { self.name = name }
}

/// An LDAP directory that passwords are checked with; none without `url`.
public struct DirectoryConfiguration: Sendable, Equatable {
    public var url: String?
    public var title = "Directory password"
    public var startTLS = false
    /// Whether passwords may cross a network unencrypted.
    public var allowsPlain = false
    public var trustFile: String?
    public var bindName: String?
    public var bindPassword: Secret?
    public var userBase: String?
    public var userFilter = "(uid={name})"
    public var idAttribute = "entryUUID"
    public var nameAttribute = "uid"
    public var displayNameAttribute = "cn"
    public var emailAttribute = "mail"
    /// Whether its addresses are known to be its people's.
    public var trustsEmail = false
    public var groupAttribute: String?
    public var groupBase: String?
    public var groupFilter = "(member={dn})"
    public var timeout = Duration.seconds(5)
    public var people = PeopleConfiguration()

    public init() {}
}

/// A SAML 2.0 identity provider; none without `issuer`.
public struct AssertionConfiguration: Sendable, Equatable {
    /// Its entity id.
    public var issuer: String?
    public var title = "SAML"
    public var signInURL: String?
    /// PEM file with one or more certificates.
    public var certificate: String?
    public var groupsAttribute = "groups"
    public var emailAttribute = "email"
    public var nameAttribute = "displayName"
    public var trustsEmail = false
    public var skew = Duration.seconds(60)
    public var people = PeopleConfiguration()

    public init() {}
}
