import Configuration
import Hosting
import Telemetry
import Vocabulary

/// One request on its way to somebody who answers it: the deployment that it names, else those that stand behind it.
struct Answering: Sendable {
    private let gateway: ModelGateway
    private let request: GenerationRequest
    private let chain: [Deployment]
    private let affinity: UInt64

    init(_ gateway: ModelGateway, _ request: GenerationRequest, _ chain: [Deployment]) {
        self.gateway = gateway
        self.request = request
        self.chain = chain
        affinity = request.affinity
    }

    /// Whether whoever is asked first is in memory.
    var isAtHand: Bool {
        guard let first = chain.first else { return true }
        let standing = first.around.desk.standing(of: first.id)
        return first.gate.isOpen && (standing == .ready || standing == nil)
    }

    /// Starts the answer of the first one who can.
    ///
    /// - Parameters:
    ///   - start: how many were asked before.
    ///   - cause: why the last one of them failed.
    ///   - tell: is told what is waited for.
    /// - Returns: the answer.
    /// - Throws: what the last one throws, or the first one whose failure is about the request.
    func begin(
        from start: Int = 0, because cause: ServiceError? = nil,
        tell: @escaping @Sendable (LoadingStage) -> Void = { _ in }
    ) async throws -> ServedStream {
        var cause = cause
        for place in start..<chain.count {
            let deployment = chain[place]
            do {
                let began = ContinuousClock.now
                let (stream, holding) = try await answer(of: deployment, tell: tell)
                if place > 0, let cause { noteFallback(to: deployment, cause) }
                AnswerNotes.current?.note(model: deployment.name, waited: .now - began)
                return ServedStream(
                    answering: self, place: place, base: stream, holding: holding,
                    warning: place == 0 ? nil : cause.map { Self.warning(chain[0].name, deployment.name, $0) })
            } catch let error as ServiceError {
                guard place + 1 < chain.count, FallbackPolicy.permits(error) else { throw error }
                cause = error
            }
        }
        throw cause ?? ServiceError(.modelUnavailable, "Nobody answers for '\(request.model)'.")
    }

    /// Whether another one may be asked after a failure before the first word.
    func mayGoOn(after place: Int, _ error: any Error) -> Bool {
        guard place + 1 < chain.count, let error = error as? ServiceError else { return false }
        return FallbackPolicy.permits(error)
    }

    private func answer(
        of deployment: Deployment, tell: @escaping @Sendable (LoadingStage) -> Void
    ) async throws -> (MeasuredStream, ServerHolding) {
        let wish = gateway.wish(request.scheduling, affinity: affinity, tell: tell)
        let waitMax =
            request.scheduling.reportsLoading ? deployment.around.foundry.hosting.loadMax : ModelGateway.readyWaitMax
        var held: ServerHolding?
        let stream = try await gateway.measures.measure(request, model: deployment.id) {
            let (stream, holding) = try await gateway.ask(deployment, wish, waitMax: waitMax) {
                try await $0.generate(request)
            }
            held = holding
            return stream
        }
        guard let held else { preconditionFailure("an answer has begun, so a server is held") }
        return (stream, held)
    }

    private func noteFallback(to deployment: Deployment, _ cause: ServiceError) {
        let first = chain[0]
        first.around.measures.fellBack(first.name, to: deployment.name)
        AnswerNotes.current?.note(fallbackFor: first.name)
        first.log.note("'\(deployment.name)' answers in its place: \(cause.description)")
        first.around.logger.warning(
            "another model answers",
            [.model: .string(first.name), "by": .string(deployment.name), .error: .error(cause)])
    }

    private static func warning(_ asked: String, _ other: String, _ cause: ServiceError) -> GenerationWarning {
        GenerationWarning(.fallback, "'\(other)' answers in place of '\(asked)': \(cause.message)")
    }
}

extension GenerationRequest {
    /// What the requests of one conversation have in common: who asks, and how the prompt begins. Replicas are chosen by
    /// it, so that the cache of one knows the prompt.
    fileprivate var affinity: UInt64 {
        var parts = [scheduling.tenant.name]
        switch prompt {
        case .chat(let messages, _): parts += messages.prefix(2).map { String($0.text.prefix(512)) }
        case .text(let text): parts.append(String(text.prefix(512)))
        default: break
        }
        return ReplicaChoice.affinity(of: parts)
    }
}
