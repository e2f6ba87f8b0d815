import Conversations
import JSONText
import Records
import Telemetry
import Vocabulary

/// Asks a model what a turn says of its user that will matter later, and remembers it.
struct MemoryTeacher: Sendable {
    let service: any ModelService
    let conversations: ConversationRecords
    let spaces: SpaceRecords
    let memories: UserMemoryRecords
    /// Who learns where nobody says otherwise; `nil` is whoever answers.
    let model: String?
    let countMax: Int
    let logger: Logger

    /// What is already known is told as far as this.
    private static let knownMax = 8

    /// Learns from the turn that an answer ends.
    ///
    /// - Parameters:
    ///   - answer: the answer's id.
    ///   - owner: whose it is; `Principal.current` is the same.
    /// - Throws: `ServiceError` of the model; errors of the store.
    func learn(from answer: MessageID, of owner: ConversationOwner) async throws {
        guard let answer = try await conversations.message(answer, of: owner), answer.status == .complete,
            let conversation = try await conversations.find(answer.conversation, of: owner), !conversation.isTemporary,
            let settings = try await memories.settings(of: owner), settings.learns,
            let parent = answer.parent, let question = try await conversations.message(parent, of: owner),
            question.role == .user, !question.text.isEmpty
        else { return }
        var space: ContextSpace?
        if let context = conversation.context { space = try await spaces.space(context, of: owner) }
        guard conversation.usesMemory ?? space?.usesMemory ?? true else { return }
        var before: Message?
        if let id = question.parent { before = try await conversations.message(id, of: owner) }
        let known = try await known(to: question.text, in: conversation, of: owner)
        let asked =
            settings.model ?? model ?? conversation.settings["model"]?.string ?? space?.model
            ?? ""
        let task = MemoryLesson.task(
            question: question.text, before: before?.role == .assistant ? before?.text : nil, known: known)
        guard let text = try await answerText(to: task, from: asked), let lessons = MemoryLesson.read(text) else {
            return
        }
        // While the model thought, the conversation may have been removed, or its owner: nothing is learned of what is gone.
        guard try await conversations.message(question.id, of: owner) != nil else { return }
        for lesson in lessons { try await remember(lesson, from: question, in: conversation) }
    }

    /// What is remembered of things that the message speaks of.
    private func known(to text: String, in conversation: Conversation, of owner: ConversationOwner) async throws
        -> [String]
    {
        let words = WordOverlap.words(text)
        let filter = MemoryFilter(space: conversation.context.map { .one($0) } ?? .outside, countMax: 500)
        return try await memories.memories(filter, of: owner)
            .map { (text: $0.text, score: WordOverlap.score(WordOverlap.words($0.searchedText), words)) }
            .filter { $0.score > 0 }.sorted { $0.score > $1.score }.prefix(Self.knownMax).map(\.text)
    }

    /// The model's answer; `nil` when it did not come to an end.
    private func answerText(to task: String, from model: String) async throws -> String? {
        var random = SystemRandomNumberGenerator()
        var request = GenerationRequest(
            id: RequestID(millisecondsSinceEpoch: UnixTime.now().nanoseconds / 1_000_000, using: &random),
            model: ModelID(model),
            prompt: .chat([ChatMessage(.system, MemoryLesson.instructions), ChatMessage(.user, task)], tools: []),
            newTokensMax: MemoryLesson.answerTokensMax)
        request.constraint = .jsonSchema(MemoryLesson.schema)
        request.sampling.temperature = 0
        request.reasoning.isEnabled = false
        request.scheduling.priority = .low
        var text = ""
        for try await event in try await service.generate(request) {
            switch event {
            case .text(let piece): text += piece
            case .finished(let end) where end.reason != .stop: return nil
            default: break
            }
        }
        return text
    }

    private func remember(_ lesson: MemoryLesson, from question: Message, in conversation: Conversation) async throws {
        let now = ConversationMoment.now()
        var random = SystemRandomNumberGenerator()
        var memory = UserMemory(
            id: MemoryID(at: now, using: &random), owner: conversation.owner, kind: lesson.kind, text: lesson.text,
            statement: lesson.statement, confidence: lesson.confidence, origin: .model, created: now)
        memory.context = conversation.context
        memory.conversation = conversation.id
        memory.message = question.id
        do {
            let outcome = try await memories.remember(memory, lesson.change, countMax: countMax)
            if outcome.isNew { logger.debug("a memory was learned", ["memory": .string(memory.id.text)]) }
        } catch let refusal as MemoryRefusal {
            logger.info("a memory was not kept", ["reason": .string("\(refusal)")])
        }
    }
}
