extension WorkerLifecycle {
    /// The operator, or the first request, wants the worker to run.
    public mutating func start() -> StartAction {
        switch self {
        case .stopped(var record):
            record.backoff.reset()
            record.attemptCount += 1
            self = .starting(attempt: record.attemptCount, waiters: [], record)
            return .launch(attempt: record.attemptCount)
        case .failed(_, var record):
            record.backoff.reset()
            record.attemptCount += 1
            self = .starting(attempt: record.attemptCount, waiters: [], record)
            return .launch(attempt: record.attemptCount)
        case .stopping(let attempt, _, let waiters, let record):
            self = .stopping(attempt: attempt, startsAgain: true, waiters: waiters, record)
            return .nothing
        case .starting(let attempt, let waiters, let record):
            self = .starting(attempt: attempt, waiters: waiters, record)
            return .nothing
        case .ready(let attempt, let since, let record):
            self = .ready(attempt: attempt, since: since, record)
            return .nothing
        case .unhealthy(let attempt, let since, let waiters, let record):
            self = .unhealthy(attempt: attempt, since: since, waiters: waiters, record)
            return .nothing
        case .backingOff(let attempt, let until, let waiters, let record):
            self = .backingOff(attempt: attempt, until: until, waiters: waiters, record)
            return .nothing
        }
    }

    /// The operator wants the worker to end, or the platform is shutting down.
    public mutating func stop() -> StopAction {
        switch self {
        case .stopped(let record):
            self = .stopped(record)
            return .nothing
        case .failed(_, let record):
            self = .stopped(record)
            return .nothing
        case .backingOff(_, _, let waiters, let record):
            self = .stopped(record)
            return .refuse(waiters)
        case .starting(let attempt, let waiters, let record):
            self = .stopping(attempt: attempt, startsAgain: false, waiters: [], record)
            return .terminate(attempt: attempt, refuse: waiters)
        case .ready(let attempt, _, let record):
            self = .stopping(attempt: attempt, startsAgain: false, waiters: [], record)
            return .terminate(attempt: attempt, refuse: [])
        case .unhealthy(let attempt, _, let waiters, let record):
            self = .stopping(attempt: attempt, startsAgain: false, waiters: [], record)
            return .terminate(attempt: attempt, refuse: waiters)
        case .stopping(let attempt, _, let waiters, let record):
            self = .stopping(attempt: attempt, startsAgain: false, waiters: [], record)
            return .refuse(waiters)
        }
    }

    /// A caller needs the worker. Does not start it: that is an order of its own.
    public mutating func wait(_ waiter: Waiter) -> WaitAction {
        switch self {
        case .ready(let attempt, let since, let record):
            self = .ready(attempt: attempt, since: since, record)
            return .grant(waiter)
        case .stopped(let record):
            self = .stopped(record)
            return .refuse(waiter, .stopped)
        case .failed(let lastExit, let record):
            self = .failed(lastExit: lastExit, record)
            return .refuse(waiter, .failed(lastExit: lastExit))
        case .starting(let attempt, let waiters, let record):
            let (waiters, action) = Self.park(waiter, behind: waiters, record)
            self = .starting(attempt: attempt, waiters: waiters, record)
            return action
        case .unhealthy(let attempt, let since, let waiters, let record):
            let (waiters, action) = Self.park(waiter, behind: waiters, record)
            self = .unhealthy(attempt: attempt, since: since, waiters: waiters, record)
            return action
        case .backingOff(let attempt, let until, let waiters, let record):
            let (waiters, action) = Self.park(waiter, behind: waiters, record)
            self = .backingOff(attempt: attempt, until: until, waiters: waiters, record)
            return action
        case .stopping(let attempt, let startsAgain, let waiters, let record):
            guard startsAgain else {
                self = .stopping(attempt: attempt, startsAgain: startsAgain, waiters: waiters, record)
                return .refuse(waiter, .stopped)
            }
            let (parked, action) = Self.park(waiter, behind: waiters, record)
            self = .stopping(attempt: attempt, startsAgain: startsAgain, waiters: parked, record)
            return action
        }
    }

    private static func park(_ waiter: Waiter, behind waiters: [Waiter], _ record: Record) -> ([Waiter], WaitAction) {
        guard waiters.count < record.waitersMax else { return (waiters, .refuse(waiter, .tooManyWaiters)) }
        return (waiters + [waiter], .wait)
    }
}
