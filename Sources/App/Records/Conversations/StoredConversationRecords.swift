public import Conversations
public import JSONText
public import Storage
import Vocabulary

/// Conversations and their items in the tables of ``ResponseRecords``.
public struct StoredConversationRecords: ConversationStoring {
    private let database: Database
    /// Microseconds since 1970.
    private let now: @Sendable () -> Int64

    public init(_ database: Database, now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.now = now
    }

    public func add(_ conversation: StoredConversation, items: [JSONValue]) async throws {
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(conversation.owner.user, transaction)
            try await transaction.execute(
                "INSERT INTO api_conversations (id, tenant, owner, created, changed, metadata, next_place, bytes) "
                    + "VALUES ($1, $2, $3, $4, $4, $5, 0, 0)",
                [
                    .text(conversation.id), .text(conversation.owner.tenant.name),
                    .text(conversation.owner.user.text), .integer(conversation.created),
                    .text(JSONValue.object(conversation.metadata).text),
                ])
            _ = try await Self.append(
                items, to: conversation.id, of: conversation.owner, at: conversation.created, transaction)
        }
    }

    public func conversation(_ id: String, of owner: DataOwner) async throws -> StoredConversation? {
        try await database.query(
            "SELECT created, metadata FROM api_conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
            Self.key(id, owner)
        ).first.map { row in
            StoredConversation(
                id: id, owner: owner, created: try row.decode("created"),
                metadata: try JSONValue.parse(try row.decode(String.self, "metadata")).object ?? [:])
        }
    }

    public func change(_ id: String, of owner: DataOwner, metadata: JSONObject) async throws -> Bool {
        let time = now()
        return try await database.transaction { transaction in
            try await !transaction.query(
                "UPDATE api_conversations SET metadata = $4, changed = $5 "
                    + "WHERE id = $1 AND tenant = $2 AND owner = $3 RETURNING id",
                Self.key(id, owner) + [.text(JSONValue.object(metadata).text), .integer(time)]
            ).isEmpty
        }
    }

    public func removeConversation(_ id: String, of owner: DataOwner) async throws -> Bool {
        try await database.transaction { transaction in
            let removed = try await transaction.query(
                "DELETE FROM api_conversations WHERE id = $1 AND tenant = $2 AND owner = $3 RETURNING id",
                Self.key(id, owner))
            guard !removed.isEmpty else { return false }
            try await transaction.execute("DELETE FROM api_conversation_items WHERE conversation = $1", [.text(id)])
            return true
        }
    }

    public func items(of id: String, _ owner: DataOwner) async throws -> [JSONValue]? {
        try await database.read { transaction in
            let found = try await transaction.query(
                "SELECT id FROM api_conversations WHERE id = $1 AND tenant = $2 AND owner = $3", Self.key(id, owner))
            guard !found.isEmpty else { return nil }
            return try await transaction.query(
                "SELECT item FROM api_conversation_items WHERE conversation = $1 ORDER BY place", [.text(id)]
            ).map { try JSONValue.parse(try $0.decode(String.self, "item")) }
        }
    }

    public func append(_ items: [JSONValue], to id: String, of owner: DataOwner) async throws -> Bool {
        let time = now()
        return try await database.transaction { try await Self.append(items, to: id, of: owner, at: time, $0) }
    }

    public func removeItem(_ item: String, from id: String, of owner: DataOwner) async throws -> Bool {
        let time = now()
        return try await database.transaction { transaction in
            let found = try await transaction.query(
                "UPDATE api_conversations SET changed = $4 WHERE id = $1 AND tenant = $2 AND owner = $3 RETURNING id",
                Self.key(id, owner) + [.integer(time)])
            guard !found.isEmpty else { return false }
            let removed = try await transaction.query(
                "DELETE FROM api_conversation_items WHERE conversation = $1 AND id = $2 RETURNING item",
                [.text(id), .text(item)])
            let bytes = try removed.reduce(0) { $0 + (try $1.decode(String.self, "item")).utf8.count }
            try await transaction.execute(
                "UPDATE api_conversations SET bytes = bytes - $2 WHERE id = $1", [.text(id), .int(bytes)])
            return !removed.isEmpty
        }
    }

    /// Adds items at the end, within a transaction.
    static func append(
        _ items: [JSONValue], to id: String, of owner: DataOwner, at time: Int64, _ transaction: Transaction
    ) async throws -> Bool {
        let texts = items.map(\.text)
        let bytes = Int64(texts.reduce(0) { $0 + $1.utf8.count })
        let rows = try await transaction.query(
            """
            UPDATE api_conversations SET changed = $4, next_place = next_place + $5, bytes = bytes + $6
            WHERE id = $1 AND tenant = $2 AND owner = $3 RETURNING next_place, bytes
            """, key(id, owner) + [.integer(time), .int(items.count), .integer(bytes)])
        guard let row = rows.first else { return false }
        let next: Int64 = try row.decode("next_place")
        let total: Int64 = try row.decode("bytes")
        guard next <= Int64(StoredConversation.itemsMax), total <= StoredConversation.bytesMax else {
            throw ServiceError(
                .conflict, "The conversation '\(id)' is full.",
                hint: "It may have \(StoredConversation.itemsMax) items of \(StoredConversation.bytesMax >> 20) MiB "
                    + "together; begin another one.", parameter: "conversation")
        }
        for (offset, item) in items.enumerated() {
            try await transaction.execute(
                "INSERT INTO api_conversation_items (conversation, place, id, item) VALUES ($1, $2, $3, $4)",
                [
                    .text(id), .integer(next - Int64(items.count) + Int64(offset)),
                    .text(item["id"]?.string ?? ""), .text(texts[offset]),
                ])
        }
        return true
    }

    private static func key(_ id: String, _ owner: DataOwner) -> [SQLValue] {
        [.text(id), .text(owner.tenant.name), .text(owner.user.text)]
    }
}
