import Streaming
import Synchronization
import Vocabulary

/// Answers each request with an outlet that the test fills, as an engine does.
final class ScriptedGenerating: Generating {
    struct Answer: Sendable {
        let request: GenerationRequest
        let outlet: Outlet<GenerationEvent>
    }

    private struct State {
        var answers: [Answer] = []
        var gone: Set<RequestID> = []
    }

    private let state = Mutex(State())
    private let refusesAfter: Int
    private let onStart: @Sendable (Answer) -> Void

    /// - Parameters:
    ///   - refusesAfter: requests beyond this number are refused, as by a full queue.
    ///   - onStart: fills the outlet of each answer.
    init(refusesAfter: Int = .max, onStart: @escaping @Sendable (Answer) -> Void = { _ in }) {
        self.refusesAfter = refusesAfter
        self.onStart = onStart
    }

    var answers: [Answer] { state.withLock { $0.answers } }
    /// Whose readers went before the end.
    var gone: Set<RequestID> { state.withLock { $0.gone } }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        guard answers.count < refusesAfter else { throw ServiceError(.overloaded, "The queue is full.", hint: "Wait.") }
        let outlet = Outlet<GenerationEvent>(
            capacity: 64, onReaderGone: { [weak self] in self?.state.withLock { _ = $0.gone.insert(request.id) } })
        let answer = Answer(request: request, outlet: outlet)
        state.withLock { $0.answers.append(answer) }
        onStart(answer)
        return outlet.stream()
    }

    func models() async -> [ServedModel] { [ServedModel(id: ModelID("first"), created: 1)] }
}

extension ScriptedGenerating.Answer {
    func say(_ events: GenerationEvent...) { for event in events { _ = outlet.offer(event) } }

    func finish(_ reason: FinishReason = .stop, prompt: Int = 5, completion: Int = 2) {
        outlet.end(with: [
            .finished(
                GenerationEnd(reason: reason, usage: TokenUsage(promptTokens: prompt, completionTokens: completion)))
        ])
    }
}
