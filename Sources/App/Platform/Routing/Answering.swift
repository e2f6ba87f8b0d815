import Configuration
import Gateway
import Hosting
import Telemetry
import Vocabulary

/// One request on its way to somebody who answers it: those who may be asked, in order, and what is done when one fails.
///
/// A class, because the answer's stream carries it along as long as it is read: it is counted as one and not member by member.
final class Answering: Sendable {
    /// Where the way has come to.
    struct Course: Sendable {
        var place = 0
        /// Times that this one was asked again.
        var retries = 0
        /// Why the last one failed.
        var cause: ServiceError?
    }

    /// One who may be asked.
    struct Link: Sendable {
        let deployment: Deployment
        let health: DeploymentHealth
        /// As good as the one before.
        let isEqual: Bool
    }

    let gateway: ModelGateway
    let board: HealthBoard
    let request: GenerationRequest
    let record: DecisionRecord
    let links: [Link]
    let began: ContinuousClock.Instant
    let affinity: UInt64?
    /// A copy or a member: what it is told as. `nil` for the request itself, whose client is told who answers.
    let role: String?

    init(
        gateway: ModelGateway, board: HealthBoard, request: GenerationRequest, record: DecisionRecord, links: [Link],
        began: ContinuousClock.Instant, affinity: UInt64?, role: String? = nil
    ) {
        self.gateway = gateway
        self.board = board
        self.request = request
        self.record = record
        self.links = links
        self.began = began
        self.affinity = affinity
        self.role = role
    }

    private var limits: ModelRoute.TimeLimits { record.decision.limits }

    /// Whether whoever is asked first is in memory.
    var isAtHand: Bool { links.first?.deployment.isAtHand ?? true }

    /// Starts the answer of the first one who can.
    ///
    /// - Parameters:
    ///   - start: where to go on.
    ///   - tell: is told what is waited for.
    /// - Returns: the answer.
    /// - Throws: what the last one throws, or the first one whose failure is about the request.
    func begin(
        from start: Course = Course(), tell: @escaping @Sendable (LoadingStage) -> Void = { _ in }
    ) async throws -> ServedStream {
        var course = start
        while true {
            let link = links[course.place]
            let attempt: Attempt
            do {
                attempt = try board.begin(link.health, record, at: began, role: role)
            } catch {
                // It failed for others meanwhile.
                guard course.place + 1 < links.count else { throw error }
                course = Course(place: course.place + 1, cause: error)
                continue
            }
            var wasAsked = false
            do {
                let asked = ContinuousClock.now
                let (stream, holding) = try await answer(of: link.deployment, tell: tell) { wasAsked = true }
                if role == nil { note(link.deployment, course, waited: .now - asked) }
                return ServedStream(
                    answering: self, course: course, base: stream, holding: holding, attempt: attempt,
                    watch: watch(stream, link.deployment.name), warning: warning(course))
            } catch let error as ServiceError {
                course = try await recovered(course, error, attempt, wasAsked: wasAsked)
            }
        }
    }

    /// What follows from a failure before the first word.
    ///
    /// - Parameters:
    ///   - course: where it failed.
    ///   - error: why.
    ///   - attempt: told of it.
    ///   - wasAsked: whether a server was there at all; one that is waited for in vain is not waited for again.
    /// - Returns: where to go on, after the pause that there is to be.
    /// - Throws: `error` when nothing helps; `CancellationError` when the client went, which is nobody's failure.
    func recovered(
        _ course: Course, _ error: ServiceError, _ attempt: Attempt, wasAsked: Bool
    ) async throws -> Course {
        guard !Task.isCancelled else {
            attempt.abandoned()
            throw CancellationError()
        }
        let hasNext = course.place + 1 < links.count
        let situation = Recovery.Situation(
            retries: wasAsked ? course.retries : .max, hasNext: hasNext,
            nextIsEqual: hasNext && links[course.place + 1].isEqual, timeLeft: timeLeft)
        var random = SystemRandomNumberGenerator()
        let recovery = Recovery.from(
            error, situation, record.decision.retries, mayRetry: { board.mayRetry() }, using: &random)
        attempt.fail(error, then: recovery.name)
        switch recovery {
        case .giveUp: throw error
        case .next: return Course(place: course.place + 1, cause: error)
        case .again(let pause):
            board.measures.retried(links[course.place].deployment.name, FailureClass(error))
            try await Task.sleep(for: pause)
            return Course(place: course.place, retries: course.retries + 1, cause: error)
        }
    }

    // MARK: One of them

    private var timeLeft: Duration? { limits.total.map { $0 - (.now - began) } }

    private func answer(
        of deployment: Deployment, tell: @escaping @Sendable (LoadingStage) -> Void, onAsked: () -> Void
    ) async throws -> (MeasuredStream, ServerHolding) {
        var waitMax =
            request.scheduling.reportsLoading ? deployment.around.foundry.hosting.loadMax : ModelGateway.readyWaitMax
        if let left = timeLeft { waitMax = min(waitMax, left) }
        let wish = gateway.wish(request.scheduling, affinity: affinity, tell: tell)
        var held: ServerHolding?
        let stream = try await gateway.measures.measure(
            request, model: deployment.id, route: record.summary
        ) {
            let (stream, holding) = try await gateway.ask(deployment, wish, waitMax: waitMax, onAsked: onAsked) {
                var copy = request
                let left = timeLeft
                if let left { copy.scheduling.deadline = min(copy.scheduling.deadline ?? left, left) }
                return try await $0.generate(copy, firstByteMax: limits.firstToken, totalMax: left)
            }
            held = holding
            return stream
        }
        guard let held else { preconditionFailure("an answer has begun, so a server is held") }
        return (stream, held)
    }

    @inline(never)
    private func watch(_ stream: MeasuredStream, _ name: String) -> FirstTokenWatch? {
        limits.firstToken.map { limit in FirstTokenWatch(limit, model: name) { stream.cancel() } }
    }

    // MARK: Telling

    /// Whether somebody answers who is not as good as the one that was meant.
    private func isStandIn(_ course: Course) -> Bool {
        record.decision.rule == .fallback || (course.place > 0 && links[1...course.place].contains { !$0.isEqual })
    }

    @inline(never)
    private func note(_ deployment: Deployment, _ course: Course, waited: Duration) {
        AnswerNotes.current?.note(model: deployment.name, waited: waited)
        guard isStandIn(course) else { return }
        let meant = course.place > 0 ? links[0].deployment.name : record.decision.asked
        board.measures.fellBack(meant, to: deployment.name)
        AnswerNotes.current?.note(fallbackFor: meant)
        let cause = course.cause?.description ?? "its breaker is open"
        if course.place > 0 { links[0].deployment.log.note("'\(deployment.name)' answers in its place: \(cause)") }
        deployment.around.logger.warning(
            "another model answers",
            [.model: .string(meant), "by": .string(deployment.name), "cause": .string(cause)])
    }

    @inline(never)
    private func warning(_ course: Course) -> GenerationWarning? {
        guard role == nil, isStandIn(course) else { return nil }
        let meant = course.place > 0 ? links[0].deployment.name : record.decision.asked
        let cause = course.cause?.message ?? "It fails and is left alone for a while."
        return GenerationWarning(
            .fallback, "'\(links[course.place].deployment.name)' answers in place of '\(meant)': \(cause)")
    }
}

extension GenerationRequest {
    /// What the requests of one conversation have in common: who asks, and how the prompt begins. Replicas are chosen by
    /// it, so that the cache of one knows the prompt.
    var affinity: UInt64 {
        var parts = [scheduling.tenant.name]
        switch prompt {
        case .chat(let messages, _): parts += messages.prefix(2).map { Self.beginning($0.text) }
        case .text(let text): parts.append(Self.beginning(text))
        default: break
        }
        return ReplicaChoice.affinity(of: parts)
    }

    /// Characters are counted only where there are more bytes than characters wanted.
    private static func beginning(_ text: String) -> String {
        let charactersMax = 512
        return text.utf8.count <= charactersMax ? text : String(text.prefix(charactersMax))
    }
}
