public import Conversations
import JSONText
import Storage

/// Cuts, wishes, summaries and notes in the database. They go with their conversation.
extension ConversationRecords: ContextStore {
    /// Cuts that are looked at: more are of branches that nobody has used for long.
    private static let cutsMax = 128

    public func contextWish(of conversation: ConversationID) async throws -> ContextWish {
        let row = try await database.query(
            "SELECT document FROM conversation_wishes WHERE conversation = $1", [.text(conversation.text)]
        ).first
        guard let row else { return ContextWish() }
        do {
            return try ContextWish(JSONField(try ConversationRow.json(row, "document")))
        } catch let error as JSONFieldError {
            throw StorageError(.typeMismatch, "a wish of a conversation cannot be read: \(error)")
        }
    }

    /// Adds a part to a conversation, unless that was removed meanwhile: nobody would ever remove the part.
    private func add(
        to conversation: ConversationID, _ body: @Sendable (Transaction) async throws -> Void
    ) async throws {
        try await database.transaction { transaction in
            let found = try await transaction.query(
                "SELECT 1 AS one FROM conversations WHERE id = $1", [.text(conversation.text)])
            if !found.isEmpty { try await body(transaction) }
        }
    }

    public func setContextWish(_ wish: ContextWish, of conversation: ConversationID) async throws {
        try await add(to: conversation) { transaction in
            try await transaction.execute(
                "INSERT INTO conversation_wishes (conversation, document) VALUES ($1, $2) "
                    + "ON CONFLICT (conversation) DO UPDATE SET document = excluded.document",
                [.text(conversation.text), .text(JSONValue.object(wish.json).text)])
        }
    }

    public func cuts(of conversation: ConversationID) async throws -> [ContextCut] {
        try await database.query(
            "SELECT * FROM conversation_cuts WHERE conversation = $1 ORDER BY created DESC, id DESC "
                + "LIMIT \(Self.cutsMax)", [.text(conversation.text)]
        ).compactMap { row in
            guard let through = MessageID(try row.decode(String.self, "through")) else { return nil }
            return ContextCut(
                id: try row.decode("id"), conversation: conversation, through: through,
                document: try ConversationRow.json(row, "document"), isActive: try row.decode("is_active"),
                created: ConversationMoment(rawValue: try row.decode("created")))
        }
    }

    public func keep(_ cut: ContextCut) async throws {
        try await add(to: cut.conversation) { transaction in
            try await transaction.execute(
                "INSERT INTO conversation_cuts (id, conversation, through, document, is_active, created) "
                    + "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET is_active = excluded.is_active",
                [
                    .text(cut.id), .text(cut.conversation.text), .text(cut.through.text),
                    .text(ConversationRow.plain(JSONValue.object(cut.document).text)), .bool(cut.isActive),
                    .integer(cut.created.rawValue),
                ])
        }
    }

    public func removeCuts(of conversation: ConversationID, through message: MessageID?) async throws -> Int {
        guard let message else {
            return try await database.execute(
                "DELETE FROM conversation_cuts WHERE conversation = $1", [.text(conversation.text)]
            ).changes
        }
        // Ids sort by time, and a cut decides on what was there when it was made.
        return try await database.execute(
            "DELETE FROM conversation_cuts WHERE conversation = $1 AND through >= $2",
            [.text(conversation.text), .text(message.text)]
        ).changes
    }

    public func summary(of conversation: ConversationID) async throws -> ConversationSummary? {
        let row = try await database.query(
            "SELECT * FROM conversation_summaries WHERE conversation = $1", [.text(conversation.text)]
        ).first
        guard let row, let through = MessageID(try row.decode(String.self, "through")) else { return nil }
        return ConversationSummary(
            text: try row.decode("text"), model: try row.decode("model"), through: through,
            created: ConversationMoment(rawValue: try row.decode("created")))
    }

    public func setSummary(_ summary: ConversationSummary, of conversation: ConversationID) async throws {
        try await add(to: conversation) { transaction in
            try await transaction.execute(
                "INSERT INTO conversation_summaries (conversation, through, text, model, created) "
                    + "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation) DO UPDATE SET through = excluded.through, "
                    + "text = excluded.text, model = excluded.model, created = excluded.created",
                [
                    .text(conversation.text), .text(summary.through.text), .text(ConversationRow.plain(summary.text)),
                    .text(ConversationRow.plain(summary.model)), .integer(summary.created.rawValue),
                ])
        }
    }

    public func notes(of messages: [MessageID]) async throws -> [MessageID: TurnNote] {
        var notes: [MessageID: TurnNote] = [:]
        for start in stride(from: 0, to: messages.count, by: 500) {
            let part = messages[start..<min(messages.count, start + 500)]
            let places = (1...part.count).map { "$\($0)" }.joined(separator: ", ")
            let rows = try await database.query(
                "SELECT message, text, sources FROM message_notes WHERE message IN (\(places))",
                part.map { .text($0.text) })
            for row in rows {
                guard let id = MessageID(try row.decode(String.self, "message")) else { continue }
                notes[id] = TurnNote(
                    text: try row.decode("text"), sources: try ConversationRow.json(row, "sources").array ?? [])
            }
        }
        return notes
    }

    public func keep(_ note: TurnNote, of message: MessageID, in conversation: ConversationID) async throws {
        try await add(to: conversation) { transaction in
            try await transaction.execute(
                "INSERT INTO message_notes (message, conversation, text, sources) VALUES ($1, $2, $3, $4) "
                    + "ON CONFLICT (message) DO NOTHING",
                [
                    .text(message.text), .text(conversation.text), .text(ConversationRow.plain(note.text)),
                    .text(ConversationRow.plain(JSONValue.array(note.sources).text)),
                ])
        }
    }

    public func removeNotes(holding source: String, of owner: ConversationOwner) async throws -> Int {
        try await database.transaction { try await Self.removeNotes(holding: source, of: owner, $0) }
    }

    @discardableResult
    static func removeNotes(
        holding source: String, of owner: ConversationOwner, _ transaction: Transaction
    ) async throws -> Int {
        let name = JSONValue.string(ConversationRow.plain(source)).text
        return try await transaction.execute(
            "DELETE FROM message_notes WHERE sources LIKE $1 ESCAPE '!' AND conversation IN "
                + "(SELECT id FROM conversations WHERE tenant = $2 AND owner = $3)",
            [.text("%:" + escapedPattern(name) + "%")] + owner.values
        ).changes
    }
}
