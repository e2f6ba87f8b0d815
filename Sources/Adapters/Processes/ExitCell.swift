import Synchronization

/// How a child ended, once it has; any number of callers may wait.
final class ExitCell: Sendable {
    private enum State {
        /// Can transition to: ended.
        case running([CheckedContinuation<ProcessExit, Never>])
        /// Terminal.
        case ended(ProcessExit)
    }

    private let state = Mutex(State.running([]))

    var exit: ProcessExit? {
        state.withLock { if case .ended(let exit) = $0 { exit } else { nil } }
    }

    func wait() async -> ProcessExit {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> ProcessExit? in
                switch state {
                case .running(let waiters):
                    state = .running(waiters + [continuation])
                    return nil
                case .ended(let exit):
                    return exit
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Called exactly once, on the launcher's thread.
    func end(_ exit: ProcessExit) {
        let waiters = state.withLock { state -> [CheckedContinuation<ProcessExit, Never>] in
            guard case .running(let waiters) = state else { preconditionFailure("a child ends once") }
            state = .ended(exit)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }
}
