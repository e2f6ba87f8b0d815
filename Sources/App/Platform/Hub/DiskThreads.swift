import Foundation
import Synchronization

/// A few threads for work that waits for the disk, so that Swift's cooperative threads never do.
///
/// The queue has no bound of its own: each connection of a download has at most one job in it.
final class DiskThreads: Sendable {
    private typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var isStopped = false
    }

    private final class Queue: Sendable {
        let state = Mutex(State())
        let arrivals = DispatchSemaphore(value: 0)

        /// The body of a thread.
        func work() {
            while true {
                arrivals.wait()
                let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
                if let job { job() } else if state.withLock({ $0.isStopped }) { return }
            }
        }
    }

    private let queue = Queue()
    private let count: Int

    init(count: Int) {
        self.count = count
        for _ in 0..<count { Thread.detachNewThread { [queue] in queue.work() } }
    }

    /// The threads end when what is in the queue is done.
    deinit {
        queue.state.withLock { $0.isStopped = true }
        for _ in 0..<count { queue.arrivals.signal() }
    }

    /// Does something on one of the threads.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.state.withLock { state in
                state.jobs.append { continuation.resume(with: Swift.Result { try work() }) }
            }
            queue.arrivals.signal()
        }
    }
}
