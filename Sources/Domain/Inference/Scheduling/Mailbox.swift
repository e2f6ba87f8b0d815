import Dispatch
import Synchronization

/// Messages for a thread that sleeps when it has none.
///
/// Bounded by its senders: the engine counts submissions, and each generation sends at most one cancellation, and one
/// notice of room after each refused offer.
final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    /// Counts messages; taking without waiting leaves it too high, which costs one empty look later.
    private let signal = DispatchSemaphore(value: 0)

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        signal.signal()
    }

    /// Takes all messages without waiting.
    func take() -> [Message] {
        messages.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
    }

    /// Takes all messages; sleeps until there is one.
    func wait() -> [Message] {
        while true {
            let taken = take()
            if !taken.isEmpty { return taken }
            signal.wait()
        }
    }
}
