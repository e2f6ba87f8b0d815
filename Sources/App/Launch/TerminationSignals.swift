import Dispatch
import Foundation
import Synchronization

/// The orders to stop: SIGTERM, and SIGINT from a terminal.
public final class TerminationSignals: Sendable {
    private let received: AsyncStream<Int32>
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// From now on the signals no longer end the process by themselves. Make one per process.
    public init() {
        let (received, sender) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingOldest(1))
        self.received = received
        let count = CountedSignals()
        signal(SIGPIPE, SIG_IGN)  // A client that goes is an error of write, not the end of the process.
        sources = Mutex(
            [SIGTERM, SIGINT].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    // The second one ends the process at once: somebody insists.
                    if count.next() > 1 { _exit(128 + number) }
                    sender.yield(number)
                }
                source.resume()
                return source
            })
    }

    /// Waits for the first one and tells its number.
    public func wait() async -> Int32 {
        for await number in received { return number }
        return SIGTERM
    }
}

private final class CountedSignals: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
