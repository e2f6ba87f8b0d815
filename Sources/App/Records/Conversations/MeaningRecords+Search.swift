public import Conversations
import Storage
import Vectors
import Vocabulary

/// Reading an owner's vectors, and what stands behind them.
extension MeaningRecords {
    /// How often an owner's vectors have changed.
    public struct Changes: Sendable, Equatable {
        public var additions: Int64
        public var removals: Int64

        public init(additions: Int64 = 0, removals: Int64 = 0) {
            self.additions = additions
            self.removals = removals
        }
    }

    /// A piece of a text behind a vector.
    public struct Place: Sendable, Equatable {
        public var row: Int64
        public var item: String
        public var place: TextChunks.Place
    }

    /// A piece of a document.
    public struct DocumentPiece: Sendable, Equatable {
        public var row: Int64
        public var id: String
        public var name: String
        public var text: String
    }

    public func changes(of owner: ConversationOwner) async throws -> Changes {
        let row = try await database.query(
            "SELECT additions, removals FROM meaning_owners WHERE owner_key = $1", [.text(owner.key)]
        ).first
        guard let row else { return Changes() }
        return Changes(additions: try row.decode("additions"), removals: try row.decode("removals"))
    }

    /// Adds an owner's vectors of one model to a table, those behind its last row.
    public func read(into table: inout MeaningTable, of owner: ConversationOwner, model: Int64) async throws {
        var found = table
        try await database.forEachRow(
            "SELECT seq, vector FROM meaning_vectors WHERE owner_key = $1 AND model = $2 AND seq > $3 ORDER BY seq",
            [.text(owner.key), .integer(model), .integer(table.last)]
        ) { row throws(StorageError) in
            guard let vector = QuantizedVector(bytes: try row.decode("vector")) else { return }
            found.add(vector, row: try row.decode("seq"))
        }
        table = found
    }

    /// Those of the rows that are of messages which a query allows, in the rows' order.
    ///
    /// - Parameters:
    ///   - rows: numbers, at most 500 are asked for at once; `nil` is all that the query allows.
    ///   - query: what is asked of messages beside words.
    ///   - conversation: whose messages are left out.
    ///   - owner: whose.
    /// - Returns: the places.
    /// - Throws: `StorageError`.
    public func places(
        of rows: [Int64]?, _ query: MessageQuery, without conversation: ConversationID? = nil,
        of owner: ConversationOwner
    ) async throws -> [Place] {
        var found: [Int64: Place] = [:]
        var order: [Int64] = []
        for part in Self.parts(of: rows) {
            var conditions = MessageConditions()
            let key = conditions.bind(.text(owner.key))
            conditions.add("meaning_vectors.owner_key = \(key)")
            conditions.add("messages.owner_key = \(key)")
            if let part {
                conditions.add("meaning_vectors.seq IN (\(part.map { String($0) }.joined(separator: ", ")))")
            }
            conditions.add(query)
            if let conversation {
                conditions.add("messages.conversation != \(conditions.bind(.text(conversation.text)))")
            }
            let sql = """
                SELECT meaning_vectors.seq AS seq, meaning_vectors.item AS item, meaning_vectors.start AS start,
                    meaning_vectors.length AS length
                FROM meaning_vectors JOIN messages ON messages.id = meaning_vectors.item
                JOIN conversations ON conversations.id = messages.conversation WHERE \(conditions.text)
                """
            try await database.forEachRow(sql, conditions.parameters) { row throws(StorageError) in
                let place = Place(
                    row: try row.decode("seq"), item: try row.decode("item"),
                    place: TextChunks.Place(start: try row.decode("start"), length: try row.decode("length")))
                found[place.row] = place
                order.append(place.row)
            }
        }
        return (rows ?? order).compactMap { found[$0] }
    }

    /// Those of the rows that are of a context's documents, in the rows' order.
    public func documents(
        of rows: [Int64], in space: ContextID, owner: ConversationOwner
    ) async throws -> [DocumentPiece] {
        var found: [Int64: DocumentPiece] = [:]
        for part in Self.parts(of: rows) {
            guard let part, !part.isEmpty else { continue }
            let rows = try await database.query(
                """
                SELECT meaning_vectors.seq AS seq, meaning_vectors.start AS start, meaning_vectors.length AS length,
                    context_documents.id AS id, context_documents.name AS name, context_documents.body AS body
                FROM meaning_vectors JOIN context_documents ON context_documents.id = meaning_vectors.item
                WHERE meaning_vectors.owner_key = $1 AND context_documents.owner_key = $1 AND context_documents.context = $2
                    AND meaning_vectors.seq IN (\(part.map { String($0) }.joined(separator: ", ")))
                """, [.text(owner.key), .text(space.text)])
            for row in rows {
                let place = TextChunks.Place(start: try row.decode("start"), length: try row.decode("length"))
                let number: Int64 = try row.decode("seq")
                found[number] = DocumentPiece(
                    row: number, id: try row.decode("id"), name: try row.decode("name"),
                    text: TextChunks.text(of: place, in: try row.decode("body")))
            }
        }
        return rows.compactMap { found[$0] }
    }

    /// What is known of messages, each with a piece of its text as the excerpt, in this order.
    public func hits(_ places: [(message: MessageID, place: TextChunks.Place)], of owner: ConversationOwner)
        async throws
        -> [MessageHit]
    {
        var found: [String: MessageHit] = [:]
        for start in stride(from: 0, to: places.count, by: 500) {
            let part = places[start..<min(places.count, start + 500)]
            let marks = (0..<part.count).map { "$\($0 + 2)" }.joined(separator: ", ")
            let rows = try await database.query(
                """
                SELECT messages.id AS id, messages.conversation AS conversation, messages.role AS role,
                    messages.created AS created, messages.body AS body, conversations.title AS title
                FROM messages JOIN conversations ON conversations.id = messages.conversation
                WHERE messages.owner_key = $1 AND conversations.is_temporary = 0 AND messages.id IN (\(marks))
                """, [.text(owner.key)] + part.map { .text($0.message.text) })
            for row in rows {
                guard let message = MessageID(try row.decode(String.self, "id")),
                    let conversation = ConversationID(try row.decode(String.self, "conversation")),
                    let place = part.first(where: { $0.message == message })?.place
                else { continue }
                found[message.text] = MessageHit(
                    conversation: conversation, title: try row.decode("title"), message: message,
                    role: try row.decode("role"), excerpt: TextChunks.text(of: place, in: try row.decode("body")),
                    created: ConversationMoment(rawValue: try row.decode("created")))
            }
        }
        return places.compactMap { found[$0.message.text] }
    }

    /// How far an owner's texts have vectors of a model.
    public func state(of owner: ConversationOwner, model: Int64, name: String) async throws -> MeaningState {
        let indexed = try await database.query(
            "SELECT COUNT(DISTINCT item) AS count FROM meaning_vectors WHERE owner_key = $1 AND model = $2",
            [.text(owner.key), .integer(model)]
        ).first?.decodeOnly(Int.self)
        return MeaningState(model: name, indexedCount: indexed ?? 0, pendingCount: try await pendingCount(of: owner))
    }

    public func pendingCount(of owner: ConversationOwner) async throws -> Int {
        try await database.query(
            "SELECT COUNT(*) AS count FROM memory_queue WHERE owner_key = $1 AND task = 'vectors'", [.text(owner.key)]
        ).first?.decodeOnly(Int.self) ?? 0
    }

    /// Numbers of ours need no parameters, of which a statement takes few.
    private static func parts(of rows: [Int64]?) -> [ArraySlice<Int64>?] {
        guard let rows else { return [nil] }
        return stride(from: 0, to: rows.count, by: 500).map { rows[$0..<min(rows.count, $0 + 500)] }
    }
}
