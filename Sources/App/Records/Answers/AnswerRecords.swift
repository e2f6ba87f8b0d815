public import Gateway
public import Storage
import Vectors
import Vocabulary

/// Cached answers in the database.
public struct AnswerRecords: AnswerStore {
    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    private static let columns =
        "key, kind, tenant, model, tags, written_at, expires_at, prompt_tokens, completion_tokens, computing"

    public func find(_ key: AnswerKey) async throws -> CachedAnswer? {
        let rows = try await database.query(
            "SELECT \(Self.columns), payload FROM answers WHERE key = $1", [.blob(key.bytes)])
        return try rows.first.flatMap(Self.answer)
    }

    public func keep(_ batch: AnswerBatch, within bounds: AnswerBounds, at now: Int64) async throws -> [AnswerKey] {
        let gone: [Row] = try await database.transaction { transaction in
            // First, because a new answer may have taken the place of a damaged one.
            for key in batch.damaged {
                try await transaction.execute("DELETE FROM answers WHERE key = $1", [.blob(key.bytes)])
            }
            for answer in batch.answers { try await Self.write(answer, at: now, transaction) }
            for question in batch.questions { try await Self.write(question, transaction) }
            // In one order always, so that two writers do not wait for each other.
            for (key, uses) in batch.uses.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
                try await transaction.execute(
                    "UPDATE answers SET hits = hits + $1, used_at = $2 WHERE key = $3",
                    [.int(uses), .integer(now), .blob(key.bytes)])
            }
            var gone = try await transaction.execute(
                "DELETE FROM answers WHERE expires_at <= $1 RETURNING key", [.integer(now)]
            ).rows
            let sums = try await transaction.query(
                "SELECT COUNT(*) AS answers, COALESCE(SUM(bytes), 0) AS bytes FROM answers")
            if let sums = sums.first {
                let (count, bytes): (Int64, Int64) = (try sums.decode("answers"), try sums.decode("bytes"))
                if count > bounds.countMax || bytes > bounds.bytesMax {
                    gone += try await Self.shrink(to: bounds, transaction)
                }
            }
            if !gone.isEmpty || !batch.damaged.isEmpty { try await Self.forgetOrphans(transaction) }
            return gone
        }
        let written = Set(batch.answers.map(\.key))
        return batch.damaged.filter { !written.contains($0) }
            + (try gone.compactMap { AnswerKey(bytes: try $0.decode("key")) })
    }

    /// Down to nine tenths, so that not every batch has to shrink.
    private static func shrink(to bounds: AnswerBounds, _ transaction: Transaction) async throws -> [Row] {
        try await transaction.execute(
            """
            DELETE FROM answers WHERE key IN (
                SELECT key FROM (
                    SELECT key, SUM(bytes) OVER (ORDER BY used_at DESC, key) AS total,
                        ROW_NUMBER() OVER (ORDER BY used_at DESC, key) AS place
                    FROM answers) AS ranked
                WHERE total > $1 OR place > $2)
            RETURNING key
            """, [.int(bounds.bytesMax / 10 * 9), .int(max(1, bounds.countMax * 9 / 10))]
        ).rows
    }

    private static func forgetOrphans(_ transaction: Transaction) async throws {
        try await transaction.execute(
            "DELETE FROM answer_questions WHERE NOT EXISTS (SELECT 1 FROM answers WHERE answers.key = answer_questions.key)"
        )
    }

    public func forget(_ selection: AnswerSelection) async throws -> Int {
        let keys = try await tagged(selection)
        return try await database.transaction { transaction in
            var count = 0
            if let keys {
                for key in keys {
                    count += try await transaction.execute("DELETE FROM answers WHERE key = $1", [.blob(key.bytes)])
                        .changes
                }
            } else {
                let (condition, parameters) = Self.condition(selection)
                count = try await transaction.execute("DELETE FROM answers WHERE \(condition)", parameters).changes
            }
            if count > 0 { try await Self.forgetOrphans(transaction) }
            return count
        }
    }

    public func keys(at now: Int64) async throws -> [AnswerKey: Int64] {
        var keys: [AnswerKey: Int64] = [:]
        try await database.forEachRow(
            "SELECT key, expires_at FROM answers WHERE expires_at > $1", [.integer(now)]
        ) { row throws(StorageError) in
            if let key = AnswerKey(bytes: try row.decode("key")) {
                keys[key] = try row.decode(Int64.self, "expires_at")
            }
        }
        return keys
    }

    public func list(_ selection: AnswerSelection, limit: Int, at now: Int64) async throws -> [AnswerLine] {
        let keys = try await tagged(selection)
        let (condition, parameters) = Self.condition(selection)
        let rows = try await database.query(
            """
            SELECT \(Self.columns), hits, bytes FROM answers WHERE \(condition) AND expires_at > \(now)
            ORDER BY written_at DESC LIMIT \(keys == nil ? limit : 1_000)
            """, parameters)
        return try rows.compactMap { row in
            guard let line = try Self.line(row), keys?.contains(line.key) ?? true else { return nil }
            return line
        }.prefix(limit).map(\.self)
    }

    // MARK: Conditions

    private static func condition(_ selection: AnswerSelection) -> (sql: String, parameters: [SQLValue]) {
        var parameters: [SQLValue] = []
        var conditions = ["1 = 1"]
        if let tenant = selection.tenant {
            parameters.append(.text(tenant.name))
            conditions.append("tenant = $\(parameters.count)")
        }
        switch selection.part {
        case .all, .tag: break
        case .key(let key):
            parameters.append(.blob(key.bytes))
            conditions.append("key = $\(parameters.count)")
        case .model(let name):
            parameters.append(.text(name))
            conditions.append("model = $\(parameters.count)")
        }
        return (conditions.joined(separator: " AND "), parameters)
    }

    /// Keys of the answers with a tag; `nil` for other selections. Tags are few: all that there are, are read.
    private func tagged(_ selection: AnswerSelection) async throws -> Set<AnswerKey>? {
        guard case .tag(let tag) = selection.part else { return nil }
        let (condition, parameters) = Self.condition(selection)
        var keys: Set<AnswerKey> = []
        try await database.forEachRow(
            "SELECT key, tags FROM answers WHERE tags <> '' AND \(condition)", parameters
        ) { row throws(StorageError) in
            guard Self.tags(try row.decode("tags")).contains(tag) else { return }
            if let key = AnswerKey(bytes: try row.decode("key")) { keys.insert(key) }
        }
        return keys
    }

    // MARK: Rows

    private static func write(_ answer: CachedAnswer, at now: Int64, _ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO answers (\(columns), used_at, hits, bytes, payload)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)
            ON CONFLICT (key) DO UPDATE SET
                tags = excluded.tags, written_at = excluded.written_at, expires_at = excluded.expires_at,
                used_at = excluded.used_at, prompt_tokens = excluded.prompt_tokens,
                completion_tokens = excluded.completion_tokens, computing = excluded.computing, bytes = excluded.bytes,
                payload = excluded.payload
            """,
            [
                .blob(answer.key.bytes), .text(answer.kind.rawValue), .text(answer.tenant.name), .text(answer.model),
                .text(answer.tags.joined(separator: "\n")), .integer(answer.writtenAt), .integer(answer.expiresAt),
                .int(answer.promptTokens), .int(answer.completionTokens), .integer(answer.computing), .integer(now),
                .int(answer.byteCount), .blob(answer.payload),
            ])
    }

    private static func write(_ question: SimilarQuestion, _ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO answer_questions (key, circle, vector, marks, expires_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (key) DO UPDATE SET
                circle = excluded.circle, vector = excluded.vector, marks = excluded.marks,
                expires_at = excluded.expires_at
            """,
            [
                .blob(question.key.bytes), .blob(question.circle.bytes), .blob(question.vector.bytes),
                .blob(question.marks.bytes), .integer(question.expiresAt),
            ])
    }

    private static func tags(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    private static func answer(_ row: Row) throws(StorageError) -> CachedAnswer? {
        guard let line = try line(row) else { return nil }
        return CachedAnswer(
            key: line.key, kind: line.kind, tenant: line.tenant, model: line.model, tags: line.tags,
            writtenAt: line.writtenAt, expiresAt: line.expiresAt, promptTokens: line.promptTokens,
            completionTokens: line.completionTokens, computing: try row.decode("computing"),
            payload: try row.decode("payload"))
    }

    private static func line(_ row: Row) throws(StorageError) -> AnswerLine? {
        guard let key = AnswerKey(bytes: try row.decode("key")),
            let kind = CachedAnswer.Kind(rawValue: try row.decode("kind"))
        else { return nil }
        return AnswerLine(
            key: key, kind: kind, tenant: TenantID(try row.decode("tenant")), model: try row.decode("model"),
            tags: tags(try row.decode("tags")), writtenAt: try row.decode("written_at"),
            expiresAt: try row.decode("expires_at"), promptTokens: try row.decode("prompt_tokens"),
            completionTokens: try row.decode("completion_tokens"),
            bytes: row["bytes"] == nil ? 0 : try row.decode("bytes"),
            hits: row["hits"] == nil ? 0 : try row.decode("hits"))
    }
}
