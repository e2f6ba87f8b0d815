public import Vocabulary

/// A person as an identity provider, a directory or an assertion names them, after its signature was checked.
public struct ExternalIdentity: Sendable, Equatable {
    /// Who says so: the issuer's URL, or `ldap:` and the directory's name. With `subject`, the identity's key.
    public var issuer: String
    /// Never given to anybody else by the issuer: OpenID's `sub`, a directory's `entryUUID`; not a name or an address.
    public var subject: String
    /// What the person would like to be called when signing in.
    public var name: String?
    /// As people see it.
    public var displayName: String?
    public var email: String?
    /// Whether the issuer vouches for `email`. One that is not verified never finds a user.
    public var isEmailVerified: Bool
    public var groups: [String]

    public init(
        issuer: String, subject: String, name: String? = nil, displayName: String? = nil, email: String? = nil,
        isEmailVerified: Bool = false, groups: [String] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.name = name
        self.displayName = displayName
        self.email = email
        self.isEmailVerified = isEmailVerified
        self.groups = groups
    }
}

/// What becomes of people that an issuer names.
public struct ExternalUserRules: Sendable, Equatable {
    /// Group → role; the highest one counts.
    public var roles: [String: Role]
    /// Group → name of a team, which is made where there is none.
    public var teams: [String: String]
    /// For those in no group of `roles`; `nil` refuses them.
    public var defaultRole: Role?
    /// The tenant of new users; `nil` gives each one of their own.
    public var tenant: TenantID?
    /// Whether somebody whose verified e-mail address belongs to a user is that user.
    public var linksByEmail: Bool
    /// Whether users are made for those who are not known yet.
    public var createsUsers: Bool

    public init(
        roles: [String: Role] = [:], teams: [String: String] = [:], defaultRole: Role? = nil,
        tenant: TenantID? = nil, linksByEmail: Bool = false, createsUsers: Bool = true
    ) {
        self.roles = roles
        self.teams = teams
        self.defaultRole = defaultRole
        self.tenant = tenant
        self.linksByEmail = linksByEmail
        self.createsUsers = createsUsers
    }

    /// The role of somebody in these groups; `nil` when they may not come in.
    public func role(for groups: [String]) -> Role? { groups.compactMap { roles[$0] }.max() ?? defaultRole }

    /// The names of the teams of somebody in these groups, each once, sorted.
    public func teams(for groups: [String]) -> [String] { Set(groups.compactMap { teams[$0] }).sorted() }
}

/// What sign-in by somebody else's word needs of the users here.
public protocol ExternalUsers: Sendable {
    /// Finds the user of an identity, or makes one, and brings name, role and teams up to date.
    ///
    /// - Parameters:
    ///   - identity: checked.
    ///   - rules: what becomes of it.
    /// - Returns: the user, who is not disabled.
    /// - Throws: `ServiceError` of the code `forbidden` when they may not come in.
    func user(for identity: ExternalIdentity, rules: ExternalUserRules) async throws -> User

    /// Starts a browser's session for a user who has proved who they are.
    ///
    /// - Parameters:
    ///   - user: as ``user(for:rules:)`` returned it.
    ///   - client: where they sit.
    ///   - provider: the session at a provider that it ends with; `nil` where there is none.
    /// - Returns: the session, with the token for the cookie.
    /// - Throws: `ServiceError` when the user is gone or disabled.
    func startSession(
        for user: UserID, from client: ClientTrace, provider: ProviderSession?
    ) async throws -> StartedSession

    /// Ends the sessions that a provider means.
    ///
    /// - Returns: how many ended.
    func endSessions(meantBy order: LogoutOrder) async throws -> Int

    /// A user as a caller.
    ///
    /// - Parameters:
    ///   - user: the user's id.
    ///   - origin: how they proved it.
    /// - Returns: `nil` when there is no such user, or they are disabled.
    func principal(of user: UserID, origin: Principal.Origin) -> Principal?
}
