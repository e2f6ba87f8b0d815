public import Conversations
import Digests
public import Storage
public import Vectors
import Vocabulary

/// Vectors of messages and documents, and what still waits for its own.
public struct MeaningRecords: Sendable {
    let database: Database

    public init(_ database: Database) { self.database = database }

    /// Something that waits.
    public struct Waiting: Sendable, Equatable {
        public enum Task: Sendable, Equatable { case vectors, lesson }

        /// A message's or a document's id.
        public var item: String
        public var task: Task
        public var owner: ConversationOwner
        /// How often it was taken, this time included.
        public var attempts: Int
    }

    /// A piece of a text with its vector.
    public struct Piece: Sendable, Equatable {
        public var place: TextChunks.Place
        public var vector: QuantizedVector

        public init(place: TextChunks.Place, vector: QuantizedVector) {
            self.place = place
            self.vector = vector
        }
    }

    // MARK: The model

    /// The number under which a model's vectors are kept. Where it is not the one that was used last, everything waits for new vectors.
    ///
    /// - Parameters:
    ///   - identity: of the model as it is now: another file under the same name is another model.
    ///   - name: under which it is served.
    /// - Returns: the number.
    /// - Throws: `StorageError`.
    public func use(model identity: String, name: String) async throws -> Int64 {
        let known = try await database.query(
            "SELECT id, is_current FROM meaning_models WHERE identity = $1", [.text(identity)]
        ).first
        if let known, try known.decode(Bool.self, "is_current") { return try known.decode("id") }
        try await queueEverything()
        return try await database.transaction { transaction in
            try await transaction.execute(
                "UPDATE meaning_models SET is_current = 0 WHERE identity != $1", [.text(identity)])
            let row = try await transaction.query(
                "INSERT INTO meaning_models (identity, name, is_current) VALUES ($1, $2, 1) "
                    + "ON CONFLICT (identity) DO UPDATE SET is_current = 1, name = excluded.name RETURNING id",
                [.text(identity), .text(name)]
            ).first
            guard let row else { throw StorageError(.typeMismatch, "a statement gave no row") }
            try await transaction.execute("UPDATE memories SET model = NULL, vector = NULL WHERE model IS NOT NULL")
            return try row.decodeOnly()
        }
    }

    /// Rows that are queued in one transaction, so that others get their turn.
    private static let sliceCount: Int64 = 2_000

    private func queueEverything() async throws {
        let last: Int64? = try await database.query("SELECT MAX(seq) AS last FROM messages").first?.decode("last")
        for start in stride(from: 0, through: last ?? 0, by: Int(Self.sliceCount)) {
            try await database.transaction { transaction in
                try await MemoryQueue(transaction: transaction).addTexts(
                    where: "seq > $1 AND seq <= $2", [.integer(Int64(start)), .integer(Int64(start) + Self.sliceCount)])
            }
        }
        try await database.transaction { transaction in
            try await SpaceRecords.queueDocuments(where: "context_documents.body IS NOT NULL", [], transaction)
        }
    }

    // MARK: The queue

    /// Takes what waits, of one owner and one task, the oldest first. It comes again after the lease, unless it is finished.
    ///
    /// - Parameters:
    ///   - now: the moment.
    ///   - lease: how long others leave it alone.
    ///   - countMax: at most.
    ///   - tasks: which ones.
    /// - Returns: empty when nothing is due.
    /// - Throws: `StorageError`.
    public func claim(
        at now: ConversationMoment, lease: Duration, countMax: Int, tasks: [Waiting.Task]
    ) async throws -> [Waiting] {
        let names = tasks.map { "'\($0.name)'" }.joined(separator: ", ")
        let due = "not_before <= $1 AND task IN (\(names))"
        // Most often there is nothing, and reading disturbs nobody.
        guard
            try await !database.query(
                "SELECT item FROM memory_queue WHERE \(due) LIMIT 1", [.integer(now.rawValue)]
            ).isEmpty
        else { return [] }
        return try await database.transaction { transaction in
            let first = try await transaction.query(
                "SELECT owner_key, task FROM memory_queue WHERE \(due) ORDER BY not_before, created LIMIT 1",
                [.integer(now.rawValue)]
            ).first
            guard let first else { return [] }
            let parameters: [SQLValue] = [
                .integer(now.rawValue), .text(try first.decode("owner_key")), .text(try first.decode("task")),
            ]
            let rows = try await transaction.query(
                "SELECT item, task, tenant, owner, attempts FROM memory_queue "
                    + "WHERE not_before <= $1 AND owner_key = $2 AND task = $3 ORDER BY created LIMIT \(countMax)",
                parameters)
            let until = (now + lease).rawValue
            var found: [Waiting] = []
            for row in rows {
                let task: String = try row.decode("task")
                let waiting = Waiting(
                    item: try row.decode("item"), task: task == Waiting.Task.lesson.name ? .lesson : .vectors,
                    owner: ConversationOwner(
                        tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner"))),
                    attempts: try row.decode(Int.self, "attempts") + 1)
                try await transaction.execute(
                    "UPDATE memory_queue SET not_before = $1, attempts = attempts + 1 WHERE item = $2 AND task = $3",
                    [.integer(until), .text(waiting.item), .text(task)])
                found.append(waiting)
            }
            return found
        }
    }

    /// Takes it off the queue.
    public func finish(_ waiting: [Waiting]) async throws {
        guard !waiting.isEmpty else { return }
        try await database.transaction { transaction in
            for one in waiting {
                try await transaction.execute(
                    "DELETE FROM memory_queue WHERE item = $1 AND task = $2", [.text(one.item), .text(one.task.name)])
            }
        }
    }

    /// Lets it wait until a moment.
    public func postpone(_ waiting: [Waiting], until moment: ConversationMoment) async throws {
        guard !waiting.isEmpty else { return }
        try await database.transaction { transaction in
            for one in waiting {
                try await transaction.execute(
                    "UPDATE memory_queue SET not_before = $1 WHERE item = $2 AND task = $3",
                    [.integer(moment.rawValue), .text(one.item), .text(one.task.name)])
            }
        }
    }

    /// What another process has taken and did not finish: at the start of the only one.
    public func releaseAll() async throws {
        try await database.execute("UPDATE memory_queue SET not_before = 0 WHERE not_before > 0")
    }

    // MARK: Vectors

    /// The texts of messages and documents whose vectors are not of this model, or of another text.
    ///
    /// - Parameters:
    ///   - items: ids.
    ///   - model: the number of the model.
    /// - Returns: by id; what needs nothing is left out.
    /// - Throws: `StorageError`.
    public func texts(of items: [String], without model: Int64) async throws -> [String: String] {
        var texts: [String: String] = [:]
        for item in items {
            let table = item.hasPrefix("doc_") ? "context_documents" : "messages"
            let row = try await database.query(
                "SELECT body FROM \(table) WHERE id = $1 AND body IS NOT NULL", [.text(item)]
            ).first
            guard let text = try row?.decodeOnly(String.self), !text.isEmpty else { continue }
            let same = try await database.query(
                "SELECT 1 AS one FROM meaning_vectors WHERE item = $1 AND model = $2 AND digest = $3 LIMIT 1",
                [.text(item), .integer(model), .blob(Self.digest(of: text))])
            if same.isEmpty { texts[item] = text }
        }
        return texts
    }

    /// Puts vectors in the place of what was there of their items, and takes those off the queue. What was removed meanwhile
    /// gets none.
    ///
    /// - Parameters:
    ///   - pieces: of each item.
    ///   - texts: what they were made from.
    ///   - model: the number of the model.
    ///   - owner: of all of them.
    /// - Throws: `StorageError`.
    public func write(
        _ pieces: [String: [Piece]], of texts: [String: String], model: Int64, owner: ConversationOwner
    ) async throws {
        try await database.transaction { transaction in
            guard try await !RemovedUsers.contains(owner.user, transaction) else { return }
            // Before the rows, so that two writers of one owner wait for one another and rows come in the order of their numbers.
            try await transaction.execute(
                "INSERT INTO meaning_owners (owner_key, additions, removals) VALUES ($1, 1, 0) "
                    + "ON CONFLICT (owner_key) DO UPDATE SET additions = meaning_owners.additions + 1",
                [.text(owner.key)])
            var removed = 0
            for (item, pieces) in pieces {
                removed += try await transaction.execute(
                    "DELETE FROM meaning_vectors WHERE item = $1", [.text(item)]
                ).changes
                let digest = Self.digest(of: texts[item] ?? "")
                guard try await Self.isThere(item, transaction) else { continue }
                for piece in pieces {
                    try await transaction.execute(
                        "INSERT INTO meaning_vectors (owner_key, item, start, length, model, digest, vector) "
                            + "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        [
                            .text(owner.key), .text(item), .int(piece.place.start), .int(piece.place.length),
                            .integer(model), .blob(digest), .blob(piece.vector.bytes),
                        ])
                }
                try await transaction.execute(
                    "DELETE FROM memory_queue WHERE item = $1 AND task = 'vectors'", [.text(item)])
            }
            if removed > 0 { try await MemoryQueue.countRemoval(of: owner.key, transaction) }
        }
    }

    private static func isThere(_ item: String, _ transaction: Transaction) async throws -> Bool {
        let sql =
            item.hasPrefix("doc_")
            ? "SELECT 1 AS one FROM context_documents WHERE id = $1"
            : "SELECT 1 AS one FROM messages JOIN conversations ON conversations.id = messages.conversation "
                + "WHERE messages.id = $1 AND conversations.is_temporary = 0"
        return try await !transaction.query(sql, [.text(item)]).isEmpty
    }

    static func digest(of text: String) -> [UInt8] { Array(SHA256.digest(of: Array(text.utf8)).bytes.prefix(16)) }
}

extension MeaningRecords.Waiting.Task {
    var name: String { self == .lesson ? MemoryQueue.Work.lesson.rawValue : MemoryQueue.Work.vectors.rawValue }
}
