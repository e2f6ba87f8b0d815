/// The life of one supervised engine worker. Pure: each event answers with what the supervisor has to do.
///
/// Waiters are callers that need the worker ready. Each is handed back exactly once: granted, or refused with a reason.
/// Events that come late, from a worker that is already gone, are told apart by the attempt's number and ignored.
///
/// Copyable, because the move checker of Swift 6.3 crashes on states with this payload; there is one owner all the same.
/// Generic over the waiter's token and over the clock's instant; in production a continuation and `ContinuousClock`.
public enum WorkerLifecycle<Waiter, Instant: InstantProtocol> where Instant.Duration == Duration {
    /// No process, and none is wanted. Can transition to: starting.
    case stopped(Record)
    /// The process runs and loads its model. Can transition to: ready, backingOff, failed, stopping.
    case starting(attempt: Int, waiters: [Waiter], Record)
    /// It serves. Can transition to: unhealthy, backingOff, stopping.
    case ready(attempt: Int, since: Instant, Record)
    /// It was ready, makes no progress, and is being killed. Can transition to: backingOff, stopping.
    case unhealthy(attempt: Int, since: Instant, waiters: [Waiter], Record)
    /// The process is gone; the next starts at `until`. Can transition to: starting, stopped.
    case backingOff(attempt: Int, until: Instant, waiters: [Waiter], Record)
    /// It is being ended on order. With `startsAgain`, an order to start came meanwhile. Can transition to: stopped,
    /// starting.
    case stopping(attempt: Int, startsAgain: Bool, waiters: [Waiter], Record)
    /// It never became ready, too often. Only an order helps. Can transition to: starting, stopped.
    case failed(lastExit: WorkerExit, Record)

    /// What outlives the states: the back-off and the number of the last attempt.
    public struct Record: Sendable, Equatable {
        public var backoff: RestartBackoff
        /// Attempts so far; numbers are never used again.
        public var attemptCount = 0
        /// Callers that may wait at the same time; the next one is refused.
        public let waitersMax: Int

        public init(backoff: RestartBackoff = RestartBackoff(), waitersMax: Int = 1024) {
            self.backoff = backoff
            self.waitersMax = waitersMax
        }
    }

    public init(backoff: RestartBackoff.Policy = RestartBackoff.Policy(), waitersMax: Int = 1024) {
        self = .stopped(Record(backoff: RestartBackoff(policy: backoff), waitersMax: waitersMax))
    }
}

/// How a worker's process ended, as its supervisor saw it.
public enum WorkerExit: Sendable, Hashable {
    case status(Int32)
    case signal(Int32)
    /// The process could not even be started.
    case notStarted
}

/// Why a waiter does not get the worker.
public enum WorkerRefusal: Error, Sendable, Hashable {
    /// Nobody has ordered the worker to run.
    case stopped
    /// It failed too often; `lastExit` tells how the last attempt ended.
    case failed(lastExit: WorkerExit)
    /// As many callers as allowed are waiting.
    case tooManyWaiters
    /// The caller gave up.
    case cancelled
}

extension WorkerLifecycle {
    /// Processes that were launched so far.
    public var attemptCount: Int {
        switch self {
        case .stopped(let record): record.attemptCount
        case .starting(_, _, let record): record.attemptCount
        case .ready(_, _, let record): record.attemptCount
        case .unhealthy(_, _, _, let record): record.attemptCount
        case .backingOff(_, _, _, let record): record.attemptCount
        case .stopping(_, _, _, let record): record.attemptCount
        case .failed(_, let record): record.attemptCount
        }
    }
}
