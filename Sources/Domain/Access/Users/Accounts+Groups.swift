public import Vocabulary

extension Accounts {
    public nonisolated func teams() -> [Team] {
        index.read { Array($0.records.teams.values) }.sorted { $0.id < $1.id }
    }

    /// - Throws: `notFound`.
    public nonisolated func team(_ id: String) throws(ServiceError) -> Team {
        guard let team = index.read({ $0.records.teams[id] }) else { throw Self.noTeam }
        return team
    }

    public nonisolated func tenants() -> [Tenant] {
        index.read { Array($0.records.tenants.values) }.sorted { $0.id.name < $1.id.name }
    }

    /// Makes a team.
    ///
    /// - Parameters:
    ///   - id: its short name.
    ///   - displayName: as people see it; the id where it is `nil`.
    ///   - caller: who makes it.
    /// - Returns: the team, without members.
    /// - Throws: `conflict` when there is one, `invalidValue` for a bad name.
    public func createTeam(_ id: String, displayName: String?, by caller: Principal?) async throws -> Team {
        let id = try NameRules.groupID(id)
        let team = Team(
            id: id, displayName: try NameRules.display(displayName ?? id, "display_name"), createdAt: now())
        try await change { state in
            guard state.records.teams[id] == nil else { throw Self.taken("team", id) }
            return ([.saveTeam(team)], ())
        }
        tell(.teamChanged, by: caller, id, "created")
        return team
    }

    /// Changes a team's display name and members.
    ///
    /// - Parameters:
    ///   - id: which one.
    ///   - displayName: `nil` leaves it.
    ///   - adding: users who are members afterwards.
    ///   - removing: users who are not.
    ///   - caller: who does it.
    /// - Returns: the team as it is now.
    /// - Throws: `notFound` for the team, or for a user.
    @discardableResult
    public func editTeam(
        _ id: String, displayName: String? = nil, adding: Set<UserID> = [], removing: Set<UserID> = [],
        by caller: Principal?
    ) async throws -> Team {
        let displayName = try displayName.map { text throws(ServiceError) in
            try NameRules.display(text, "display_name")
        }
        let team = try await change { state in
            guard var team = state.records.teams[id] else { throw Self.noTeam }
            for user in adding where state.records.users[user] == nil { throw Self.noUser }
            team.displayName = displayName ?? team.displayName
            team.members.formUnion(adding)
            team.members.subtract(removing)
            return ([.saveTeam(team)], team)
        }
        tell(.teamChanged, by: caller, id, "\(team.members.count) members")
        return team
    }

    public func removeTeam(_ id: String, by caller: Principal?) async throws {
        try await change { state in
            guard state.records.teams[id] != nil else { throw Self.noTeam }
            return ([.removeTeam(id)], ())
        }
        tell(.teamRemoved, by: caller, id)
    }

    /// What queues give a tenant, relative to others.
    public nonisolated func weight(of tenant: Tenant) -> Double { settings.weights.weight(of: tenant) }

    /// What queues give a user, relative to others: what their tenant gets, where it is not their own.
    public nonisolated func weight(of user: User) -> Double { index.read { $0.weight(of: user) } }

    /// Makes a tenant.
    ///
    /// - Parameters:
    ///   - id: its short name.
    ///   - displayName: as people see it; the id where it is `nil`.
    ///   - weight: its share of what is waited for; `nil` is what the configuration says.
    ///   - caller: who makes it.
    /// - Returns: the tenant.
    /// - Throws: `conflict` when there is one, `invalidValue` for a bad name or weight.
    public func createTenant(
        _ id: String, displayName: String?, weight: Double? = nil, by caller: Principal?
    ) async throws -> Tenant {
        let id = try NameRules.groupID(id)
        let tenant = Tenant(
            id: TenantID(id), displayName: try NameRules.display(displayName ?? id, "display_name"),
            weight: try QueueWeights.check(weight), createdAt: now())
        try await change { state in
            guard state.records.tenants[tenant.id] == nil else { throw Self.taken("tenant", id) }
            return ([.saveTenant(tenant)], ())
        }
        tell(.tenantChanged, by: caller, id, "created")
        return tenant
    }

    /// Changes how a tenant is called, and its share of what is waited for. Requests that come afterwards follow.
    ///
    /// - Parameters:
    ///   - id: which one.
    ///   - displayName: `nil` leaves it.
    ///   - weight: `nil` leaves it, `.some(nil)` gives what the configuration says.
    ///   - caller: who does it.
    /// - Returns: the tenant as it is now.
    /// - Throws: `notFound`, `invalidValue`.
    @discardableResult
    public func editTenant(
        _ id: TenantID, displayName: String? = nil, weight: Double?? = nil, by caller: Principal?
    ) async throws -> Tenant {
        let displayName = try displayName.map { text throws(ServiceError) in
            try NameRules.display(text, "display_name")
        }
        if let wanted = weight { _ = try QueueWeights.check(wanted) }
        let tenant = try await change { state in
            guard var tenant = state.records.tenants[id] else { throw Self.noTenant }
            tenant.displayName = displayName ?? tenant.displayName
            if let weight { tenant.weight = weight }
            return ([.saveTenant(tenant)], tenant)
        }
        tell(.tenantChanged, by: caller, id.name, "weight \(self.weight(of: tenant))")
        return tenant
    }

    /// Removes a tenant that no user has.
    public func removeTenant(_ id: TenantID, by caller: Principal?) async throws {
        try await change { state in
            guard state.records.tenants[id] != nil else { throw Self.noTenant }
            guard !state.records.users.values.contains(where: { $0.tenant == id }) else {
                throw ServiceError(
                    .conflict, "Users belong to this tenant.", hint: "Give them another one first.")
            }
            return ([.removeTenant(id)], ())
        }
        tell(.tenantRemoved, by: caller, id.name)
    }

    /// Names of models that everybody of a role may ask, unless their own list says otherwise.
    public nonisolated func roleModels() -> [Role: [String]] { index.read { $0.records.roleModels } }

    /// Sets them.
    ///
    /// - Parameters:
    ///   - role: whose.
    ///   - models: names or patterns; `nil` for all.
    ///   - caller: who does it.
    /// - Throws: `invalidValue` for a bad list.
    public func setRoleModels(_ role: Role, _ models: [String]?, by caller: Principal?) async throws {
        let models = try NameRules.models(models)
        try await change { _ in ([.setRoleModels(role, models)], ()) }
        tell(
            .roleChanged, by: caller, role.rawValue,
            models.map { "models \($0.joined(separator: ","))" } ?? "all models")
    }

    private static var noTeam: ServiceError {
        ServiceError(.notFound, "There is no such team.", hint: "GET /api/v1/teams lists them.")
    }

    private static var noTenant: ServiceError {
        ServiceError(.notFound, "There is no such tenant.", hint: "GET /api/v1/tenants lists them.")
    }

    private static func taken(_ kind: String, _ id: String) -> ServiceError {
        ServiceError(.conflict, "There is a \(kind) '\(id)' already.", hint: "Take another id.", parameter: "id")
    }
}
