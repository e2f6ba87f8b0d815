public import Access
public import Storage

/// Sealed secrets in the database: those with names, and the columns of other parts that hold envelopes. Migration 76.
public struct SecretRecords: SecretStore {
    static let migrations = [
        Migration(
            id: 76, name: "sealed secrets",
            sql: "CREATE TABLE secrets (name TEXT PRIMARY KEY, envelope TEXT NOT NULL, changed_at BIGINT NOT NULL)")
    ]

    /// Where else envelopes are: a change of the key seals them anew. Each part whose records hold some names its columns
    /// here.
    static let columns: [(table: String, column: String)] = [
        ("secrets", "envelope"), ("deployment_versions", "spec"), ("deployments", "configured"),
        ("access_users", "totp_sealed"), ("token_keys", "envelope"), ("access_sessions", "provider"),
    ]

    private let database: Database

    public init(_ database: Database) { self.database = database }

    public func secrets() async throws -> [StoredSecret] {
        try await database.query("SELECT name, envelope, changed_at FROM secrets ORDER BY name").map(Self.secret)
    }

    public func secret(_ name: String) async throws -> StoredSecret? {
        try await database.query(
            "SELECT name, envelope, changed_at FROM secrets WHERE name = $1", [.text(name)]
        ).first.map(Self.secret)
    }

    public func put(_ secret: StoredSecret, countMax: Int) async throws -> Bool {
        try await database.transaction { transaction in
            let others = try await transaction.query(
                "SELECT COUNT(*) AS count FROM secrets WHERE name <> $1", [.text(secret.name)]
            ).first?.decodeOnly(Int.self)
            guard (others ?? 0) < countMax else { return false }
            try await transaction.execute(
                "INSERT INTO secrets (name, envelope, changed_at) VALUES ($1, $2, $3) "
                    + "ON CONFLICT (name) DO UPDATE SET envelope = excluded.envelope, changed_at = excluded.changed_at",
                [.text(secret.name), .text(secret.envelope), .integer(secret.changedAt)])
            return true
        }
    }

    public func remove(_ name: String) async throws -> Bool {
        try await database.transaction { transaction in
            let found = try await transaction.query("SELECT name FROM secrets WHERE name = $1", [.text(name)])
            try await transaction.execute("DELETE FROM secrets WHERE name = $1", [.text(name)])
            return !found.isEmpty
        }
    }

    public func reseal(_ change: @Sendable (String) throws -> (text: String, count: Int)) async throws -> Int {
        try await database.transaction { transaction in
            var total = 0
            for (table, column) in Self.columns {
                // What is equal becomes equal: an envelope is never the same twice.
                let rows = try await transaction.query(
                    "SELECT DISTINCT \(column) AS text FROM \(table) WHERE \(column) LIKE $1",
                    [.text("%\(SecretSealer.mark)%")])
                for row in rows {
                    let before: String = try row.decode("text")
                    let (after, count) = try change(before)
                    guard after != before else { continue }
                    try await transaction.execute(
                        "UPDATE \(table) SET \(column) = $1 WHERE \(column) = $2", [.text(after), .text(before)])
                    total += count
                }
            }
            return total
        }
    }

    private static func secret(_ row: Row) throws -> StoredSecret {
        StoredSecret(
            name: try row.decode("name"), envelope: try row.decode("envelope"),
            changedAt: try row.decode("changed_at"))
    }
}
