import Conversations
import JSONText
import Records
import Telemetry
import Vocabulary

/// What an answer is told from memory, documents and other conversations: decided once for each message of the user, and kept with it.
struct TurnMemories: TurnNoting {
    let desk: MeaningDesk
    let memories: UserMemoryRecords
    let spaces: SpaceRecords
    let standard: MemorySettings

    /// Cosine from which a piece of another conversation or of a document is worth its tokens.
    private static let pieceScoreMin: Float = 0.35
    private static let piecesMax = 6
    private static let pieceBytesMax = 500
    /// Bytes of a message that are compared.
    private static let questionBytesMax = 4_000

    func note(for question: Message, in conversation: Conversation, branch: [Message]) async throws -> TurnNote? {
        let owner = conversation.owner
        guard !conversation.isTemporary, question.role == .user else { return nil }
        let settings = try await memories.settings(of: owner) ?? standard
        var space: ContextSpace?
        if let context = conversation.context { space = try await spaces.space(context, of: owner) }
        guard conversation.usesMemory ?? space?.usesMemory ?? settings.isUsed else { return nil }
        let text = String(decoding: question.text.utf8.prefix(Self.questionBytesMax), as: UTF8.self)
        guard !text.isEmpty else { return nil }
        let candidates = try await candidates(for: text, in: conversation, settings)
        let block = MemoryBlock(candidates, bytesMax: settings.budgetBytes, told: Self.told(in: branch))
        guard !block.chosen.isEmpty else { return nil }
        let used = block.chosen.compactMap { candidate -> MemoryID? in
            if case .memory(let memory) = candidate.item { memory.id } else { nil }
        }
        try await memories.noteUse(of: used, owner: owner, at: .now())
        return TurnNote(text: block.text, sources: block.sources)
    }

    /// Ids of what earlier answers of the branch were told: it stands in the prompt already.
    static func told(in branch: [Message]) -> Set<String> {
        Set(
            branch.flatMap(\.citations).compactMap { citation in
                switch citation["type"]?.string {
                case "memory", "message", "document": citation["id"]?.string
                default: nil
                }
            })
    }

    private func candidates(
        for text: String, in conversation: Conversation, _ settings: MemorySettings
    ) async throws -> [MemoryBlock.Candidate] {
        let owner = conversation.owner
        let filter: SpaceFilter = conversation.context.map { .one($0) } ?? .outside
        let now = ConversationMoment.now()
        let known = try await memories.memories(MemoryFilter(space: filter, countMax: 10_000), of: owner)
            .filter { $0.isValid(at: now) }
        guard let model = try await desk.model(), try await hasSomething(known, conversation, settings) else {
            return Self.byWords(known, text)
        }
        let vector = try await desk.vector(of: text)
        let scores = try await desk.scores(of: owner, model: model.number, vector: vector)
        let words = WordOverlap.words(text)
        var found = known.map { memory in
            // One that has no vector yet is compared by its words.
            let score = scores[memory.id].map(Double.init) ?? WordOverlap.score(WordOverlap.words(memory.text), words)
            return MemoryBlock.Candidate(.memory(memory), score: score)
        }
        if settings.usesConversations {
            var query = MessageQuery("", countMax: Self.piecesMax)
            query.space = filter
            let near = try await desk.nearest(
                vector, query, model: model.number, without: conversation.id, least: Self.pieceScoreMin, of: owner)
            let hits = try await desk.records.hits(near.map { (message: $0.message, place: $0.place) }, of: owner)
            for hit in hits {
                guard let score = near.first(where: { $0.message == hit.message })?.score else { continue }
                found.append(.init(.message(hit, text: Self.shortened(hit.excerpt)), score: Double(score)))
            }
        }
        if let context = conversation.context {
            let pieces = try await desk.documents(
                vector, in: context, model: model.number, least: Self.pieceScoreMin, countMax: Self.piecesMax, of: owner
            )
            for (piece, score) in pieces {
                let item = MemoryBlock.Item.document(
                    id: piece.id, name: piece.name, context: context, text: Self.shortened(piece.text))
                found.append(.init(item, score: Double(score)))
            }
        }
        return found
    }

    /// Whether there is anything to compare with, so that nobody waits for a vector for nothing.
    private func hasSomething(
        _ known: [UserMemory], _ conversation: Conversation, _ settings: MemorySettings
    ) async throws -> Bool {
        if !known.isEmpty { return true }
        guard settings.usesConversations || conversation.context != nil else { return false }
        return try await desk.records.changes(of: conversation.owner) != MeaningRecords.Changes()
    }

    private static func byWords(_ known: [UserMemory], _ text: String) -> [MemoryBlock.Candidate] {
        let words = WordOverlap.words(text)
        return known.map {
            MemoryBlock.Candidate(.memory($0), score: WordOverlap.score(WordOverlap.words($0.searchedText), words))
        }
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > pieceBytesMax else { return text }
        var bytes = Array(text.utf8.prefix(pieceBytesMax))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }
}
