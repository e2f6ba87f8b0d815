extension WorkerLifecycle {
    /// The worker of `attempt` answers and serves.
    public mutating func becameReady(attempt: Int, at now: Instant) -> ReadyAction {
        switch self {
        case .starting(let current, let waiters, let record):
            guard current == attempt else {
                self = .starting(attempt: current, waiters: waiters, record)
                return .nothing
            }
            self = .ready(attempt: current, since: now, record)
            return .grant(waiters)
        case let other:
            self = other
            return .nothing
        }
    }

    /// The worker of `attempt` has work and makes no progress, says `HeartbeatPolicy`.
    public mutating func heartbeatMissed(attempt: Int) -> StalledAction {
        switch self {
        case .ready(let current, let since, let record):
            guard current == attempt else {
                self = .ready(attempt: current, since: since, record)
                return .nothing
            }
            self = .unhealthy(attempt: current, since: since, waiters: [], record)
            return .kill(attempt: current)
        case let other:
            self = other
            return .nothing
        }
    }

    /// The process of `attempt` has ended, for whatever reason, or could not be launched.
    public mutating func exited(
        attempt: Int, _ exit: WorkerExit, at now: Instant, using random: inout some RandomNumberGenerator
    ) -> ExitAction {
        guard attempt == runningAttempt else { return .nothing }
        let readyFor: Duration?
        let waiting: [Waiter]
        var record: Record
        switch self {
        case .starting(_, let waiters, let kept):
            (readyFor, waiting, record) = (nil, waiters, kept)
        case .ready(_, let since, let kept):
            (readyFor, waiting, record) = (since.duration(to: now), [], kept)
        case .unhealthy(_, let since, let waiters, let kept):
            (readyFor, waiting, record) = (since.duration(to: now), waiters, kept)
        case .stopping(_, let startsAgain, let waiters, var kept):
            kept.backoff.reset()
            guard startsAgain else {
                self = .stopped(kept)
                return .settled
            }
            kept.attemptCount += 1
            self = .starting(attempt: kept.attemptCount, waiters: waiters, kept)
            return .launch(attempt: kept.attemptCount)
        case .stopped:
            preconditionFailure("a state with a running attempt was checked above")
        case .backingOff:
            preconditionFailure("a state with a running attempt was checked above")
        case .failed:
            preconditionFailure("a state with a running attempt was checked above")
        }
        switch Self.fall(readyFor: readyFor, at: now, &record, using: &random) {
        case .again:
            self = .starting(attempt: record.attemptCount, waiters: waiting, record)
            return .launch(attempt: record.attemptCount)
        case .later(let until):
            self = .backingOff(attempt: record.attemptCount, until: until, waiters: waiting, record)
            return .wakeUp(at: until)
        case .never:
            self = .failed(lastExit: exit, record)
            return .giveUp(refuse: waiting, lastExit: exit)
        }
    }

    /// The time that `exited` asked for has come.
    public mutating func backoffElapsed(at now: Instant) -> BackoffAction {
        switch self {
        case .backingOff(let attempt, let until, let waiters, var record):
            guard now >= until else {
                self = .backingOff(attempt: attempt, until: until, waiters: waiters, record)
                return .nothing
            }
            record.attemptCount += 1
            self = .starting(attempt: record.attemptCount, waiters: waiters, record)
            return .launch(attempt: record.attemptCount)
        case let other:
            self = other
            return .nothing
        }
    }

    /// The attempt whose process runs, or is being launched or ended; `nil` when there is none.
    public var runningAttempt: Int? {
        switch self {
        case .starting(let attempt, _, _): attempt
        case .ready(let attempt, _, _): attempt
        case .unhealthy(let attempt, _, _, _): attempt
        case .stopping(let attempt, _, _, _): attempt
        case .stopped: nil
        case .backingOff: nil
        case .failed: nil
        }
    }

    /// What follows the unordered end of a process.
    private enum Fall {
        case again
        case later(Instant)
        case never
    }

    private static func fall(
        readyFor: Duration?, at now: Instant, _ record: inout Record, using random: inout some RandomNumberGenerator
    ) -> Fall {
        let delay = record.backoff.delay(afterBeingReadyFor: readyFor, using: &random)
        if record.backoff.isExhausted { return .never }
        guard delay > .zero else {
            record.attemptCount += 1
            return .again
        }
        return .later(now.advanced(by: delay))
    }
}

extension WorkerLifecycle {
    /// A caller has given up. Hands it back when it was still waiting; then it must be told so, with `.cancelled`.
    /// `isTheOne` is true for the waiter to take out.
    public mutating func cancel(where isTheOne: (Waiter) -> Bool) -> Waiter? {
        func without(_ waiters: [Waiter]) -> ([Waiter], Waiter?) {
            guard let index = waiters.firstIndex(where: isTheOne) else { return (waiters, nil) }
            var rest = waiters
            let found = rest.remove(at: index)
            return (rest, found)
        }
        switch self {
        case .starting(let attempt, let waiters, let record):
            let (rest, found) = without(waiters)
            self = .starting(attempt: attempt, waiters: rest, record)
            return found
        case .unhealthy(let attempt, let since, let waiters, let record):
            let (rest, found) = without(waiters)
            self = .unhealthy(attempt: attempt, since: since, waiters: rest, record)
            return found
        case .backingOff(let attempt, let until, let waiters, let record):
            let (rest, found) = without(waiters)
            self = .backingOff(attempt: attempt, until: until, waiters: rest, record)
            return found
        case .stopping(let attempt, let startsAgain, let waiters, let record):
            let (rest, found) = without(waiters)
            self = .stopping(attempt: attempt, startsAgain: startsAgain, waiters: rest, record)
            return found
        case let other:
            self = other
            return nil
        }
    }
}
