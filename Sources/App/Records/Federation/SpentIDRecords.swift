public import Storage

/// Ids that must not be believed (again) until some time, in the database: of tokens that were revoked, and of assertions
/// that were used. Migrations 70 to 74 are its own.
public struct SpentIDRecords: Sendable {
    static let migrations = [
        Migration(
            id: 70, name: "spent ids",
            sql: .shared("CREATE TABLE spent_ids (id TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)"))
    ]

    /// Rows that are kept; anonymous callers cannot make any.
    private static let countMax = 100_000

    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// Those that count now, with the Unix time in seconds at which they end. What has ended is removed.
    public func load(now: Int64) async throws -> [String: Int64] {
        try await database.execute("DELETE FROM spent_ids WHERE expires_at <= $1", [.integer(now)])
        let rows = try await database.query(
            "SELECT id, expires_at FROM spent_ids ORDER BY expires_at DESC LIMIT \(Self.countMax)")
        var expiries: [String: Int64] = [:]
        for row in rows { expiries[try row.decode("id")] = try row.decode("expires_at") }
        return expiries
    }

    /// Keeps an id, in all processes that share the database.
    ///
    /// - Parameters:
    ///   - id: at most 512 bytes.
    ///   - expiresAt: Unix time in seconds.
    /// - Returns: false when it was there already: of two that come at once, one is told so.
    /// - Throws: when the database cannot be written; then the id must not be believed either.
    public func insert(_ id: String, until expiresAt: Int64) async throws -> Bool {
        let rows = try await database.transaction { transaction in
            try await transaction.query(
                "INSERT INTO spent_ids (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id",
                [.text(id), .integer(expiresAt)])
        }
        return !rows.isEmpty
    }
}
