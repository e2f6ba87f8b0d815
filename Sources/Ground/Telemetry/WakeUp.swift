import Synchronization

/// Lets one consumer sleep until a producer has something, without losing a signal that came before the sleep.
final class WakeUp: Sendable {
    private enum State {
        /// Nobody waits, nothing happened. Can go to: signalled, waiting.
        case idle
        /// Something happened while nobody waited. Can go to: idle.
        case signalled
        /// The consumer sleeps. Can go to: idle.
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    func signal() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .waiting(let continuation) = state {
                state = .idle
                return continuation
            }
            state = .signalled
            return nil
        }
        waiter?.resume()
    }

    /// Returns after a signal, one that came before included, or when the task is cancelled. May return once too often:
    /// the consumer looks at its queue again.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    switch state {
                    case .signalled:
                        state = .idle
                        return true
                    case .idle:
                        state = .waiting(continuation)
                        return false
                    case .waiting: preconditionFailure("a queue has one consumer")
                    }
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }
}
