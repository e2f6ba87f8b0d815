public import Storage

/// Ids that must not be believed (again) until some time, in the database: of tokens that were revoked, and of assertions
/// that were used. Migrations 70 to 74 are federation's.
///
/// Each has a number, one after the other in the order in which they are committed, so that other processes find what is new.
public struct SpentIDRecords: Sendable {
    static let migrations = [
        Migration(
            id: 70, name: "spent ids",
            sql: .shared("CREATE TABLE spent_ids (id TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)")),
        Migration(
            id: 71, name: "spent ids in order",
            sql: .shared(
                """
                ALTER TABLE spent_ids ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
                CREATE INDEX spent_ids_by_number ON spent_ids (number);
                CREATE TABLE spent_count (id BIGINT PRIMARY KEY, number BIGINT NOT NULL);
                INSERT INTO spent_count (id, number) VALUES (1, 0)
                """)),
    ]

    /// Rows that are kept; anonymous callers cannot make any.
    private static let countMax = 100_000
    /// Rows that are read at once of what is new.
    private static let newMax = 1_000

    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// Those that count now.
    public struct Kept: Sendable, Equatable {
        /// Ids, with the Unix time in seconds at which they end.
        public var expiries: [String: Int64] = [:]
        /// Of the newest.
        public var number: Int64 = 0
    }

    /// Those that count now. What has ended is removed.
    public func load(now: Int64) async throws -> Kept {
        try await database.execute("DELETE FROM spent_ids WHERE expires_at <= $1", [.integer(now)])
        var kept = Kept()
        // First, so that what comes meanwhile is found later.
        kept.number = try await number()
        let rows = try await database.query(
            "SELECT id, expires_at FROM spent_ids ORDER BY expires_at DESC LIMIT \(Self.countMax)",
            rowsMax: Self.countMax)
        for row in rows { kept.expiries[try row.decode("id")] = try row.decode("expires_at") }
        return kept
    }

    /// Those with numbers above one, a thousand at most.
    public func load(after number: Int64) async throws -> Kept {
        guard try await self.number() > number else { return Kept(number: number) }
        let rows = try await database.query(
            "SELECT id, expires_at, number FROM spent_ids WHERE number > $1 ORDER BY number LIMIT \(Self.newMax)",
            [.integer(number)])
        var kept = Kept(number: number)
        for row in rows {
            kept.expiries[try row.decode("id")] = try row.decode("expires_at")
            kept.number = try row.decode("number")
        }
        return kept
    }

    private func number() async throws -> Int64 {
        try await database.query("SELECT number FROM spent_count WHERE id = 1").first?.decodeOnly() ?? 0
    }

    /// Keeps an id, in all processes that share the database.
    ///
    /// - Parameters:
    ///   - id: at most 512 bytes.
    ///   - expiresAt: Unix time in seconds.
    /// - Returns: false when it was there already: of two that come at once, one is told so.
    /// - Throws: when the database cannot be written; then the id must not be believed either.
    public func insert(_ id: String, until expiresAt: Int64) async throws -> Bool {
        try await database.transaction { transaction in
            let known = try await transaction.query("SELECT id FROM spent_ids WHERE id = $1", [.text(id)])
            guard known.isEmpty else { return false }
            // One after the other: whoever sees a number has seen all before it.
            let number = try await transaction.query(
                "UPDATE spent_count SET number = number + 1 WHERE id = 1 RETURNING number"
            ).first?.decodeOnly(Int64.self)
            let rows = try await transaction.query(
                "INSERT INTO spent_ids (id, expires_at, number) VALUES ($1, $2, $3) "
                    + "ON CONFLICT (id) DO NOTHING RETURNING id",
                [.text(id), .integer(expiresAt), .integer(number ?? 0)])
            return !rows.isEmpty
        }
    }
}
