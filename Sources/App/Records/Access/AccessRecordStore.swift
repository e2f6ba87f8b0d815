public import Access
public import Storage
import Telemetry
import Vocabulary

/// Users, teams, tenants, keys and sessions in the database.
public struct AccessRecordStore: AccessStore {
    private let database: Database

    private let secrets: SecondFactorSecrets
    private let providers: ProviderSessionRows

    /// - Parameters:
    ///   - database: brought up to date with `Migrations.all`.
    ///   - sealer: seals the secrets of second factors.
    ///   - complain: told of one that does not open.
    public init(
        _ database: Database, sealer: SecretSealer, complain: @escaping @Sendable (SealingError) -> Void = { _ in }
    ) {
        self.database = database
        secrets = SecondFactorSecrets(sealer, complain: complain)
        providers = ProviderSessionRows(sealer: sealer)
    }

    /// Seals what was written down before secrets were sealed.
    ///
    /// - Returns: how many.
    public func sealSecrets() async throws -> Int {
        try await database.transaction { transaction in
            let rows = try await transaction.query(
                "SELECT id, totp_secret FROM access_users WHERE totp_secret IS NOT NULL", rowsMax: Self.rowsMax)
            for row in rows {
                let id: String = try row.decode("id")
                try await transaction.execute(
                    "UPDATE access_users SET totp_sealed = $2, totp_secret = NULL WHERE id = $1",
                    [.text(id), .text(secrets.seal(try row.decode("totp_secret"), of: id))])
            }
            return rows.count
        }
    }

    public func revision() async throws -> Int64 {
        try await database.query("SELECT revision FROM access_state WHERE id = 1").first?.decodeOnly() ?? 0
    }

    // MARK: Reading

    public func load() async throws -> AccessRecords {
        try await database.read { transaction in
            var records = AccessRecords()
            for row in try await transaction.query("SELECT revision, hash_key FROM access_state WHERE id = 1") {
                records.revision = try row.decode("revision")
                let key: [UInt8]? = try row.decode("hash_key")
                records.hashKey = key.map { Redacted($0) }
            }
            try await loadPeople(into: &records, transaction)
            try await Self.loadGroups(into: &records, transaction)
            for row in try await transaction.query("SELECT * FROM access_keys", rowsMax: Self.rowsMax) {
                let key = try AccessRows.key(row)
                records.keys[key.id] = key
            }
            for row in try await transaction.query("SELECT * FROM access_sessions", rowsMax: Self.rowsMax) {
                let session = try AccessRows.session(row, providers)
                records.sessions[session.id] = session
            }
            return records
        }
    }

    /// Rows of a table that are kept in memory at most.
    private static let rowsMax = 1_000_000

    private func loadPeople(into records: inout AccessRecords, _ transaction: Transaction) async throws {
        var recovery: [String: [[UInt8]]] = [:]
        for row in try await transaction.query(
            "SELECT \"user\", hash FROM access_recovery_codes ORDER BY hash", rowsMax: Self.rowsMax)
        {
            recovery[try row.decode("user"), default: []].append(try row.decode("hash"))
        }
        for row in try await transaction.query("SELECT * FROM access_users", rowsMax: Self.rowsMax) {
            let user = try AccessRows.user(row, recovery: recovery[try row.decode("id")] ?? [], secrets: secrets)
            records.users[user.id] = user
        }
        for row in try await transaction.query(
            "SELECT issuer, subject, \"user\" FROM access_identities", rowsMax: Self.rowsMax)
        {
            let key = AccessRecords.IdentityKey(issuer: try row.decode("issuer"), subject: try row.decode("subject"))
            records.identities[key] = UserID(try row.decode("user"))
        }
    }

    private static func loadGroups(into records: inout AccessRecords, _ transaction: Transaction) async throws {
        for row in try await transaction.query("SELECT id, display_name, created_at FROM access_teams") {
            let team = Team(
                id: try row.decode("id"), displayName: try row.decode("display_name"),
                createdAt: try AccessRows.time(row, "created_at"))
            records.teams[team.id] = team
        }
        for row in try await transaction.query("SELECT team, \"user\" FROM access_members", rowsMax: rowsMax) {
            records.teams[try row.decode(String.self, "team")]?.members.insert(UserID(try row.decode("user")))
        }
        for row in try await transaction.query("SELECT id, display_name, weight, created_at FROM access_tenants") {
            let tenant = Tenant(
                id: TenantID(try row.decode("id")), displayName: try row.decode("display_name"),
                weight: try row.decode("weight"),
                createdAt: try AccessRows.time(row, "created_at"))
            records.tenants[tenant.id] = tenant
        }
        for row in try await transaction.query("SELECT role, models FROM access_roles") {
            records.roleModels[try AccessRows.word(row, "role")] = try AccessRows.list(row, "models")
        }
    }

    // MARK: Writing

    public func apply(_ changes: [AccessChange]) async throws {
        do {
            try await database.transaction { transaction in
                for change in changes { try await apply(change, transaction) }
                guard changes.contains(where: \.isRevision) else { return }
                try await transaction.execute("UPDATE access_state SET revision = revision + 1 WHERE id = 1")
            }
        } catch let error as StorageError {
            if error.code == .constraint(.unique) { throw AccessConflict() }
            throw error
        }
    }

    private func apply(_ change: AccessChange, _ transaction: Transaction) async throws {
        switch change {
        case .setHashKey(let key):
            try await Self.once(
                "UPDATE access_state SET hash_key = $1 WHERE id = 1 AND hash_key IS NULL", [.blob(key.revealed)],
                transaction)
        case .saveUser(let user): try await save(user, transaction)
        case .removeUser(let id): try await remove(id, transaction)
        case .link(let identity, let id):
            try await transaction.execute(
                "INSERT INTO access_identities (issuer, subject, \"user\") VALUES ($1, $2, $3)",
                [.text(identity.issuer), .text(identity.subject), .text(id.text)])
        case .saveTeam(let team): try await Self.save(team, transaction)
        case .removeTeam(let id):
            try await transaction.execute("DELETE FROM access_members WHERE team = $1", [.text(id)])
            try await transaction.execute("DELETE FROM access_teams WHERE id = $1", [.text(id)])
        case .saveTenant(let tenant):
            let values: [(String, SQLValue)] = [
                ("id", .text(tenant.id.name)), ("display_name", .text(tenant.displayName)),
                ("weight", SQLValue(tenant.weight)), ("created_at", AccessRows.value(tenant.createdAt)),
            ]
            try await Self.upsert("access_tenants", values, transaction)
        case .removeTenant(let id):
            try await transaction.execute("DELETE FROM access_tenants WHERE id = $1", [.text(id.name)])
        case .saveKey(let key): try await Self.upsert("access_keys", AccessRows.values(of: key), transaction)
        case .removeKey(let id): try await transaction.execute("DELETE FROM access_keys WHERE id = $1", [.text(id)])
        case .startSession(let session):
            try await Self.upsert("access_sessions", AccessRows.values(of: session, providers), transaction)
        case .endSession(let id):
            try await transaction.execute("DELETE FROM access_sessions WHERE id = $1", [.text(id)])
        case .setRoleModels(let role, let models):
            try await transaction.execute("DELETE FROM access_roles WHERE role = $1", [.text(role.rawValue)])
            guard let models else { return }
            try await transaction.execute(
                "INSERT INTO access_roles (role, models) VALUES ($1, $2)",
                [.text(role.rawValue), AccessRows.text(models)])
        case .useStep(let id, let step):
            try await Self.once(
                "UPDATE access_users SET totp_step = $2 WHERE id = $1 AND totp_step < $2",
                [.text(id.text), .integer(step)], transaction)
        case .useRecovery(let id, let hash):
            try await Self.once(
                "DELETE FROM access_recovery_codes WHERE \"user\" = $1 AND hash = $2", [.text(id.text), .blob(hash)],
                transaction)
        case .keyUsed(let id, let moment):
            try await transaction.execute(
                "UPDATE access_keys SET last_used_at = $2 WHERE id = $1", [.text(id), AccessRows.value(moment)])
        case .sessionSeen(let id, let moment):
            try await transaction.execute(
                "UPDATE access_sessions SET seen_at = $2 WHERE id = $1", [.text(id), AccessRows.value(moment)])
        }
    }

    /// A statement that must find exactly one row.
    private static func once(_ sql: String, _ parameters: [SQLValue], _ transaction: Transaction) async throws {
        guard try await transaction.execute(sql, parameters).changes == 1 else { throw AccessConflict() }
    }

    private static func upsert(
        _ table: String, _ values: [(name: String, value: SQLValue)], _ transaction: Transaction
    ) async throws {
        let names = values.map(\.name).map { "\"\($0)\"" }
        let places = (1...values.count).map { "$\($0)" }.joined(separator: ", ")
        let updates = names.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        try await transaction.execute(
            "INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(places)) "
                + "ON CONFLICT (id) DO UPDATE SET \(updates)", values.map(\.value))
    }

    private func save(_ user: User, _ transaction: Transaction) async throws {
        try await Self.upsert("access_users", AccessRows.values(of: user, secrets: secrets), transaction)
        try await transaction.execute("DELETE FROM access_recovery_codes WHERE \"user\" = $1", [.text(user.id.text)])
        for hash in user.secondFactor?.recoveryHashes ?? [] {
            try await transaction.execute(
                "INSERT INTO access_recovery_codes (\"user\", hash) VALUES ($1, $2)",
                [.text(user.id.text), .blob(hash)])
        }
    }

    private func remove(_ id: UserID, _ transaction: Transaction) async throws {
        try await RemovedUsers.add(id, transaction)
        try await UserBelongings(database: database, transaction: transaction).remove(of: id)
        for table in ["recovery_codes", "identities", "members", "keys", "sessions"] {
            try await transaction.execute("DELETE FROM access_\(table) WHERE \"user\" = $1", [.text(id.text)])
        }
        try await transaction.execute("DELETE FROM access_users WHERE id = $1", [.text(id.text)])
    }

    private static func save(_ team: Team, _ transaction: Transaction) async throws {
        let values: [(String, SQLValue)] = [
            ("id", .text(team.id)), ("display_name", .text(team.displayName)),
            ("created_at", AccessRows.value(team.createdAt)),
        ]
        try await upsert("access_teams", values, transaction)
        try await transaction.execute("DELETE FROM access_members WHERE team = $1", [.text(team.id)])
        for user in team.members {
            try await transaction.execute(
                "INSERT INTO access_members (team, \"user\") VALUES ($1, $2)", [.text(team.id), .text(user.text)])
        }
    }
}
