public import Access
import JSONText
public import Storage
import Vocabulary

/// Refresh tokens, as hashes, used ones included until they would have expired. Migration 73.
public struct RefreshTokenRecords: Sendable {
    static let migrations = [
        Migration(
            id: 73, name: "refresh tokens",
            sql: .shared(
                """
                CREATE TABLE refresh_tokens (
                    id TEXT PRIMARY KEY, family TEXT NOT NULL, secret_hash BYTEA NOT NULL, "user" TEXT NOT NULL,
                    parent TEXT NOT NULL, scopes TEXT, models TEXT, priority_max TEXT NOT NULL,
                    access_lifetime BIGINT NOT NULL, expires_at BIGINT NOT NULL, family_ends_at BIGINT NOT NULL,
                    is_used BIGINT NOT NULL);
                CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
                CREATE INDEX refresh_tokens_by_user ON refresh_tokens ("user");
                CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at)
                """))
    ]

    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// Keeps the first token of a family. What has expired is removed, and the user's oldest families beyond
    /// `RefreshToken.familiesMax`.
    ///
    /// - Parameters:
    ///   - token: the first one.
    ///   - now: Unix time in seconds.
    /// - Throws: `StorageError`.
    public func begin(_ token: RefreshToken, now: Int64) async throws {
        try await database.transaction { transaction in
            try await transaction.execute("DELETE FROM refresh_tokens WHERE expires_at <= $1", [.integer(now)])
            try await RemovedUsers.refuse(token.user, transaction)
            let families = try await transaction.query(
                "SELECT family FROM refresh_tokens WHERE \"user\" = $1 GROUP BY family ORDER BY family DESC",
                [.text(token.user.text)])
            for row in families.dropFirst(RefreshToken.familiesMax - 1) {
                try await Self.remove(family: try row.decode("family"), transaction)
            }
            try await Self.insert(token, transaction)
        }
    }

    /// Uses a token up, and keeps the one that takes its place; all in one transaction.
    ///
    /// - Parameters:
    ///   - id: of the token.
    ///   - now: Unix time in seconds.
    ///   - isRight: whether the kept hash is that of the secret that was brought.
    ///   - isAlive: whether what the family was made with still counts.
    ///   - next: makes the successor.
    /// - Returns: what became of it. Unless it is renewed or unknown, its family is gone.
    /// - Throws: `StorageError`.
    public func use(
        _ id: String, now: Int64, isRight: @Sendable (_ hash: [UInt8]) -> Bool,
        isAlive: @Sendable (RefreshToken) -> Bool, next: @Sendable (RefreshToken) -> RefreshToken
    ) async throws -> RefreshVerdict {
        try await database.transaction { transaction in
            guard
                let row = try await transaction.query("SELECT * FROM refresh_tokens WHERE id = $1", [.text(id)]).first
            else { return .unknown }
            let token = try Self.token(row)
            guard isRight(token.secretHash), token.expiresAt > now else { return .unknown }
            guard try row.decode(Bool.self, "is_used") == false else {
                try await Self.remove(family: token.family, transaction)
                return .reused(token)
            }
            guard isAlive(token) else {
                try await Self.remove(family: token.family, transaction)
                return .orphaned(token)
            }
            try await transaction.execute("UPDATE refresh_tokens SET is_used = 1 WHERE id = $1", [.text(id)])
            let successor = next(token)
            try await Self.insert(successor, transaction)
            return .renewed(successor)
        }
    }

    /// Ends the family of a token.
    ///
    /// - Parameters:
    ///   - id: of one of its tokens.
    ///   - isRight: whether the kept hash is that of the secret that was brought.
    /// - Returns: the token; `nil` when there is none, or the secret is another one.
    /// - Throws: `StorageError`.
    public func end(
        _ id: String, isRight: @Sendable (_ hash: [UInt8]) -> Bool
    ) async throws -> RefreshToken? {
        try await database.transaction { transaction in
            let rows = try await transaction.query("SELECT * FROM refresh_tokens WHERE id = $1", [.text(id)])
            guard let token = try rows.first.map(Self.token), isRight(token.secretHash) else { return nil }
            try await Self.remove(family: token.family, transaction)
            return token
        }
    }

    private static func remove(family: String, _ transaction: Transaction) async throws {
        try await transaction.execute("DELETE FROM refresh_tokens WHERE family = $1", [.text(family)])
    }

    private static func insert(_ token: RefreshToken, _ transaction: Transaction) async throws {
        try await transaction.execute(
            "INSERT INTO refresh_tokens (id, family, secret_hash, \"user\", parent, scopes, models, priority_max, "
                + "access_lifetime, expires_at, family_ends_at, is_used) "
                + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)",
            [
                .text(token.id), .text(token.family), .blob(token.secretHash), .text(token.user.text),
                .text(token.parent), AccessRows.text(token.scopes), AccessRows.text(token.models),
                .text(token.priorityMax.rawValue), .integer(token.accessLifetime), .integer(token.expiresAt),
                .integer(token.familyEndsAt),
            ])
    }

    private static func token(_ row: Row) throws -> RefreshToken {
        RefreshToken(
            id: try row.decode("id"), family: try row.decode("family"), secretHash: try row.decode("secret_hash"),
            user: UserID(try row.decode("user")), parent: try row.decode("parent"),
            scopes: try AccessRows.list(row, "scopes"), models: try AccessRows.list(row, "models"),
            priorityMax: try AccessRows.word(row, "priority_max"), accessLifetime: try row.decode("access_lifetime"),
            expiresAt: try row.decode("expires_at"), familyEndsAt: try row.decode("family_ends_at"))
    }
}
