public import Conversations
import Storage
import Vocabulary

extension ConversationRecords {
    public func search(_ query: MessageQuery, of owner: ConversationOwner) async throws -> [MessageHit] {
        guard !query.words.isEmpty else { return [] }
        var parameters: [SQLValue] = []
        func bind(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        var conditions: [String] = []
        let from: String
        let excerpt: String
        // Newest first, which the index gives without looking at all of them.
        let order: String
        let terms = SearchTerms(query.words)
        switch database.dialect {
        case .sqlite:
            let match = (["owner_key : \(owner.key)"] + terms.fts5).joined(separator: " AND ")
            conditions.append("message_index MATCH \(bind(.text(match)))")
            order = "message_index.rowid"
            from = "message_index JOIN messages ON messages.seq = message_index.rowid"
            excerpt =
                terms.runs.isEmpty
                ? "snippet(message_index, 0, char(2), char(3), '…', 20)"
                : "substr(messages.body, max(1, instr(messages.body, \(bind(.text(terms.runs[0])))) - 24), 72)"
        case .postgres:
            var headline = ""
            if let words = terms.wordQuery {
                let text = bind(.text(words))
                conditions.append("messages.body_words @@ to_tsquery('simple', \(text))")
                headline =
                    "ts_headline('simple', left(messages.body, 100000), to_tsquery('simple', \(text)), "
                    + "'StartSel=\u{2}, StopSel=\u{3}, MaxWords=24, MinWords=8')"
            }
            if let grams = terms.gramQuery {
                conditions.append("messages.gram_words @@ to_tsquery('simple', \(bind(.text(grams))))")
                let place = "strpos(messages.body, \(bind(.text(terms.runs[0]))))"
                headline = "substr(messages.body, greatest(1, \(place) - 24), 72)"
            }
            conditions.append("messages.owner_key = \(bind(.text(owner.key)))")
            order = "messages.seq"
            from = "messages"
            excerpt = headline
        }
        var others = MessageConditions(behind: parameters)
        others.add(query)
        let rows = try await database.query(
            """
            SELECT messages.conversation AS conversation, messages.id AS id, messages.role AS role,
                messages.created AS created, \(excerpt) AS excerpt, conversations.title AS title
            FROM \(from) JOIN conversations ON conversations.id = messages.conversation
            WHERE \((conditions + others.all).joined(separator: " AND "))
            ORDER BY \(order) DESC LIMIT \(query.countMax)
            """, others.parameters)
        return try rows.compactMap { row in
            guard let conversation = ConversationID(try row.decode(String.self, "conversation")),
                let message = MessageID(try row.decode(String.self, "id"))
            else { return nil }
            return MessageHit(
                conversation: conversation, title: try row.decode("title"), message: message,
                role: try row.decode("role"), excerpt: terms.marked(try row.decode("excerpt")),
                created: ConversationMoment(rawValue: try row.decode("created")))
        }
    }

    public func add(_ share: ShareLink, of owner: ConversationOwner) async throws {
        try await database.transaction { transaction in
            let mine = try await transaction.query(
                "SELECT 1 AS one FROM conversations WHERE id = $1 AND tenant = $2 AND owner = $3",
                [.text(share.conversation.text)] + owner.values)
            guard !mine.isEmpty else { throw MessageRefusal.noConversation }
            try await Self.insert(
                [
                    ("id", .text(share.id)), ("conversation", .text(share.conversation.text)),
                    ("leaf", .text(share.leaf.text)), ("digest", .text(share.digest)),
                    ("title", SQLValue(share.title)), ("created", .integer(share.created.rawValue)),
                    ("expires", SQLValue(share.expires?.rawValue)),
                ], into: "conversation_shares", transaction)
        }
    }

    public func shares(of conversation: ConversationID, owner: ConversationOwner) async throws -> [ShareLink] {
        try await database.query(
            "SELECT conversation_shares.* FROM conversation_shares JOIN conversations ON conversations.id = conversation "
                + "WHERE conversation = $1 AND tenant = $2 AND owner = $3 ORDER BY conversation_shares.created DESC",
            [.text(conversation.text)] + owner.values
        ).compactMap(Self.share)
    }

    public func share(digest: String) async throws -> (link: ShareLink, owner: ConversationOwner)? {
        let row = try await database.query(
            "SELECT conversation_shares.*, tenant, owner FROM conversation_shares "
                + "JOIN conversations ON conversations.id = conversation WHERE digest = $1", [.text(digest)]
        ).first
        guard let row, let link = try Self.share(row) else { return nil }
        return (
            link,
            ConversationOwner(tenant: .init(try row.decode("tenant")), user: .init(try row.decode("owner")))
        )
    }

    public func removeShare(_ id: String, of owner: ConversationOwner) async throws -> Bool {
        try await database.execute(
            "DELETE FROM conversation_shares WHERE id = $1 AND conversation IN "
                + "(SELECT id FROM conversations WHERE tenant = $2 AND owner = $3)", [.text(id)] + owner.values
        ).changes == 1
    }

    private static func share(_ row: Row) throws -> ShareLink? {
        guard let conversation = ConversationID(try row.decode(String.self, "conversation")),
            let leaf = MessageID(try row.decode(String.self, "leaf"))
        else { return nil }
        let expires: Int64? = try row.decode("expires")
        return ShareLink(
            id: try row.decode("id"), conversation: conversation, leaf: leaf, digest: try row.decode("digest"),
            title: try row.decode("title"), created: ConversationMoment(rawValue: try row.decode("created")),
            expires: expires.map(ConversationMoment.init(rawValue:)))
    }
}
