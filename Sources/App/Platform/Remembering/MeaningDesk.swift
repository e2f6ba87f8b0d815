import Conversations
import Records
import Synchronization
import Vectors
import Vocabulary

/// Finds messages, documents and memories by what is meant.
final class MeaningDesk: MessageSearching, MemorySearching {
    /// Cosine below which a message is not about what is looked for.
    static let searchScoreMin: Float = 0.2
    /// Rows that are looked at before a filter that refuses most of them is asked for what it allows.
    private static let firstRows = 500

    let records: MeaningRecords
    let encoder: MeaningEncoder
    private let conversations: ConversationRecords
    private let memories: UserMemoryRecords
    private let tables: MeaningTables
    private let current = Mutex<(identity: String, number: Int64)?>(nil)

    init(
        _ records: MeaningRecords, _ conversations: ConversationRecords, _ memories: UserMemoryRecords,
        encoder: MeaningEncoder, bytesMax: Int
    ) {
        self.records = records
        self.conversations = conversations
        self.memories = memories
        self.encoder = encoder
        tables = MeaningTables(records, bytesMax: bytesMax)
    }

    /// The model that makes vectors, and the number that they are kept under; `nil` when none is served.
    func model() async throws -> (name: String, number: Int64)? {
        guard let model = await encoder.model() else { return nil }
        if let known = current.withLock(\.self), known.identity == model.identity { return (model.name, known.number) }
        let number = try await records.use(model: model.identity, name: model.name)
        current.withLock { $0 = (model.identity, number) }
        return (model.name, number)
    }

    func state(of owner: ConversationOwner) async throws -> MeaningState {
        guard let model = try await model() else {
            return MeaningState(pendingCount: try await records.pendingCount(of: owner))
        }
        return try await records.state(of: owner, model: model.number, name: model.name)
    }

    // MARK: Messages

    func search(_ query: MessageQuery, _ mode: SearchMode, of owner: ConversationOwner) async throws -> MessageFindings
    {
        let state = try await state(of: owner)
        guard mode != .text else {
            return MessageFindings(
                hits: try await conversations.search(query, of: owner), mode: .text, meaning: state)
        }
        guard let model = try await model() else {
            guard mode == .hybrid else { throw Self.noModel(encoder.name) }
            return MessageFindings(
                hits: try await conversations.search(query, of: owner), mode: .text, meaning: state)
        }
        let vector = try await vector(of: query.text)
        let near = try await nearest(vector, query, model: model.number, of: owner)
        let byMeaning = try await records.hits(near.map { (message: $0.message, place: $0.place) }, of: owner)
        let scores = Dictionary(near.map { ($0.message, $0.score) }) { first, _ in first }
        guard mode == .hybrid else {
            let hits = byMeaning.map { hit in
                var hit = hit
                hit.foundBy = [.meaning]
                hit.score = scores[hit.message].map(Double.init)
                return hit
            }
            return MessageFindings(hits: hits, mode: .semantic, meaning: state)
        }
        let byWords = try await conversations.search(query, of: owner)
        return MessageFindings(
            hits: Self.joined(byWords, byMeaning, countMax: query.countMax), mode: .hybrid, meaning: state)
    }

    /// Both lists by their ranks; the excerpt of who was found by words shows them.
    static func joined(_ byWords: [MessageHit], _ byMeaning: [MessageHit], countMax: Int) -> [MessageHit] {
        var hits: [MessageID: MessageHit] = [:]
        for var hit in byMeaning {
            hit.foundBy = [.meaning]
            hits[hit.message] = hit
        }
        for var hit in byWords {
            hit.foundBy = hits[hit.message] == nil ? [.text] : [.text, .meaning]
            hits[hit.message] = hit
        }
        return RankFusion.join([byWords.map(\.message), byMeaning.map(\.message)]).prefix(countMax).compactMap {
            found in
            var hit = hits[found.item]
            hit?.score = found.score
            return hit
        }
    }

    /// A message that is near, with the piece of it that is nearest.
    struct Near: Sendable {
        var message: MessageID
        var place: TextChunks.Place
        var score: Float
    }

    /// The vector of what somebody looks for.
    func vector(of text: String) async throws -> QuantizedVector {
        guard let vector = try await encoder.vectors(of: [text], .high).first else {
            preconditionFailure("one vector for each text")
        }
        return QuantizedVector(vector)
    }

    /// The nearest messages that a query allows, nearest first, each once.
    func nearest(
        _ vector: QuantizedVector, _ query: MessageQuery, model: Int64, without conversation: ConversationID? = nil,
        least: Float = searchScoreMin, of owner: ConversationOwner
    ) async throws -> [Near] {
        let table = try await tables.table(of: owner, model: model)
        var matches = table.nearest(vector, countMax: Self.firstRows, least: least)
        var places = try await records.places(of: matches.map(\.row), query, without: conversation, of: owner)
        if matches.count == Self.firstRows, places.count < query.countMax {
            // The filter refuses most of what is near: it is asked first.
            let allowed = try await records.places(of: nil, query, without: conversation, of: owner)
            matches = table.nearest(vector, countMax: Self.firstRows, least: least, among: Set(allowed.map(\.row)))
            let byRow = Dictionary(allowed.map { ($0.row, $0) }) { first, _ in first }
            places = matches.compactMap { byRow[$0.row] }
        }
        let scores = Dictionary(matches.map { ($0.row, $0.score) }) { first, _ in first }
        var seen: Set<String> = []
        var found: [Near] = []
        for place in places where found.count < query.countMax && seen.insert(place.item).inserted {
            guard let message = MessageID(place.item) else { continue }
            found.append(Near(message: message, place: place.place, score: scores[place.row] ?? 0))
        }
        return found
    }

    /// The nearest pieces of a context's documents.
    func documents(
        _ vector: QuantizedVector, in space: ContextID, model: Int64, least: Float, countMax: Int,
        of owner: ConversationOwner
    ) async throws -> [(piece: MeaningRecords.DocumentPiece, score: Float)] {
        let table = try await tables.table(of: owner, model: model)
        let matches = table.nearest(vector, countMax: Self.firstRows, least: least)
        let scores = Dictionary(matches.map { ($0.row, $0.score) }) { first, _ in first }
        return try await records.documents(of: matches.map(\.row), in: space, owner: owner).prefix(countMax)
            .map { (piece: $0, score: scores[$0.row] ?? 0) }
    }

    // MARK: Memories

    func search(
        _ text: String, _ mode: SearchMode, _ filter: MemoryFilter, of owner: ConversationOwner
    ) async throws -> (found: [ScoredMemory], mode: SearchMode) {
        var all = filter
        all.countMax = 100_000
        let known = try await memories.memories(all, of: owner)
        let words = WordOverlap.words(text)
        let byWords = known.map { memory in
            ScoredMemory(memory: memory, score: WordOverlap.score(words, WordOverlap.words(memory.searchedText)))
        }.filter { $0.score > 0 }.sorted { $0.score > $1.score }
        guard mode != .text, let model = try await model() else {
            guard mode != .semantic else { throw Self.noModel(encoder.name) }
            return (Array(byWords.prefix(filter.countMax)), .text)
        }
        let scores = try await scores(of: owner, model: model.number, vector: try await vector(of: text))
        let byMeaning = known.compactMap { memory in
            scores[memory.id].map { ScoredMemory(memory: memory, score: Double($0)) }
        }.filter { $0.score >= Double(Self.searchScoreMin) }.sorted { $0.score > $1.score }
        guard mode == .hybrid else { return (Array(byMeaning.prefix(filter.countMax)), .semantic) }
        let byID = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        let joined = RankFusion.join([byWords.map(\.memory.id), byMeaning.map(\.memory.id)])
        return (
            joined.prefix(filter.countMax).compactMap { item, score in
                byID[item].map { ScoredMemory(memory: $0, score: score) }
            }, .hybrid
        )
    }

    /// The cosines of an owner's memories with a vector, of those that have one of the model.
    func scores(of owner: ConversationOwner, model: Int64, vector: QuantizedVector) async throws -> [MemoryID: Float] {
        try await memories.vectors(of: owner, model: model).compactMapValues { bytes in
            QuantizedVector(bytes: bytes).map { $0.cosine(vector) }
        }
    }

    private static func noModel(_ name: String) -> ServiceError {
        ServiceError(
            .notSupported, "No model is served that finds texts by their meaning.",
            hint: name.isEmpty
                ? "memory.meaning is off; search with mode=text meanwhile."
                : "`make setup` makes '\(name)'; search with mode=text meanwhile.", parameter: "mode")
    }
}

extension UserMemory {
    /// What words are looked for in.
    var searchedText: String {
        guard let statement else { return text }
        return "\(text) \(statement.subject) \(statement.predicate) \(statement.object)"
    }
}
