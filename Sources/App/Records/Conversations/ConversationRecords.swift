public import Conversations
import JSONText
public import Storage
import Vocabulary

/// Conversations in the database: what is known of each. Messages, search and links stand in extensions beside.
public struct ConversationRecords: ConversationStore {
    let database: Database
    /// Who writes the answers that are added here.
    let writer: String?

    /// - Parameters:
    ///   - database: where they are kept.
    ///   - writer: names this process among all that write answers into the database.
    public init(_ database: Database, writer: String? = nil) {
        self.database = database
        self.writer = writer
    }

    public func add(_ conversation: Conversation) async throws { try await add(conversation, messages: []) }

    public func add(_ conversation: Conversation, messages: [Message]) async throws {
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(conversation.owner.user, transaction)
            try await SpaceRecords.check(conversation, transaction)
            try await Self.insert(ConversationRow.values(of: conversation), into: "conversations", transaction)
            try await Self.write(tags: conversation.tags, of: conversation.id, transaction)
            for message in messages {
                try await Self.insert(
                    MessageRow.values(of: message, owner: conversation.owner), into: "messages", transaction)
            }
            try await index(transaction).add(where: "conversation = $1", [.text(conversation.id.text)])
        }
    }

    public func find(_ id: ConversationID, of owner: ConversationOwner) async throws -> Conversation? {
        try await database.query(
            as: ConversationRow.self, "SELECT * FROM conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
            [.text(id.text)] + owner.values
        ).first?.conversation
    }

    public func list(_ filter: ConversationFilter, of owner: ConversationOwner) async throws -> [Conversation] {
        var conditions = ["tenant = $1", "owner = $2", "is_temporary = 0", "is_archived = $3"]
        var parameters = owner.values + [.bool(filter.isArchived)]
        func bind(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        if let folder = filter.folder { conditions.append("folder = \(bind(.text(ConversationRow.plain(folder))))") }
        if let isPinned = filter.isPinned { conditions.append("is_pinned = \(bind(.bool(isPinned)))") }
        if let tag = filter.tag {
            let place = bind(.text(ConversationRow.plain(tag)))
            conditions.append("id IN (SELECT conversation FROM conversation_tags WHERE tag = \(place))")
        }
        if let title = filter.title {
            let place = bind(.text("%" + Self.escapedPattern(ConversationRow.plain(title)) + "%"))
            conditions.append("LOWER(title) LIKE LOWER(\(place)) ESCAPE '!'")
        }
        if let space = filter.space {
            switch space {
            case .outside: conditions.append("context IS NULL")
            case .one(let id): conditions.append("context = \(bind(.text(id.text)))")
            }
        }
        if let before = filter.before { conditions.append("updated < \(bind(.integer(before.rawValue)))") }
        return try await database.query(
            as: ConversationRow.self,
            "SELECT * FROM conversations WHERE \(conditions.joined(separator: " AND ")) "
                + "ORDER BY updated DESC, id DESC LIMIT \(filter.countMax)", parameters
        ).map(\.conversation)
    }

    public func replace(_ conversation: Conversation, expecting revision: Int64) async throws -> Bool {
        let kept: Set = ["id", "tenant", "owner", "created", "message_count"]
        let columns = ConversationRow.values(of: conversation).filter { !kept.contains($0.name) }
        let changes = columns.enumerated().map { "\($1.name) = $\($0 + 1)" }.joined(separator: ", ")
        let next = columns.count + 1
        return try await database.transaction { transaction in
            try await SpaceRecords.check(conversation, transaction)
            let outcome = try await transaction.execute(
                "UPDATE conversations SET \(changes) WHERE id = $\(next) AND tenant = $\(next + 1) "
                    + "AND owner = $\(next + 2) AND revision = $\(next + 3)",
                columns.map(\.value) + [.text(conversation.id.text)] + conversation.owner.values
                    + [.integer(revision)])
            guard outcome.changes == 1 else { return false }
            try await Self.write(tags: conversation.tags, of: conversation.id, transaction)
            if conversation.isTemporary {
                try await MemoryQueue(transaction: transaction).forget(
                    where: "conversation = $1", [.text(conversation.id.text)])
                try await Self.removeNotes(holding: conversation.id.text, of: conversation.owner, transaction)
            }
            return true
        }
    }

    public func remove(_ id: ConversationID, of owner: ConversationOwner) async throws -> Bool {
        try await database.transaction { transaction in
            let outcome = try await transaction.execute(
                "DELETE FROM conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(id.text)] + owner.values)
            guard outcome.changes == 1 else { return false }
            try await removeParts(of: [id.text], transaction)
            // Prompts of other conversations may quote it.
            try await Self.removeNotes(holding: id.text, of: owner, transaction)
            return true
        }
    }

    public func removeTemporary(usedBefore moment: ConversationMoment) async throws -> Int {
        try await database.transaction { transaction in
            let ids = try await transaction.query(
                "SELECT id FROM conversations WHERE is_temporary = 1 AND updated < $1 LIMIT 1000",
                [.integer(moment.rawValue)]
            ).map { row in try row.decode(String.self, "id") }
            for id in ids { try await transaction.execute("DELETE FROM conversations WHERE id = $1", [.text(id)]) }
            try await removeParts(of: ids, transaction)
            return ids.count
        }
    }

    public func groups(of owner: ConversationOwner) async throws -> ConversationGroups {
        let condition = "tenant = $1 AND owner = $2 AND is_temporary = 0"
        return try await database.read { transaction in
            let folders = try await transaction.query(
                "SELECT folder AS name, COUNT(*) AS count FROM conversations WHERE \(condition) AND folder != '' "
                    + "GROUP BY folder", owner.values)
            let tags = try await transaction.query(
                "SELECT tag AS name, COUNT(*) AS count FROM conversation_tags JOIN conversations ON id = conversation "
                    + "WHERE \(condition) GROUP BY tag", owner.values)
            return ConversationGroups(folders: try Self.counts(folders), tags: try Self.counts(tags))
        }
    }

    // MARK: parts of statements

    func index(_ transaction: Transaction) -> MessageIndex {
        MessageIndex(dialect: database.dialect, transaction: transaction)
    }

    static func insert(
        _ columns: [(name: String, value: SQLValue)], into table: String, _ transaction: Transaction
    ) async throws {
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        try await transaction.execute(
            "INSERT INTO \(table) (\(columns.map(\.name).joined(separator: ", "))) VALUES (\(places))",
            columns.map(\.value))
    }

    private static func write(tags: [String], of id: ConversationID, _ transaction: Transaction) async throws {
        try await transaction.execute("DELETE FROM conversation_tags WHERE conversation = $1", [.text(id.text)])
        for tag in Set(tags.map(ConversationRow.plain)) {
            try await transaction.execute(
                "INSERT INTO conversation_tags (conversation, tag) VALUES ($1, $2)", [.text(id.text), .text(tag)])
        }
    }

    /// What goes with a conversation.
    private static let parts = [
        "messages", "conversation_tags", "conversation_shares", "conversation_wishes", "conversation_cuts",
        "conversation_summaries", "message_notes",
    ]

    func removeParts(of ids: [String], _ transaction: Transaction) async throws {
        for id in ids {
            try await index(transaction).remove(where: "conversation = $1", [.text(id)])
            try await MemoryQueue(transaction: transaction).forget(where: "conversation = $1", [.text(id)])
            for table in Self.parts {
                try await transaction.execute("DELETE FROM \(table) WHERE conversation = $1", [.text(id)])
            }
        }
    }

    private static func counts(_ rows: [Row]) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.decode(String.self, "name")] = try row.decode(Int.self, "count") }
        return counts
    }

    /// Text that means itself in a pattern of LIKE with `!` as the escape.
    static func escapedPattern(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if character == "%" || character == "_" || character == "!" { escaped.append("!") }
            escaped.append(character)
        }
        return escaped
    }
}

extension ConversationOwner {
    /// Tenant and user as parameters.
    var values: [SQLValue] { [.text(tenant.name), .text(user.text)] }
}
