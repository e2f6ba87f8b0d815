import Conversations
import Storage

/// Answers whose writer has ended, and what tells that it has.
extension ConversationRecords {
    /// Answers that are settled in one transaction.
    private static let settledMax = 1_000

    public func settleWriting() async throws -> Int { try await settle("status = 'writing'", []) }

    public func settleWriting(of writers: [String]) async throws -> Int {
        guard !writers.isEmpty else { return 0 }
        let places = (1...writers.count).map { "$\($0)" }.joined(separator: ", ")
        return try await settle(
            "status = 'writing' AND COALESCE(writer, '') IN (\(places))", writers.map { .text($0) })
    }

    private func settle(_ condition: String, _ parameters: [SQLValue]) async throws -> Int {
        var count = 0
        while true {
            let settled = try await database.transaction { transaction in
                let rows = try await transaction.query(
                    as: MessageRow.self, "SELECT * FROM messages WHERE \(condition) LIMIT \(Self.settledMax)",
                    parameters)
                for row in rows {
                    let body = ConversationRow.plain(row.message.text)
                    try await transaction.execute(
                        "UPDATE messages SET status = 'stopped', body = $1, grams = $2, revision = revision + 1 "
                            + "WHERE id = $3",
                        [.text(body), .text(ScriptGrams.indexed(body)), .text(row.message.id.text)])
                    try await index(transaction).add(where: "id = $1", [.text(row.message.id.text)])
                }
                return rows.count
            }
            count += settled
            if settled < Self.settledMax { return count }
        }
    }

    /// Tells the others that a writer is alive.
    ///
    /// - Parameter writer: who.
    /// - Throws: `StorageError`.
    public func beat(_ writer: String) async throws {
        try await database.execute(
            "INSERT INTO answer_writers (id, beat) VALUES ($1, 1) "
                + "ON CONFLICT (id) DO UPDATE SET beat = answer_writers.beat + 1", [.text(writer)])
    }

    /// How often each writer has told that it is alive; 0 for those that write answers and have never.
    public func beats() async throws -> [String: Int64] {
        try await database.read { transaction in
            var beats: [String: Int64] = [:]
            for row in try await transaction.query(
                "SELECT DISTINCT COALESCE(writer, '') AS id FROM messages WHERE status = 'writing'")
            {
                beats[try row.decode(String.self, "id")] = 0
            }
            for row in try await transaction.query("SELECT id, beat FROM answer_writers") {
                beats[try row.decode(String.self, "id")] = try row.decode("beat")
            }
            return beats
        }
    }

    /// Forgets writers that have ended.
    public func forgetWriters(_ writers: [String]) async throws {
        for writer in writers {
            try await database.execute("DELETE FROM answer_writers WHERE id = $1", [.text(writer)])
        }
    }

    /// Makes messages that are older than the search in scripts without spaces known to it.
    ///
    /// - Parameter countMax: messages of one transaction.
    /// - Returns: how many there were; fewer than `countMax` when all are done.
    /// - Throws: `StorageError`.
    public func fillGrams(countMax: Int = 500) async throws -> Int {
        try await database.transaction { transaction in
            let rows = try await transaction.query(
                "SELECT seq, body FROM messages WHERE grams IS NULL ORDER BY seq LIMIT \(countMax)")
            for row in rows {
                let seq: Int64 = try row.decode("seq")
                let grams = ScriptGrams.indexed(try row.decode(String.self, "body"))
                if !grams.isEmpty { try await index(transaction).remove(where: "seq = $1", [.integer(seq)]) }
                try await transaction.execute(
                    "UPDATE messages SET grams = $1 WHERE seq = $2", [.text(grams), .integer(seq)])
                if !grams.isEmpty { try await index(transaction).add(where: "seq = $1", [.integer(seq)]) }
            }
            return rows.count
        }
    }
}
