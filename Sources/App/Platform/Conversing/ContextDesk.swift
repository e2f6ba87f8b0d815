import Conversations
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// Makes the prompts of conversations: what of a branch goes in, what is told in a summary, and what is said beside.
///
/// In most turns nothing is counted: the answer before tells how full its prompt was, and what came since is bounded by its
/// bytes. Only near the limit the model counts.
final class ContextDesk: ContextPlanning {
    /// Summaries that are made at once before they are needed.
    static let preparingMax = 32
    /// How long memories may take to be found; the answer goes on without them then.
    static let noteWaitMax = Duration.seconds(2)
    /// What a text takes at most where it is joined to another one.
    private static let joinMax = 4

    struct Stores: Sendable {
        var contexts: any ContextStore
        var settings: any SettingsStore
    }

    /// A prompt that is ready to be sent.
    struct Prompt: Sendable {
        var request: GenerationRequest
        /// Where what was told beside the messages comes from.
        var sources: [JSONValue]
        /// What was done to the branch; `nil` when nothing was.
        var report: JSONObject?
    }

    let stores: Stores
    let counts: TokenCounts
    let words: ModelWords
    private let service: any ModelService
    private let noting: (any TurnNoting)?
    private let logger: Logger
    private let preparing = Mutex<[ConversationID: Task<Void, Never>]>([:])

    /// - Parameters:
    ///   - stores: of cuts and of settings.
    ///   - service: what counts tokens and writes summaries.
    ///   - noting: what is told beside the messages.
    ///   - logger: of this part.
    init(stores: Stores, service: any ModelService, noting: (any TurnNoting)?, logger: Logger) {
        self.stores = stores
        self.service = service
        self.noting = noting
        self.logger = logger
        counts = TokenCounts(service: service)
        words = ModelWords(service: service)
    }

    /// The prompt of a turn. Makes a cut when it needs one, and asks for its summary.
    ///
    /// - Parameters:
    ///   - order: what is to be answered.
    ///   - tell: called with what is waited for.
    /// - Returns: the request to send, and what is to be told of it.
    /// - Throws: `ServiceError`; `CancellationError`.
    func prompt(for order: AnswerOrder, tell: (JSONObject) -> Void) async throws -> Prompt {
        let turn = TurnRequest(order)
        let (notes, sources) = try await notes(for: order)
        var scene = try await scene(order.conversation, turn, notes)
        var course = "none"
        if let limit = scene.limit, !scene.isSurelyWithin(limit) {
            await count(&scene)
            course = try await fit(&scene, tell)
        }
        let plan = scene.plan
        let assembly = PromptAssembly(
            turn.branch, plan: plan, tokens: scene.items.map(\.tokens), summary: scene.cut?.summary?.text,
            notes: scene.noteTexts)
        var prompt = Prompt(request: try turn.generation(assembly.messages), sources: sources)
        if let plan, plan.decisions.contains(where: { $0.action != .keep }) {
            prompt.report = [
                "cut": .string(course == "none" ? "standing" : course),
                "limit": plan.limit.map(JSONValue.whole) ?? .null,
                "left_out": .whole(plan.decisions.count { !$0.isInPrompt }),
                "summary_tokens": scene.cut?.summary.map { .whole($0.tokens) } ?? .null,
            ]
        }
        return prompt
    }

    func report(on question: ContextQuestion) async throws -> ContextReport {
        let turn = TurnRequest(question.conversation, branch: question.branch, request: [:], id: question.id)
        let notes = try await stores.contexts.notes(of: turn.branch.map(\.id))
        var scene = try await scene(question.conversation, turn, notes, wish: question.wish)
        await count(&scene)
        let planner = scene.planner
        var plan = planner.plan(standing: scene.cut)
        var cut = scene.cut
        if plan.cut != nil, let prepared = scene.prepared.first(where: { planner.plan(standing: $0).isSettled }) {
            plan = planner.plan(standing: prepared)
            cut = prepared
        }
        let system = zip(scene.items, plan.decisions).reduce(0) {
            $0 + ($1.0.isSystem ? $1.1.tokensKept(of: $1.0.tokens) : 0)
        }
        return ContextReport(
            model: scene.model, window: scene.window, isExact: scene.isExact, policy: scene.policy,
            source: scene.source, branch: turn.branch, items: scene.items, plan: plan, overhead: scene.overhead,
            systemTokens: system, cut: cut, isPrepared: !scene.prepared.isEmpty)
    }

    func summarise(_ conversation: Conversation, branch: [Message], id: RequestID) async throws -> ConversationSummary {
        guard let last = branch.last else {
            throw ServiceError(.invalidValue, "The conversation has no message to summarise.")
        }
        let turn = TurnRequest(conversation, branch: branch, request: [:], id: id)
        let scene = try await scene(conversation, turn, [:])
        let tokens = ContextPolicy.summaryTokens(limit: scene.limit ?? 8192)
        let told = try await ask(branch, previous: nil, tokens: tokens, scene, isUrgent: true)
        let summary = ConversationSummary(
            text: told.text, model: told.model, through: last.id, created: .now())
        try await stores.contexts.setSummary(summary, of: conversation.id)
        return summary
    }

    // MARK: cuts

    /// Makes a counted branch fit: with the cut that holds, one that was prepared, or a new one.
    ///
    /// - Returns: what was done, for the answer's report.
    private func fit(_ scene: inout Scene, _ tell: (JSONObject) -> Void) async throws -> String {
        let planner = scene.planner
        let plan = planner.plan(standing: scene.cut)
        guard let cut = plan.cut else {
            scene.plan = plan
            return "none"
        }
        if var prepared = scene.prepared.first(where: { planner.plan(standing: $0).isSettled }) {
            prepared.isActive = true
            try await stores.contexts.keep(prepared)
            scene.cut = prepared
            scene.plan = planner.plan(standing: prepared)
            return "prepared"
        }
        if cut.summaryTokens > 0 { tell(["stage": "summarising", "messages": .whole(cut.summarised.count)]) }
        let made = await make(cut, scene, isUrgent: true)
        try Task.checkCancellation()
        try await stores.contexts.keep(made)
        scene.cut = made
        scene.plan = planner.settled(standing: made)
        return "made"
    }

    /// A cut with its summary; without one when no model could write it.
    private func make(_ cut: ContextPlan.NewCut, _ scene: Scene, isUrgent: Bool) async -> ContextCut {
        var summary: ContextCut.Summary?
        if cut.summaryTokens > 0 {
            let ids = Set(cut.summarised)
            let messages = scene.turn.branch.filter { ids.contains($0.id) }
            do {
                let told = try await ask(
                    messages, previous: scene.cut?.summary?.text, tokens: cut.summaryTokens, scene, isUrgent: isUrgent)
                let tokens = await counts.count(
                    PromptAssembly.told(told.text), for: scene.request, model: scene.model)
                summary = ContextCut.Summary(
                    text: told.text, tokens: tokens + Self.joinMax, model: told.model,
                    messages: messages.count + (scene.cut?.summary?.messages ?? 0))
            } catch {
                logger.notice("a conversation is cut without a summary", [.error: .error(error)])
                summary = scene.cut?.summary
            }
        }
        let now = ConversationMoment.now()
        var random = SystemRandomNumberGenerator()
        let id = "cut_" + MessageID(at: now, using: &random).text.dropFirst(4)
        return ContextCut(
            id: id, conversation: scene.conversation.id, cut, summary: summary, isActive: isUrgent, created: now)
    }

    private func ask(
        _ messages: [Message], previous: String?, tokens: Int, _ scene: Scene, isUrgent: Bool
    ) async throws -> (text: String, model: String) {
        // Two bytes for a token, so that the text fits also where tokens are short.
        let room = max(256, (scene.window ?? 8192) - tokens - 256)
        let prompt = SummaryPrompt(
            messages, previous: previous, words: max(20, tokens / 2), bytesMax: room * 2)
        let told = try await words.ask(prompt.messages, scene.request.model, tokensMax: tokens, isUrgent: isUrgent)
        guard !told.text.isEmpty else { throw ServiceError(.unreadableAnswer, "The model wrote no summary.") }
        return told
    }

    // MARK: before it is needed

    /// Prepares the next cut in the background when a conversation is near its limit.
    func prepare(after order: AnswerOrder, _ answer: Message) {
        guard answer.status == .complete, let usage = answer.usage else { return }
        let id = order.conversation.id
        preparing.withLock { preparing in
            guard preparing.count < Self.preparingMax, preparing[id] == nil else { return }
            // In the name of who asked, as all values of this task are the new one's, too.
            preparing[id] = Task { [self] in
                do { try await prepareNow(order, answer, usage) } catch {
                    logger.debug("a cut was not prepared", [.error: .error(error)])
                }
                _ = self.preparing.withLock { $0.removeValue(forKey: id) }
            }
        }
    }

    private func prepareNow(_ order: AnswerOrder, _ answer: Message, _ usage: TokenUsage) async throws {
        let turn = TurnRequest(
            order.conversation, branch: order.branch + [answer], request: order.request, id: order.id)
        let notes = try await stores.contexts.notes(of: turn.branch.map(\.id))
        var scene = try await scene(order.conversation, turn, notes)
        let used = Double(usage.promptTokens + usage.completionTokens)
        guard scene.policy.mode == .summarise, let limit = scene.limit, scene.prepared.isEmpty,
            used > Double(limit) * ContextPolicy.prepareAt
        else { return }
        await count(&scene)
        guard let cut = scene.planner.preparation(standing: scene.cut), cut.summaryTokens > 0 else { return }
        let made = await make(cut, scene, isUrgent: false)
        guard made.summary != nil, !Task.isCancelled else { return }
        try await stores.contexts.keep(made)
    }

    /// Ends what is being prepared.
    func shutDown() async {
        let tasks = preparing.withLock { Array($0.values) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: notes

    private func notes(for order: AnswerOrder) async throws -> ([MessageID: TurnNote], sources: [JSONValue]) {
        var notes = try await stores.contexts.notes(of: order.branch.map(\.id))
        guard let question = order.branch.last, question.role == .user else { return (notes, []) }
        if notes[question.id] == nil, let noting, !order.conversation.isTemporary {
            if let note = await ask(noting, question, order), note.text.utf8.count <= TurnNote.textBytesMax,
                !note.text.isEmpty
            {
                try await stores.contexts.keep(note, of: question.id, in: order.conversation.id)
                notes[question.id] = note
            }
        }
        return (notes, notes[question.id]?.sources ?? [])
    }

    private func ask(_ noting: any TurnNoting, _ question: Message, _ order: AnswerOrder) async -> TurnNote? {
        do {
            return try await withThrowingTaskGroup(of: TurnNote?.self) { group in
                group.addTask {
                    try await noting.note(for: question, in: order.conversation, branch: order.branch)
                }
                group.addTask {
                    try await Task.sleep(for: Self.noteWaitMax)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            logger.notice("an answer goes without memories", [.error: .error(error)])
            return nil
        }
    }
}
