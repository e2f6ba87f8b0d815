public import Storage

/// The keys that the server signs its tokens with, sealed, in one row that all processes on the database share. Migration 72.
public struct TokenKeyRecords: Sendable {
    static let migrations = [
        Migration(
            id: 72, name: "token keys",
            sql: .shared(
                "CREATE TABLE token_keys (id BIGINT PRIMARY KEY, revision BIGINT NOT NULL, envelope TEXT NOT NULL)"))
    ]

    /// The row.
    public struct Kept: Sendable, Equatable {
        /// Counts changes of the keys; sealing them anew is none.
        public var revision: Int64
        public var envelope: String
    }

    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// What is kept; `nil` when nobody has made keys yet.
    public func load() async throws -> Kept? {
        try await database.query("SELECT revision, envelope FROM token_keys WHERE id = 1").first.map { row in
            Kept(revision: try row.decode("revision"), envelope: try row.decode("envelope"))
        }
    }

    /// How often the keys were changed; `nil` when nobody has made any yet.
    public func revision() async throws -> Int64? {
        try await database.query("SELECT revision FROM token_keys WHERE id = 1").first?.decodeOnly()
    }

    /// Keeps the first keys.
    ///
    /// - Returns: false when another process was faster.
    public func add(_ envelope: String) async throws -> Bool {
        try await database.execute(
            "INSERT INTO token_keys (id, revision, envelope) VALUES (1, 1, $1) ON CONFLICT (id) DO NOTHING",
            [.text(envelope)]
        ).changes == 1
    }

    /// Keeps others in their place.
    ///
    /// - Returns: false when they are not those of this revision any more; nothing is changed then.
    public func replace(_ envelope: String, expecting revision: Int64) async throws -> Bool {
        try await database.execute(
            "UPDATE token_keys SET envelope = $1, revision = revision + 1 WHERE id = 1 AND revision = $2",
            [.text(envelope), .integer(revision)]
        ).changes == 1
    }
}
