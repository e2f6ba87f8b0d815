public import Conversations
import JSONText
public import Storage
import Vocabulary

/// Contexts with their documents, in the database.
public struct SpaceRecords: ContextSpaceStore {
    let database: Database

    public init(_ database: Database) { self.database = database }

    public func add(_ space: ContextSpace) async throws {
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(space.owner.user, transaction)
            let count = try await transaction.query(
                "SELECT COUNT(*) AS count FROM context_spaces WHERE tenant = $1 AND owner = $2", space.owner.values
            ).first?.decodeOnly(Int.self)
            guard count ?? 0 < ContextLimits.contextsMax else { throw SpaceRefusal.tooManyContexts }
            try await ConversationRecords.insert(SpaceRow.values(of: space), into: "context_spaces", transaction)
        }
    }

    public func space(_ id: ContextID, of owner: ConversationOwner) async throws -> ContextSpace? {
        try await database.query(
            as: SpaceRow.self, Self.selection + " WHERE context_spaces.id = $1 AND tenant = $2 AND owner = $3",
            [.text(id.text)] + owner.values
        ).first?.space
    }

    public func spaces(of owner: ConversationOwner) async throws -> [ContextSpace] {
        try await database.query(
            as: SpaceRow.self,
            Self.selection + " WHERE tenant = $1 AND owner = $2 ORDER BY name, id LIMIT \(ContextLimits.contextsMax)",
            owner.values
        ).map(\.space)
    }

    public func replace(_ space: ContextSpace, expecting revision: Int64) async throws -> Bool {
        let kept: Set = ["id", "tenant", "owner", "created"]
        let columns = SpaceRow.values(of: space).filter { !kept.contains($0.name) }
        let changes = columns.enumerated().map { "\($1.name) = $\($0 + 1)" }.joined(separator: ", ")
        let next = columns.count + 1
        return try await database.execute(
            "UPDATE context_spaces SET \(changes) WHERE id = $\(next) AND tenant = $\(next + 1) AND owner = $\(next + 2) "
                + "AND revision = $\(next + 3)",
            columns.map(\.value) + [.text(space.id.text)] + space.owner.values + [.integer(revision)]
        ).changes == 1
    }

    public func removeSpace(_ id: ContextID, of owner: ConversationOwner) async throws -> [ConversationID]? {
        try await database.transaction { transaction in
            let outcome = try await transaction.execute(
                "DELETE FROM context_spaces WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(id.text)] + owner.values)
            guard outcome.changes == 1 else { return nil }
            let conversations = try await transaction.query(
                "SELECT id FROM conversations WHERE context = $1", [.text(id.text)])
            try await transaction.execute(
                "UPDATE conversations SET context = NULL, revision = revision + 1 WHERE context = $1", [.text(id.text)])
            try await transaction.execute("DELETE FROM memories WHERE context = $1", [.text(id.text)])
            try await Self.removeDocuments(where: "context = $1", [.text(id.text)], owner, transaction)
            return try conversations.compactMap { ConversationID(try $0.decodeOnly(String.self)) }
        }
    }

    // MARK: Documents

    public func add(_ document: ContextDocument, bytes: [UInt8], of owner: ConversationOwner) async throws {
        try await database.transaction { transaction in
            let mine = try await transaction.query(
                "SELECT 1 AS one FROM context_spaces WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(document.context.text)] + owner.values)
            guard !mine.isEmpty else { throw SpaceRefusal.noContext }
            let row = try await transaction.query(
                "SELECT COUNT(*) AS count, SUM(byte_count) AS bytes FROM context_documents WHERE context = $1",
                [.text(document.context.text)]
            ).first
            let count = try row?.decode(Int.self, "count") ?? 0
            let bytesBefore = try row?.decode(Int64?.self, "bytes") ?? 0
            guard count < ContextLimits.documentsMax else { throw SpaceRefusal.tooManyDocuments }
            guard bytesBefore + Int64(bytes.count) <= ContextLimits.documentsBytesMax else {
                throw SpaceRefusal.documentsTooLarge
            }
            try await ConversationRecords.insert(
                [
                    ("id", .text(document.id)), ("context", .text(document.context.text)),
                    ("owner_key", .text(owner.key)), ("name", .text(ConversationRow.plain(document.name))),
                    ("type", .text(ConversationRow.plain(document.type))), ("byte_count", .int(bytes.count)),
                    ("content", .blob(bytes)), ("body", SQLValue(document.text.map(ConversationRow.plain))),
                    ("created", .integer(document.created.rawValue)),
                ], into: "context_documents", transaction)
            try await Self.queueDocuments(
                where: "context_documents.id = $1 AND context_documents.body IS NOT NULL", [.text(document.id)],
                transaction)
        }
    }

    public func documents(of id: ContextID, owner: ConversationOwner) async throws -> [ContextDocument] {
        try await database.query(
            "SELECT id, name, type, byte_count, CASE WHEN body IS NULL THEN NULL ELSE '' END AS body, created "
                + "FROM context_documents WHERE context = $1 AND owner_key = $2 ORDER BY id",
            [.text(id.text), .text(owner.key)]
        ).map { try Self.document($0, id) }
    }

    public func document(
        _ id: String, of space: ContextID, owner: ConversationOwner
    ) async throws -> (document: ContextDocument, bytes: [UInt8])? {
        let row = try await database.query(
            "SELECT * FROM context_documents WHERE id = $1 AND context = $2 AND owner_key = $3",
            [.text(id), .text(space.text), .text(owner.key)]
        ).first
        guard let row else { return nil }
        return (try Self.document(row, space), try row.decode("content"))
    }

    public func removeDocument(_ id: String, of space: ContextID, owner: ConversationOwner) async throws -> Bool {
        try await database.transaction { transaction in
            try await Self.removeDocuments(
                where: "id = $1 AND context = $2", [.text(id), .text(space.text)], owner, transaction) > 0
        }
    }

    // MARK: Parts of statements

    /// Whether a conversation may be in the context that it names.
    ///
    /// - Throws: ``SpaceRefusal``.
    static func check(_ conversation: Conversation, _ transaction: Transaction) async throws {
        guard let context = conversation.context else { return }
        let mine = try await transaction.query(
            "SELECT 1 AS one FROM context_spaces WHERE id = $1 AND tenant = $2 AND owner = $3",
            [.text(context.text)] + conversation.owner.values)
        guard !mine.isEmpty else { throw SpaceRefusal.noContext }
        let others = try await transaction.query(
            "SELECT COUNT(*) AS count FROM conversations WHERE context = $1 AND id != $2",
            [.text(context.text), .text(conversation.id.text)]
        ).first?.decodeOnly(Int.self)
        guard others ?? 0 < ContextLimits.conversationsMax else { throw SpaceRefusal.tooManyConversations }
    }

    /// Lets documents wait for vectors.
    static func queueDocuments(
        where condition: String, _ parameters: [SQLValue], _ transaction: Transaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO memory_queue (item, task, owner_key, tenant, owner, not_before, attempts, created)
            SELECT context_documents.id, 'vectors', context_documents.owner_key, context_spaces.tenant,
                context_spaces.owner, 0, 0, context_documents.created
            FROM context_documents JOIN context_spaces ON context_spaces.id = context_documents.context
            WHERE \(condition) ON CONFLICT (item, task) DO UPDATE SET not_before = 0, attempts = 0
            """, parameters)
    }

    @discardableResult
    private static func removeDocuments(
        where condition: String, _ parameters: [SQLValue], _ owner: ConversationOwner, _ transaction: Transaction
    ) async throws -> Int {
        let mine = parameters + [.text(owner.key)]
        let condition = "\(condition) AND owner_key = $\(mine.count)"
        let these = "IN (SELECT id FROM context_documents WHERE \(condition))"
        let vectors = try await transaction.execute("DELETE FROM meaning_vectors WHERE item \(these)", mine)
        try await transaction.execute("DELETE FROM memory_queue WHERE item \(these)", mine)
        if vectors.changes > 0 { try await MemoryQueue.countRemoval(of: owner.key, transaction) }
        return try await transaction.execute("DELETE FROM context_documents WHERE \(condition)", mine).changes
    }

    private static func document(_ row: Row, _ space: ContextID) throws -> ContextDocument {
        ContextDocument(
            id: try row.decode("id"), context: space, name: try row.decode("name"), type: try row.decode("type"),
            byteCount: try row.decode("byte_count"), text: try row.decode("body"),
            created: ConversationMoment(rawValue: try row.decode("created")))
    }

    private static let selection = """
        SELECT context_spaces.*,
            (SELECT COUNT(*) FROM conversations WHERE conversations.context = context_spaces.id) AS conversation_count,
            (SELECT COUNT(*) FROM context_documents WHERE context_documents.context = context_spaces.id) AS document_count
        FROM context_spaces
        """
}

/// A row of the table `context_spaces` and what it stands for.
private struct SpaceRow: RowDecodable {
    let space: ContextSpace

    init(row: Row) throws(StorageError) {
        let id: String = try row.decode("id")
        guard let id = ContextID(id) else { throw StorageError(.typeMismatch, "'\(id)' is no context's id") }
        space = ContextSpace(
            id: id,
            owner: ConversationOwner(
                tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner"))),
            name: try row.decode("name"), tags: try ConversationRow.json(row, "tags").array?.compactMap(\.string) ?? [],
            data: try ConversationRow.json(row, "data").object ?? [:], instructions: try row.decode("instructions"),
            model: try row.decode("model"), usesMemory: try row.decode("uses_memory"),
            created: ConversationMoment(rawValue: try row.decode("created")),
            updated: ConversationMoment(rawValue: try row.decode("updated")), revision: try row.decode("revision"),
            conversationCount: try row.decode("conversation_count"), documentCount: try row.decode("document_count"))
    }

    /// All columns, in a fixed order.
    static func values(of space: ContextSpace) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(space.id.text)), ("tenant", .text(space.owner.tenant.name)),
            ("owner", .text(space.owner.user.text)), ("name", .text(ConversationRow.plain(space.name))),
            ("tags", .text(JSONValue.array(space.tags.map(JSONValue.string)).text)),
            ("data", .text(JSONValue.object(space.data).text)),
            ("instructions", .text(ConversationRow.plain(space.instructions))),
            ("model", SQLValue(space.model.map(ConversationRow.plain))), ("uses_memory", SQLValue(space.usesMemory)),
            ("created", .integer(space.created.rawValue)), ("updated", .integer(space.updated.rawValue)),
            ("revision", .integer(space.revision)),
        ]
    }
}
