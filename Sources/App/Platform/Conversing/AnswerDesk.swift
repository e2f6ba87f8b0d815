import Conversations
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// Writes answers into conversations, whoever looks. An answer is kept in the database as it grows, so that a process that
/// dies leaves all but the last second of it.
final class AnswerDesk: AnswerWriting {
    /// Answers that are being written at once, and of one owner.
    static let answersMax = 1024
    static let answersOfOneMax = 16
    /// Readers of one answer.
    static let readersMax = 64
    /// How often a growing answer is kept.
    static let keepEvery = Duration.seconds(1)

    private struct State {
        var answers: [MessageID: RunningAnswer] = [:]
        /// Written, and what comes after is not done yet.
        var ending: [MessageID: RunningAnswer] = [:]
        var isClosed = false
    }

    private let store: any ConversationStore
    private let service: any ModelService
    private let contexts: ContextDesk
    private let titles: TitleDesk
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - store: of the conversations.
    ///   - service: what answers.
    ///   - contexts: makes the prompts.
    ///   - titles: names conversations after their first answer.
    ///   - logger: of this part.
    init(
        store: any ConversationStore, service: any ModelService, contexts: ContextDesk, titles: TitleDesk,
        logger: Logger
    ) {
        self.store = store
        self.service = service
        self.contexts = contexts
        self.titles = titles
        self.logger = logger
    }

    func begin(_ order: AnswerOrder) async throws -> Message {
        // What is not well-formed is refused before anything is kept.
        _ = try TurnRequest(order).generation()
        let now = ConversationMoment.now()
        var random = SystemRandomNumberGenerator()
        var message = Message(
            id: MessageID(at: now, using: &random), conversation: order.conversation.id, parent: order.branch.last?.id,
            role: .assistant, content: "", created: now)
        message.status = .writing
        message.request = order.id.text
        let answer = RunningAnswer(message, owner: order.conversation.owner)
        try admit(answer)
        do {
            try await store.append(message, of: order.conversation.owner)
        } catch {
            dismiss(message.id)
            throw error
        }
        // Who asks, the request's id and its span go along as the task's own values.
        let task = Task { [self] in
            await write(answer, order)
            finish(answer)
            await follow(answer, order)
            state.withLock { $0.ending[answer.id] = nil }
        }
        answer.task.withLock { $0 = task }
        return message
    }

    func follow(_ id: MessageID, of owner: ConversationOwner) async -> AsyncStream<AnswerEvent>? {
        find(id, of: owner)?.follow(readersMax: Self.readersMax)
    }

    func stop(_ id: MessageID, of owner: ConversationOwner) async -> Bool {
        guard let answer = find(id, of: owner) else { return false }
        let task = answer.task.withLock(\.self)
        task?.cancel()
        await task?.value
        return true
    }

    /// Ends all answers; what is written of them stays.
    func shutDown() async {
        let answers = state.withLock { state in
            state.isClosed = true
            return Array(state.answers.values) + Array(state.ending.values)
        }
        for answer in answers { answer.task.withLock { $0?.cancel() } }
        for answer in answers { await answer.task.withLock(\.self)?.value }
        await contexts.shutDown()
    }

    // MARK: who is written for

    private func admit(_ answer: RunningAnswer) throws {
        try state.withLock { state in
            guard !state.isClosed else { throw ServiceError(.shuttingDown, "The server is stopping.") }
            let own = state.answers.values.count { $0.owner == answer.owner }
            guard state.answers.count < Self.answersMax, own < Self.answersOfOneMax else {
                throw ServiceError(
                    .overloaded, "\(own) answers are being written for you already.",
                    hint: "Wait for one of them, or stop it.", retryAfter: .seconds(1))
            }
            state.answers[answer.id] = answer
        }
    }

    private func dismiss(_ id: MessageID) { state.withLock { state in state.answers[id] = nil } }

    private func finish(_ answer: RunningAnswer) {
        state.withLock { state in
            state.answers[answer.id] = nil
            state.ending[answer.id] = answer
        }
    }

    private func find(_ id: MessageID, of owner: ConversationOwner) -> RunningAnswer? {
        state.withLock { $0.answers[id] }.flatMap { $0.owner == owner ? $0 : nil }
    }

    // MARK: writing

    private func write(_ answer: RunningAnswer, _ order: AnswerOrder) async {
        var kept = ContinuousClock.now
        do {
            let prompt = try await contexts.prompt(for: order) { answer.tell(waiting: $0) }
            answer.note(prompt.report, sources: prompt.sources)
            for try await event in try await service.generate(prompt.request) {
                answer.take(event)
                guard ContinuousClock.now - kept > Self.keepEvery else { continue }
                kept = .now
                await keep(answer)
            }
            answer.end(as: .complete)
        } catch is CancellationError {
            answer.end(as: .stopped)
        } catch {
            let told = (error as? ServiceError)?.description ?? "The answer failed."
            logger.warning("an answer failed", ["message": .string(answer.id.text), .error: .error(error)])
            answer.end(as: Task.isCancelled ? .stopped : .failed, because: Task.isCancelled ? nil : told)
        }
        await keep(answer)
        answer.finish()
    }

    /// What is done when nobody waits any more. Ends early when the server does.
    private func follow(_ answer: RunningAnswer, _ order: AnswerOrder) async {
        guard !state.withLock(\.isClosed), !Task.isCancelled else { return }
        let message = answer.current
        contexts.prepare(after: order, message)
        await titles.name(order.conversation, order.branch, message)
    }

    /// Writes what there is of an answer. Somebody may have rated or pinned it meanwhile, which stays.
    private func keep(_ answer: RunningAnswer) async {
        // Whoever stops the answer does not mean its keeping.
        await Task { [store, logger] in
            do {
                for _ in 0..<5 {
                    let (message, seen) = answer.revised()
                    if try await store.replace(message, of: answer.owner, expecting: seen) { return }
                    guard let current = try await store.message(answer.id, of: answer.owner) else {
                        // Its conversation was removed, or its owner: nobody will read on.
                        answer.task.withLock { $0?.cancel() }
                        return
                    }
                    answer.adopt(current)
                }
            } catch {
                logger.warning("an answer was not kept", ["message": .string(answer.id.text), .error: .error(error)])
            }
        }.value
    }
}

extension ConversationMoment {
    /// This machine's clock.
    static func now() -> ConversationMoment { ConversationMoment(microseconds: UnixTime.now().nanoseconds / 1000) }
}
