public import Streaming
import Synchronization
public import Vocabulary

extension OutletStream: GenerationStream where Element == GenerationEvent {}

/// Answers each request with an outlet that the test fills, as an engine does.
public final class ScriptedGenerating: Generating, TokenCounting {
    public struct Answer: Sendable {
        public let request: GenerationRequest
        public let outlet: Outlet<GenerationEvent>
    }

    private struct State {
        public var answers: [Answer] = []
        var gone: Set<RequestID> = []
    }

    private let state = Mutex(State())
    private let refusesAfter: Int
    private let onStart: @Sendable (Answer) -> Void

    /// - Parameters:
    ///   - refusesAfter: requests beyond this number are refused, as by a full queue.
    ///   - onStart: fills the outlet of each answer.
    public init(refusesAfter: Int = .max, onStart: @escaping @Sendable (Answer) -> Void = { _ in }) {
        self.refusesAfter = refusesAfter
        self.onStart = onStart
    }

    public var answers: [Answer] { state.withLock { $0.answers } }
    /// Whose readers went before the end.
    public var gone: Set<RequestID> { state.withLock { $0.gone } }

    public func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        guard answers.count < refusesAfter else { throw ServiceError(.overloaded, "The queue is full.", hint: "Wait.") }
        let outlet = Outlet<GenerationEvent>(
            capacity: 64, onReaderGone: { [weak self] in self?.state.withLock { _ = $0.gone.insert(request.id) } })
        let answer = Answer(request: request, outlet: outlet)
        state.withLock { $0.answers.append(answer) }
        onStart(answer)
        return outlet.stream()
    }

    public func models() async -> [ServedModel] { [ServedModel(id: ModelID("first"), created: 1)] }

    /// As many as the chat has characters.
    public func countTokens(of request: GenerationRequest) async throws -> Int {
        guard case .chat(let messages, _) = request.prompt else { return 0 }
        return messages.reduce(0) { $0 + $1.text.count }
    }
}

extension ScriptedGenerating.Answer {
    public func say(_ events: GenerationEvent...) { for event in events { _ = outlet.offer(event) } }

    public func finish(_ reason: FinishReason = .stop, prompt: Int = 5, completion: Int = 2) {
        outlet.end(with: [
            .finished(
                GenerationEnd(reason: reason, usage: TokenUsage(promptTokens: prompt, completionTokens: completion)))
        ])
    }
}
