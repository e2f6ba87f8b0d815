public import Telemetry
public import Vocabulary

/// What a new user is to be.
public struct UserOrder: Sendable {
    public var name: String
    /// The name where it is `nil`.
    public var displayName: String?
    public var email: String?
    public var role: Role
    /// One of their own where it is `nil`.
    public var tenant: TenantID?
    /// `nil` for those who cannot sign in with one.
    public var password: Redacted<String>?
    public var models: [String]?
    public var priorityMax: Priority?
    public var weight: Double?

    public init(
        name: String, displayName: String? = nil, email: String? = nil, role: Role = .user, tenant: TenantID? = nil,
        password: Redacted<String>? = nil, models: [String]? = nil, priorityMax: Priority? = nil,
        weight: Double? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.email = email
        self.role = role
        self.tenant = tenant
        self.password = password
        self.models = models
        self.priorityMax = priorityMax
        self.weight = weight
    }
}

/// What is to be different about a user; what is `nil` stays.
public struct UserEdit: Sendable {
    public var displayName: String?
    /// `.some(nil)` takes the address away.
    public var email: String??
    public var role: Role?
    public var tenant: TenantID?
    public var isDisabled: Bool?
    /// `.some(nil)` allows all models.
    public var models: [String]??
    public var priorityMax: Priority?
    /// `.some(nil)` gives what the configuration says.
    public var weight: Double??

    public init() {}
}

extension Accounts {
    /// All users, by name.
    public nonisolated func users() -> [User] {
        index.read { Array($0.records.users.values) }.sorted { $0.name < $1.name }
    }

    /// A user by id, name or e-mail address.
    ///
    /// - Parameter text: one of them.
    /// - Returns: the user.
    /// - Throws: `notFound`.
    public nonisolated func user(_ text: String) throws(ServiceError) -> User {
        guard let user = index.read({ $0.user(named: text.lowercased()) ?? $0.user(named: text) }) else {
            throw ServiceError(
                .notFound, "There is no user '\(text.prefix(64))'.", hint: "GET /api/v1/users lists them.")
        }
        return user
    }

    /// The teams that a user is in, by id.
    public nonisolated func teams(of user: UserID) -> [String] { index.read { $0.teams(of: user) } }

    /// Makes a user.
    ///
    /// - Parameters:
    ///   - order: what they are to be. The first one must be an administrator: from then on everybody signs in.
    ///   - caller: who makes them.
    /// - Returns: the user.
    /// - Throws: `invalidValue` for what is wrong with it, `conflict` for a name that is taken.
    public func createUser(_ order: UserOrder, by caller: Principal?) async throws -> User {
        let name = try NameRules.userName(order.name)
        let hash = try await hashed(order.password, name: name)
        let id = UserID(newID("usr_"))
        let user = User(
            id: id, name: name, displayName: try NameRules.display(order.displayName ?? order.name, "display_name"),
            email: try order.email.map(NameRules.email), role: order.role, tenant: order.tenant ?? TenantID(id.text),
            models: try NameRules.models(order.models), priorityMax: order.priorityMax ?? .high,
            weight: try QueueWeights.check(order.weight), createdAt: now(), password: hash)
        try await change { state in
            try Self.check(user, state)
            guard user.role == .admin || !state.records.users.isEmpty else {
                throw ServiceError(
                    .conflict, "The first user must be an administrator.", hint: "Make one: role `admin`.",
                    parameter: "role")
            }
            return ([.saveUser(user)], ())
        }
        tell(.userCreated, by: caller, user.id.text, "name \(user.name), role \(user.role.rawValue)")
        return user
    }

    /// Changes a user. Their sessions and keys follow at once; disabling ends their sessions.
    ///
    /// - Parameters:
    ///   - id: whom.
    ///   - edit: what is to be different.
    ///   - caller: who does it.
    /// - Returns: the user as they are now.
    /// - Throws: `conflict` when no administrator would be left.
    @discardableResult
    public func editUser(_ id: UserID, _ edit: UserEdit, by caller: Principal?) async throws -> User {
        let displayName = try edit.displayName.map { text throws(ServiceError) in
            try NameRules.display(text, "display_name")
        }
        var email: String?? = nil
        if let wanted = edit.email { email = .some(try wanted.map(NameRules.email)) }
        var models: [String]?? = nil
        if let wanted = edit.models { models = .some(try NameRules.models(wanted)) }
        var weight: Double?? = nil
        if let wanted = edit.weight { weight = .some(try QueueWeights.check(wanted)) }
        let user = try await change { [email, models, weight] state in
            guard var user = state.records.users[id] else { throw Self.noUser }
            if let displayName { user.displayName = displayName }
            if let email { user.email = email }
            if let models { user.models = models }
            if let weight { user.weight = weight }
            user.role = edit.role ?? user.role
            user.tenant = edit.tenant ?? user.tenant
            user.isDisabled = edit.isDisabled ?? user.isDisabled
            user.priorityMax = edit.priorityMax ?? user.priorityMax
            try Self.check(user, state)
            try Self.keepAdministrator(state, without: user.role == .admin && !user.isDisabled ? nil : id)
            let sessions = state.records.sessions.values.filter { user.isDisabled && $0.user == id }
            return ([.saveUser(user)] + sessions.map { .endSession($0.id) }, user)
        }
        tell(
            .userChanged, by: caller, id.text,
            "role \(user.role.rawValue), tenant \(user.tenant), \(user.isDisabled ? "disabled" : "enabled")")
        return user
    }

    /// Removes a user with keys, sessions and memberships.
    ///
    /// - Parameters:
    ///   - id: whom.
    ///   - caller: who does it.
    /// - Throws: `conflict` when no administrator would be left.
    public func removeUser(_ id: UserID, by caller: Principal?) async throws {
        try await change { state in
            guard state.records.users[id] != nil else { throw Self.noUser }
            try Self.keepAdministrator(state, without: id)
            return ([.removeUser(id)], ())
        }
        tell(.userRemoved, by: caller, id.text)
    }

    // MARK: Checks

    static var noUser: ServiceError {
        ServiceError(.notFound, "There is no such user.", hint: "GET /api/v1/users lists them.")
    }

    func hashed(_ password: Redacted<String>?, name: String) async throws -> PasswordRecord? {
        guard let password else { return nil }
        try settings.passwords.check(password, name: name)
        return PasswordRecord(hash: try await hasher.hash(password), changedAt: now())
    }

    /// Refuses a user whose name, address or tenant does not fit those that are there.
    static func check(_ user: User, _ state: borrowing AccessIndex.State) throws(ServiceError) {
        if let other = state.names[user.name], other != user.id {
            throw ServiceError(
                .conflict, "There is a user '\(user.name)' already.", hint: "Take another name.", parameter: "name")
        }
        // Names may look like addresses: whoever is meant must be one person.
        if let email = user.email, let other = state.emails[email] ?? state.names[email], other != user.id {
            throw ServiceError(
                .conflict, "Another user has this e-mail address.", hint: "Take another one.", parameter: "email")
        }
        if let other = state.emails[user.name], other != user.id {
            throw ServiceError(
                .conflict, "This name is another user's e-mail address.", hint: "Take another name.",
                parameter: "name")
        }
        guard user.tenant.name == user.id.text || state.records.tenants[user.tenant] != nil else {
            throw ServiceError(
                .notFound, "There is no tenant '\(user.tenant.name.prefix(64))'.",
                hint: "Make it first: POST /api/v1/tenants.", parameter: "tenant")
        }
    }

    /// Refuses what would leave nobody who may do everything.
    static func keepAdministrator(
        _ state: borrowing AccessIndex.State, without id: UserID?
    ) throws(ServiceError) {
        guard let id, let user = state.records.users[id], user.role == .admin, !user.isDisabled else { return }
        let others = state.records.users.values.filter { $0.role == .admin && !$0.isDisabled && $0.id != id }
        guard others.isEmpty else { return }
        throw ServiceError(
            .conflict, "This is the last administrator.", hint: "Make another user an administrator first.")
    }
}
