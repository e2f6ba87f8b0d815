/// Who asks: the identity that every decision about a request is made from. Made by authentication only.
public struct Principal: Sendable, Equatable {
    /// How the caller proved who it is.
    public enum Origin: Sendable, Equatable {
        /// Nobody had to: a server on this machine that has no users yet.
        case open
        /// Not at all, on a route that is for everybody.
        case anonymous
        /// Over the data directory's socket, which only its owner can open.
        case local
        /// A browser's cookie.
        case session(String)
        /// The key's id, never the key.
        case apiKey(String)
        /// A signed token; its id.
        case token(String)
    }

    /// Behind one reference: every layer that a request passes holds the caller.
    @Boxed private var facts: Facts

    private struct Facts: Sendable, Equatable {
        var user: UserID
        var name: String
        var tenant: TenantID
        var teams: [String]
        var role: Role
        var origin: Origin
        var scopes: Set<String>?
        var models: [String]?
        var userModels: [String]?
        var priorityMax: Priority
        var weight: Double
    }

    public var user: UserID {
        get { facts.user }
        set { facts.user = newValue }
    }
    /// As people see it.
    public var name: String {
        get { facts.name }
        set { facts.name = newValue }
    }
    /// Whose data, limits, queue share and cached prompts are meant.
    public var tenant: TenantID {
        get { facts.tenant }
        set { facts.tenant = newValue }
    }
    public var teams: [String] {
        get { facts.teams }
        set { facts.teams = newValue }
    }
    public var role: Role {
        get { facts.role }
        set { facts.role = newValue }
    }
    public var origin: Origin {
        get { facts.origin }
        set { facts.origin = newValue }
    }
    /// Permissions that the credential is restricted to; `nil` is all that the role has.
    public var scopes: Set<String>? {
        get { facts.scopes }
        set { facts.scopes = newValue }
    }
    /// Names of models that the credential may ask, where `*` stands for any characters; `nil` is all of them. See
    /// ``allows(model:)``.
    public var models: [String]? {
        get { facts.models }
        set { facts.models = newValue }
    }
    /// Names of models that the user may ask, whatever the credential; `nil` is all of them.
    public var userModels: [String]? {
        get { facts.userModels }
        set { facts.userModels = newValue }
    }
    /// The most urgent priority that the caller may ask for.
    public var priorityMax: Priority {
        get { facts.priorityMax }
        set { facts.priorityMax = newValue }
    }
    /// The caller's share of what is waited for, relative to others: that of the tenant.
    public var weight: Double {
        get { facts.weight }
        set { facts.weight = newValue }
    }

    public init(
        user: UserID, name: String, tenant: TenantID, teams: [String] = [], role: Role, origin: Origin,
        scopes: Set<String>? = nil, models: [String]? = nil, userModels: [String]? = nil,
        priorityMax: Priority = .critical, weight: Double = 1
    ) {
        facts = Facts(
            user: user, name: name, tenant: tenant, teams: teams, role: role, origin: origin, scopes: scopes,
            models: models, userModels: userModels, priorityMax: priorityMax, weight: weight)
    }

    /// Of the request that is being answered, and while its stream is written.
    @TaskLocal public static var current: Principal?

    /// The caller of a server that knows no users: everything is theirs.
    public static let open = Principal(
        user: UserID("local"), name: "local", tenant: .none, role: .admin, origin: .open)
    /// Somebody who has not said who they are, where others must. May do nothing.
    public static let anonymous = Principal(
        user: UserID(""), name: "", tenant: .none, role: .viewer, origin: .anonymous, scopes: [], models: [],
        priorityMax: .low)
    /// Whoever may open the data directory's socket.
    public static let local = Principal(
        user: UserID("local"), name: "local", tenant: .none, role: .admin, origin: .local)
}

/// What a person may do at most, least first.
public enum Role: String, Sendable, CaseIterable, Comparable {
    /// Looks, and changes nothing.
    case viewer
    /// Uses models and owns conversations, keys and files.
    case user
    /// Deploys, configures, and sees everybody's usage.
    case admin

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
