import Vocabulary

/// An answer whose model is still being loaded: first what is waited for, then the answer.
struct LoadingStream: GenerationStream {
    /// Stages that wait for the reader; the newest count.
    private static let stagesMax = 16

    private let stages: AsyncStream<LoadingStage>
    private let work: Work

    /// Owns the task that loads; ends it when nobody reads any more.
    final class Work: Sendable {
        let task: Task<ServedStream, any Error>
        init(_ task: Task<ServedStream, any Error>) { self.task = task }
        deinit { task.cancel() }
    }

    /// Starts the answer.
    ///
    /// - Parameters:
    ///   - answering: the request.
    ///   - time: how long to wait for the answer itself.
    /// - Returns: the answer, or a stream that begins with what it waits for.
    /// - Throws: what the answer throws within that time.
    static func begin(_ answering: Answering, stagesAfter time: Duration) async throws -> any GenerationStream {
        let (stages, sender) = AsyncStream.makeStream(
            of: LoadingStage.self, bufferingPolicy: .bufferingNewest(stagesMax))
        let isHere = OneShot<Bool>()
        let work = Work(
            Task {
                defer {
                    isHere.give(.success(true))
                    sender.finish()
                }
                return try await answering.begin { sender.yield($0) }
            })
        let timer = Task {
            do { try await Task.sleep(for: time) } catch { return }
            isHere.give(.success(false))
        }
        defer { timer.cancel() }
        return try await isHere.wait() ? try await work.task.value : LoadingStream(stages: stages, work: work)
    }

    private init(stages: AsyncStream<LoadingStage>, work: Work) {
        self.stages = stages
        self.work = work
    }

    func makeAsyncIterator() -> Iterator { Iterator(stages: stages.makeAsyncIterator(), work: work) }

    struct Iterator: AsyncIteratorProtocol {
        private var stages: AsyncStream<LoadingStage>.Iterator
        private let work: Work
        private var answer: ServedStream.Iterator?

        init(stages: AsyncStream<LoadingStage>.Iterator, work: Work) {
            self.stages = stages
            self.work = work
        }

        mutating func next() async throws -> GenerationEvent? {
            if answer == nil {
                if let stage = await stages.next(isolation: #isolation) { return .loading(stage) }
                try Task.checkCancellation()
                answer = try await work.task.value.makeAsyncIterator()
            }
            return try await answer?.next()
        }
    }
}
