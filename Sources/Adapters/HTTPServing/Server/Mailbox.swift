import CMicroHTTPD
import Glibc
import Synchronization

/// How other threads reach the server's thread: they leave a note and make a descriptor readable.
///
/// Bounded by nature: a connection that waits is woken at most once until it waits again.
final class Mailbox: Sendable {
    struct Notes {
        /// Connections with news from their tasks.
        var connections: [UInt64] = []
        /// When the server is to stop; the latest word counts.
        var stopDeadline: ContinuousClock.Instant?
        fileprivate var isSignalled = false
    }

    private let notes = Mutex(Notes())
    /// Readable when there are notes. Closed with the mailbox.
    let descriptor: CInt

    init() { descriptor = nexus_eventfd() }

    deinit { close(descriptor) }

    func wake(_ connection: UInt64) { post { $0.connections.append(connection) } }

    func stop(by deadline: ContinuousClock.Instant) { post { $0.stopDeadline = deadline } }

    private func post(_ change: (inout sending Notes) -> Void) {
        let isFirst = notes.withLock { notes in
            change(&notes)
            defer { notes.isSignalled = true }
            return !notes.isSignalled
        }
        if isFirst { eventfd_write(descriptor, 1) }
    }

    /// Takes all notes and makes the descriptor silent.
    func collect() -> Notes {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
        return notes.withLock { notes in
            defer { notes = Notes() }
            return notes
        }
    }
}
