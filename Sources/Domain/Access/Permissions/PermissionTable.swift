public import Vocabulary

/// Something that callers may be allowed to do; each route of the server asks for one.
public struct Permission: Sendable, Equatable {
    /// `area.read`, `area.use`, `area.write` or `area.admin`.
    public let name: String
    public let summary: String
    /// The least of the roles that have it; those above have it, too.
    public let least: Role

    init(_ name: String, _ least: Role, _ summary: String) {
        self.name = name
        self.least = least
        self.summary = summary
    }
}

/// Which role may do what. The only place that says so: a permission that does not stand here, nobody but administrators has.
public enum PermissionTable {
    public static let all: [Permission] = [
        // One's own.
        Permission("session.use", .viewer, "See and end one's own sessions, change one's password and second factor."),
        Permission("keys.use", .user, "Make, rotate and revoke one's own API keys."),
        // Models.
        Permission("models.read", .viewer, "See models, their files and their usage."),
        Permission("models.write", .admin, "Import, download, convert, describe and delete models."),
        Permission("chat.use", .user, "Ask models for answers, vectors and token counts."),
        Permission("conversations.read", .user, "Read one's own conversations."),
        Permission("conversations.write", .user, "Write, share and delete one's own conversations."),
        Permission("memory.read", .user, "Read what is remembered of oneself."),
        Permission("memory.write", .user, "Change and forget what is remembered of oneself."),
        Permission("settings.read", .viewer, "Read one's own settings and profiles."),
        Permission("settings.use", .user, "Change one's own settings and profiles."),
        Permission("retention.read", .admin, "See how long data is kept, and what would be removed."),
        Permission("deployments.read", .viewer, "See deployments, workers and how they fare."),
        Permission("deployments.write", .admin, "Start, change and stop deployments; read their logs."),
        Permission("workers.admin", .admin, "See what workers' slots and caches hold, and change their adapters."),
        Permission("hardware.read", .viewer, "See what this machine has."),
        Permission("hardware.measure", .admin, "Measure this machine's speed."),
        Permission("jobs.read", .viewer, "See background work."),
        Permission("jobs.write", .admin, "End, repeat and forget background work."),
        Permission("hub.read", .user, "Look at the model hub."),
        Permission("hub.write", .admin, "Change how the hub is reached."),
        // The gateway.
        Permission("usage.read", .viewer, "See one's own usage and costs."),
        Permission("usage.admin", .admin, "See everybody's usage, and change prices."),
        Permission("limits.read", .viewer, "See the limits that apply to oneself."),
        Permission("limits.write", .admin, "Change limits."),
        Permission("budgets.read", .viewer, "See the budgets that apply to oneself."),
        Permission("budgets.write", .admin, "Change budgets."),
        Permission("routing.read", .viewer, "See how requests are routed."),
        Permission("routing.write", .admin, "Change how requests are routed."),
        Permission("cache.read", .admin, "See what the answer caches hold."),
        Permission("cache.write", .admin, "Empty the answer caches."),
        Permission("cache.admin", .admin, "Calibrate the answer caches."),
        // The server.
        Permission("roles.read", .viewer, "See this table."),
        Permission("users.read", .admin, "See users, their keys and their sessions."),
        Permission("users.write", .admin, "Make, change and delete users, and end their sessions."),
        Permission("teams.read", .admin, "See teams."),
        Permission("teams.write", .admin, "Make, change and delete teams."),
        Permission("tenants.read", .admin, "See tenants."),
        Permission("tenants.write", .admin, "Make, change and delete tenants."),
        Permission("metrics.read", .viewer, "Read the server's metrics."),
        Permission("audit.read", .admin, "Read and check the audit log."),
        Permission("secrets.read", .admin, "See which secrets the server keeps, never the secrets."),
        Permission("secrets.write", .admin, "Set and remove the server's secrets."),
        Permission("secrets.admin", .admin, "Rotate the key that secrets are sealed with."),
        Permission("federation.admin", .admin, "Set up identity providers, and rotate signing keys."),
        Permission("platform.admin", .admin, "Keep the platform of a command running."),
    ]

    private static let byName: [String: Permission] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The permission of a name; `nil` when there is none.
    public static func permission(named name: String) -> Permission? { byName[name] }

    /// Whether a role has a permission.
    ///
    /// - Parameters:
    ///   - role: the caller's.
    ///   - permission: its name. One that is not in the table, only administrators have.
    /// - Returns: whether the role has it.
    public static func allows(_ role: Role, _ permission: String) -> Bool {
        role >= (byName[permission]?.least ?? .admin)
    }

    /// Whether a caller has a permission: by role, and within what its credential is restricted to.
    ///
    /// - Parameters:
    ///   - principal: the caller.
    ///   - permission: its name.
    /// - Returns: whether the caller may do it.
    public static func allows(_ principal: Principal, _ permission: String) -> Bool {
        allows(principal.role, permission) && principal.scopes?.contains(permission) ?? true
    }

    /// The names of everything that a caller may do, in the table's order.
    public static func permissions(of principal: Principal) -> [String] {
        all.map(\.name).filter { allows(principal, $0) }
    }

    /// The permissions that scopes stand for.
    ///
    /// - Parameter scopes: names, or patterns such as `models.*`.
    /// - Returns: names of permissions in the table.
    public static func expand(_ scopes: [String]) -> Set<String> {
        Set(all.map(\.name).filter { name in scopes.contains { NamePattern.matches(name, $0) } })
    }

    /// Checks scopes from outside.
    ///
    /// - Parameter scopes: names or patterns.
    /// - Throws: `invalidValue` for one that stands for nothing, with the names that there are.
    static func check(_ scopes: [String]) throws(ServiceError) {
        for scope in scopes where expand([scope]).isEmpty {
            throw ServiceError(
                .invalidValue, "'\(scope.prefix(40))' is no scope.",
                hint: "Scopes: \(all.map(\.name).joined(separator: ", ")); `models.*` stands for several.",
                parameter: "scopes")
        }
    }
}
