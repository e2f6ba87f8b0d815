public import Conversations
import Storage
import Vocabulary

extension ConversationRecords {
    public func append(_ message: Message, of owner: ConversationOwner) async throws {
        try await database.transaction { transaction in
            let row = try await transaction.query(
                "SELECT message_count FROM conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(message.conversation.text)] + owner.values
            ).first
            guard let row else { throw MessageRefusal.noConversation }
            guard try row.decodeOnly(Int.self) < ConversationLimits.messagesMax else { throw MessageRefusal.full }
            if let parent = message.parent {
                let found = try await transaction.query(
                    "SELECT seq FROM messages WHERE id = $1 AND conversation = $2",
                    [.text(parent.text), .text(message.conversation.text)])
                guard !found.isEmpty else { throw MessageRefusal.noParent }
            }
            let mark = message.status == .writing ? writer.map { [("writer", SQLValue.text($0))] } ?? [] : []
            try await Self.insert(MessageRow.values(of: message, owner: owner) + mark, into: "messages", transaction)
            try await index(transaction).add(where: "id = $1", [.text(message.id.text)])
            try await transaction.execute(
                "UPDATE conversations SET head = $1, updated = $2, revision = revision + 1, "
                    + "message_count = message_count + 1 WHERE id = $3",
                [.text(message.id.text), .integer(message.created.rawValue), .text(message.conversation.text)])
        }
    }

    public func message(_ id: MessageID, of owner: ConversationOwner) async throws -> Message? {
        try await messages([id], of: owner).first
    }

    public func messages(_ ids: [MessageID], of owner: ConversationOwner) async throws -> [Message] {
        var found: [MessageID: Message] = [:]
        // As many parameters as both databases take at once.
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = ids[start..<min(ids.count, start + 500)]
            let places = (0..<part.count).map { "$\($0 + 2)" }.joined(separator: ", ")
            let rows = try await database.query(
                as: MessageRow.self, "SELECT * FROM messages WHERE owner_key = $1 AND id IN (\(places))",
                [.text(owner.key)] + part.map { .text($0.text) })
            for row in rows { found[row.message.id] = row.message }
        }
        return ids.compactMap { found[$0] }
    }

    public func replace(_ message: Message, of owner: ConversationOwner, expecting revision: Int64) async throws -> Bool
    {
        let kept: Set = ["id", "conversation", "parent", "owner_key", "created"]
        let columns = MessageRow.values(of: message, owner: owner).filter { !kept.contains($0.name) }
        let changes = columns.enumerated().map { "\($1.name) = $\($0 + 1)" }.joined(separator: ", ")
        let next = columns.count + 1
        let condition = "id = $1 AND owner_key = $2 AND revision = $3"
        let these: [SQLValue] = [.text(message.id.text), .text(owner.key), .integer(revision)]
        return try await database.transaction { transaction in
            try await index(transaction).remove(where: condition, these)
            if message.status == .complete, message.role == .assistant {
                try await MemoryQueue(transaction: transaction).addLessons(where: condition, these)
            }
            let outcome = try await transaction.execute(
                "UPDATE messages SET \(changes) WHERE id = $\(next) AND owner_key = $\(next + 1) "
                    + "AND revision = $\(next + 2)", columns.map(\.value) + these)
            guard outcome.changes == 1 else { return false }
            try await index(transaction).add(where: "id = $1", [.text(message.id.text)])
            return true
        }
    }

    public func removeSubtree(_ id: MessageID, of owner: ConversationOwner) async throws -> Int {
        try await database.transaction { transaction in
            let row = try await transaction.query(
                "SELECT conversation FROM messages WHERE id = $1 AND owner_key = $2",
                [.text(id.text), .text(owner.key)]
            ).first
            guard let conversation = try row?.decodeOnly(String.self) else { return 0 }
            let tree = try await Self.tree(of: conversation, transaction)
            let removed = tree.subtree(of: id)
            // Prompts of other conversations may quote them.
            try await Self.removeNotes(holding: conversation, of: owner, transaction)
            for message in removed {
                try await index(transaction).remove(where: "id = $1", [.text(message.text)])
                try await MemoryQueue(transaction: transaction).forget(where: "id = $1", [.text(message.text)])
                try await transaction.execute("DELETE FROM messages WHERE id = $1", [.text(message.text)])
                try await transaction.execute("DELETE FROM message_notes WHERE message = $1", [.text(message.text)])
            }
            let gone = Set(removed)
            let rest = MessageTree(
                tree.roots.flatMap { tree.subtree(of: $0) }.filter { !gone.contains($0) }.map {
                    MessageTree.Node(id: $0, parent: tree.parent(of: $0))
                })
            let head = tree.parent(of: id).map { rest.leaf(below: $0) ?? $0 } ?? rest.leaf(below: nil)
            try await transaction.execute(
                "UPDATE conversations SET head = $1, revision = revision + 1, message_count = message_count - $2 "
                    + "WHERE id = $3", [SQLValue(head?.text), .int(removed.count), .text(conversation)])
            return removed.count
        }
    }

    public func tree(_ id: ConversationID, of owner: ConversationOwner) async throws -> MessageTree {
        try await database.read { transaction in
            let mine = try await transaction.query(
                "SELECT 1 AS one FROM conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(id.text)] + owner.values)
            return mine.isEmpty ? MessageTree([]) : try await Self.tree(of: id.text, transaction)
        }
    }

    private static func tree(of conversation: String, _ transaction: Transaction) async throws -> MessageTree {
        var nodes: [MessageTree.Node] = []
        try await transaction.forEachRow(
            "SELECT id, parent FROM messages WHERE conversation = $1", [.text(conversation)]
        ) { row in
            let parent: String? = try row.decode("parent")
            guard let id = MessageID(try row.decode(String.self, "id")) else { return }
            nodes.append(MessageTree.Node(id: id, parent: parent.flatMap { MessageID($0) }))
        }
        return MessageTree(nodes)
    }
}
