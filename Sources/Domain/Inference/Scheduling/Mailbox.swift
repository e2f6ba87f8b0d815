import Dispatch
import Synchronization

/// Messages for a thread that sleeps when it has none.
///
/// Bounded by its senders: the engine counts submissions, and each generation sends at most one cancellation, and one
/// notice of room after each refused offer.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Counts messages; taking without waiting leaves it too high, which costs one empty look later.
    private let signal = DispatchSemaphore(value: 0)

    /// Hands a message over; `false` when the thread has gone and nobody will read it.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.messages.append(message) }
            return !state.isClosed
        }
        if isOpen { signal.signal() }
        return isOpen
    }

    /// Takes all messages without waiting.
    func take() -> [Message] {
        state.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }

    /// Takes the last messages; later ones are refused.
    func close() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            defer { state.messages.removeAll() }
            return state.messages
        }
    }

    /// Takes all messages; sleeps until there is one, or until a time.
    ///
    /// - Parameter deadline: when to wake up without a message; `nil` is never.
    /// - Returns: none only at the deadline.
    func wait(until deadline: ContinuousClock.Instant? = nil) -> [Message] {
        while true {
            let taken = take()
            if !taken.isEmpty { return taken }
            guard let deadline else {
                signal.wait()
                continue
            }
            let left = deadline - .now
            guard left > .zero else { return [] }
            let (seconds, attoseconds) = left.components
            let nanoseconds = Int(clamping: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000) + 1
            _ = signal.wait(timeout: .now() + .nanoseconds(nanoseconds))
        }
    }
}
