import Vocabulary

/// The answer of an ensemble. When nobody reads it any more, all of its members end.
struct EnsembleStream: GenerationStream {
    typealias Element = GenerationEvent
    typealias Failure = any Error

    private let relay: Relay<GenerationEvent>
    private let work: Work

    /// Owns the task in which the members answer.
    fileprivate final class Work: Sendable {
        let task: Task<Void, Never>
        init(_ task: Task<Void, Never>) { self.task = task }
        deinit { task.cancel() }
    }

    /// - Parameter body: writes the answer's events.
    init(_ body: @escaping @Sendable (Relay<GenerationEvent>) async throws -> Void) {
        let relay = Relay<GenerationEvent>()
        self.relay = relay
        // The client is told of the ensemble, not of those who compare its answers.
        let task = AnswerNotes.$current.withValue(nil) {
            Task {
                do {
                    try await body(relay)
                    await relay.finish()
                } catch {
                    await relay.finish(.failure(error))
                }
            }
        }
        work = Work(task)
    }

    func makeAsyncIterator() -> Iterator { Iterator(relay: relay, work: work) }

    struct Iterator: AsyncIteratorProtocol {
        private let relay: Relay<GenerationEvent>
        private let work: Work

        fileprivate init(relay: Relay<GenerationEvent>, work: Work) {
            self.relay = relay
            self.work = work
        }

        mutating func next() async throws -> GenerationEvent? {
            defer { withExtendedLifetime(work) {} }
            return try await relay.next()
        }
    }
}
