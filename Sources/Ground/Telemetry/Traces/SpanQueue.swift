import Synchronization

/// Finished spans on their way to the exporter. Offering never waits; when the queue is full, the new span is dropped and
/// counted. Many producers, one consumer.
public final class SpanQueue: Sendable {
    public let countMax: Int
    /// As many spans wake the consumer at once; fewer wait for its interval.
    public let batchCountMax: Int
    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    private struct State {
        var spans: [FinishedSpan] = []
        var droppedCount = 0
        var isFinished = false
    }

    public init(countMax: Int = 2048, batchCountMax: Int = 512) {
        precondition(batchCountMax > 0 && batchCountMax <= countMax, "a batch fits the queue")
        self.countMax = countMax
        self.batchCountMax = batchCountMax
    }

    /// Takes a span; drops it when the queue is full or finished.
    public func offer(_ span: FinishedSpan) {
        let isBatch = state.withLock { state in
            guard state.spans.count < countMax, !state.isFinished else {
                state.droppedCount += 1
                return false
            }
            state.spans.append(span)
            return state.spans.count == batchCountMax
        }
        if isBatch { wakeUp.signal() }
    }

    /// No more spans will come: the exporter sends what is left and returns.
    public func finish() {
        state.withLock { $0.isFinished = true }
        wakeUp.signal()
    }

    /// Spans that were dropped, here or by an exporter that gave up.
    public var droppedCount: Int { state.withLock { $0.droppedCount } }
    public var count: Int { state.withLock { $0.spans.count } }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    /// The oldest spans, at most a batch.
    func take() -> [FinishedSpan] {
        state.withLock { state in
            if state.spans.count <= batchCountMax {
                // All of them, handed over as they lie.
                let batch = state.spans
                state.spans = []
                return batch
            }
            let batch = Array(state.spans.prefix(batchCountMax))
            state.spans.removeFirst(batch.count)
            return batch
        }
    }

    func countDropped(_ count: Int) { state.withLock { $0.droppedCount += count } }

    /// Returns when a batch is full, the queue is finished, or the task is cancelled.
    func waitForBatch() async {
        let isReady = state.withLock { $0.isFinished || $0.spans.count >= batchCountMax }
        if !isReady { await wakeUp.wait() }
    }
}
