import Synchronization

/// Closed until it is opened once; whoever waits goes on then.
final class Latch: Sendable {
    private enum State {
        case closed([CheckedContinuation<Void, Never>])
        case open
    }

    private let state = Mutex(State.closed([]))

    func open() {
        let waiters = state.withLock { state in
            defer { state = .open }
            if case .closed(let waiters) = state { return waiters }
            return []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it is open. Does not end early on cancellation.
    func wait() async {
        await withCheckedContinuation { waiter in
            let isOpen = state.withLock { state in
                guard case .closed(let waiters) = state else { return true }
                state = .closed(waiters + [waiter])
                return false
            }
            if isOpen { waiter.resume() }
        }
    }
}

/// How the start of the server's thread went.
final class StartReport: Sendable {
    private let failure = Mutex<HTTPServerError?>(nil)
    private let latch = Latch()

    func report(_ failure: HTTPServerError?) {
        self.failure.withLock { $0 = failure }
        latch.open()
    }

    func wait() async -> HTTPServerError? {
        await latch.wait()
        return failure.withLock { $0 }
    }
}
