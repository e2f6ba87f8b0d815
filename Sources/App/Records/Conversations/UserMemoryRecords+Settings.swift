public import Conversations
import JSONText
import Storage
import Vocabulary

/// What users want of memory, numbers about it, and vectors of memories.
extension UserMemoryRecords {
    public func settings(of owner: ConversationOwner) async throws -> MemorySettings? {
        let row = try await database.query(
            "SELECT learns, document, revision FROM memory_settings WHERE owner_key = $1", [.text(owner.key)]
        ).first
        guard let row else { return nil }
        let document = try ConversationRow.json(row, "document")
        var settings = MemorySettings(keepDays: document["keep_days"]?.integer.map { Int(clamping: $0) })
        settings.learns = try row.decode("learns")
        settings.isUsed = document["use"]?.bool ?? true
        settings.usesConversations = document["use_conversations"]?.bool ?? true
        settings.model = document["model"]?.string
        settings.budgetTokens = document["budget_tokens"]?.integer.map { Int(clamping: $0) } ?? settings.budgetTokens
        settings.revision = try row.decode("revision")
        return settings
    }

    public func set(_ settings: MemorySettings, of owner: ConversationOwner) async throws {
        let document: JSONObject = [
            "use": .bool(settings.isUsed), "use_conversations": .bool(settings.usesConversations),
            "model": settings.model.map { .string(ConversationRow.plain($0)) } ?? .null,
            "budget_tokens": .whole(settings.budgetTokens), "keep_days": settings.keepDays.map { .whole($0) } ?? .null,
        ]
        let keep = settings.keepDays.map { Int64($0) * 86_400_000_000 } ?? Self.forEver
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(owner.user, transaction)
            try await transaction.execute(
                "INSERT INTO memory_settings (owner_key, learns, keep, document, revision) VALUES ($1, $2, $3, $4, $5) "
                    + "ON CONFLICT (owner_key) DO UPDATE SET learns = excluded.learns, keep = excluded.keep, "
                    + "document = excluded.document, revision = excluded.revision",
                [
                    .text(owner.key), .bool(settings.learns), .integer(keep), .text(JSONValue.object(document).text),
                    .integer(settings.revision),
                ])
        }
    }

    public func statistics(of owner: ConversationOwner) async throws -> MemoryStatistics {
        try await database.read { transaction in
            var found = MemoryStatistics()
            for row in try await transaction.query(
                "SELECT kind, origin, is_pinned, CASE WHEN valid_to IS NULL THEN 1 ELSE 0 END AS is_valid, "
                    + "COUNT(*) AS count FROM memories WHERE owner_key = $1 GROUP BY kind, origin, is_pinned, is_valid",
                [.text(owner.key)])
            {
                let count: Int = try row.decode("count")
                found.memoryCount += count
                if try row.decode(Bool.self, "is_valid") { found.validCount += count }
                if try row.decode(Bool.self, "is_pinned") { found.pinnedCount += count }
                if let kind = UserMemory.Kind(rawValue: try row.decode("kind")) {
                    found.byKind[kind, default: 0] += count
                }
                if let origin = UserMemory.Origin(rawValue: try row.decode("origin")) {
                    found.byOrigin[origin, default: 0] += count
                }
            }
            let mine = "conversations.tenant = $1 AND conversations.owner = $2 AND conversations.is_temporary = 0"
            var durations = 0.0
            for row in try await transaction.query(
                """
                SELECT conversations.context AS context, MAX(context_spaces.name) AS name, COUNT(*) AS count,
                    SUM(conversations.message_count) AS messages,
                    SUM(conversations.updated - conversations.created) AS duration
                FROM conversations LEFT JOIN context_spaces ON context_spaces.id = conversations.context
                WHERE \(mine) GROUP BY conversations.context ORDER BY count DESC
                """, owner.values)
            {
                found.spaces.append(
                    MemoryStatistics.Space(
                        context: try row.decode(String?.self, "context").flatMap { ContextID($0) },
                        name: try row.decode("name"), conversationCount: try row.decode("count"),
                        messageCount: try row.decode("messages")))
                durations += Double(max(0, try row.decode(Int64.self, "duration")))
            }
            if found.conversationCount > 0 {
                found.durationMean = .microseconds(Int64(durations / Double(found.conversationCount)))
            }
            let bytes =
                "LENGTH(\(database.dialect == .sqlite ? "CAST(messages.body AS BLOB)" : "convert_to(messages.body, 'UTF8')"))"
            found.textBytes =
                try await transaction.query(
                    "SELECT SUM(\(bytes)) AS bytes FROM messages JOIN conversations "
                        + "ON conversations.id = messages.conversation WHERE \(mine)", owner.values
                ).first?.decode(Int64?.self, "bytes") ?? 0
            try await Self.addSentiments(to: &found, mine, owner, transaction)
            try await Self.addThinking(to: &found, mine, owner, transaction)
            return found
        }
    }

    /// Of conversations by what their user said, among the newest messages.
    private static func addSentiments(
        to statistics: inout MemoryStatistics, _ mine: String, _ owner: ConversationOwner, _ transaction: Transaction
    ) async throws {
        var texts: [String: [String]] = [:]
        for row in try await transaction.query(
            "SELECT messages.conversation AS conversation, SUBSTR(messages.body, 1, \(MemoryStatistics.sentimentTextMax)) "
                + "AS body FROM messages JOIN conversations ON conversations.id = messages.conversation WHERE \(mine) "
                + "AND messages.owner_key = $3 AND messages.role = 'user' ORDER BY messages.seq DESC "
                + "LIMIT \(MemoryStatistics.sentimentMessagesMax)", owner.values + [.text(owner.key)])
        {
            texts[try row.decode("conversation"), default: []].append(try row.decode("body"))
            statistics.sentimentMessageCount += 1
        }
        for said in texts.values { statistics.sentiments[Sentiment(of: said), default: 0] += 1 }
    }

    /// Of the newest answers that were thought about.
    private static func addThinking(
        to statistics: inout MemoryStatistics, _ mine: String, _ owner: ConversationOwner, _ transaction: Transaction
    ) async throws {
        for row in try await transaction.query(
            "SELECT messages.document AS document, messages.body AS body FROM messages "
                + "JOIN conversations ON conversations.id = messages.conversation WHERE \(mine) "
                + "AND messages.owner_key = $3 AND messages.role = 'assistant' "
                + "AND messages.document LIKE '%\"reasoning\":\"%' "
                + "AND LENGTH(messages.document) <= \(ThinkingPatterns.documentBytesMax) "
                + "ORDER BY messages.seq DESC LIMIT \(ThinkingPatterns.answersMax)", owner.values + [.text(owner.key)])
        {
            guard let thinking = try ConversationRow.json(row, "document")["reasoning"]?.string else { continue }
            statistics.thinking.add(thinking: thinking, answer: try row.decode("body"))
        }
    }

    /// A memory without a vector of the model in use.
    public struct Unread: Sendable, Equatable {
        public var id: MemoryID
        public var owner: ConversationOwner
        public var text: String
    }

    /// Memories without vectors, of one owner, the oldest first.
    public func unread(countMax: Int, without owners: Set<ConversationOwner>) async throws -> [Unread] {
        let rows = try await database.query(
            "SELECT id, tenant, owner, body FROM memories WHERE model IS NULL ORDER BY created LIMIT \(countMax * 4)")
        let all = try rows.compactMap { row -> Unread? in
            guard let id = MemoryID(try row.decode(String.self, "id")) else { return nil }
            return Unread(
                id: id,
                owner: ConversationOwner(
                    tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner"))),
                text: try row.decode("body"))
        }
        guard let owner = all.first(where: { !owners.contains($0.owner) })?.owner else { return [] }
        return Array(all.filter { $0.owner == owner }.prefix(countMax))
    }

    /// Keeps vectors of memories; one that is gone gets none.
    public func write(_ vectors: [(id: MemoryID, bytes: [UInt8])], model: Int64) async throws {
        guard !vectors.isEmpty else { return }
        try await database.transaction { transaction in
            for (id, bytes) in vectors {
                try await transaction.execute(
                    "UPDATE memories SET model = $1, vector = $2 WHERE id = $3",
                    [.integer(model), .blob(bytes), .text(id.text)])
            }
        }
    }

    /// The vectors of a model, as they were written.
    public func vectors(of owner: ConversationOwner, model: Int64) async throws -> [MemoryID: [UInt8]] {
        var found: [MemoryID: [UInt8]] = [:]
        for row in try await database.query(
            "SELECT id, vector FROM memories WHERE owner_key = $1 AND model = $2 AND vector IS NOT NULL",
            [.text(owner.key), .integer(model)])
        {
            if let id = MemoryID(try row.decode(String.self, "id")) { found[id] = try row.decode("vector") }
        }
        return found
    }
}
