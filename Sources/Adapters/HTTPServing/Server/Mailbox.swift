import CMicroHTTPD
import Glibc
import Synchronization

/// How other threads reach the server's thread: they leave a note and make a descriptor readable.
///
/// Bounded by nature: a connection that waits is woken at most once until it waits again, and a task has one next step.
final class Mailbox: Sendable {
    struct Notes {
        /// Connections with news from their tasks.
        var connections: [UInt64] = []
        /// Steps of tasks that prefer the server's thread.
        var steps: [UnownedJob] = []
        /// When the server is to stop; the latest word counts.
        var stopDeadline: ContinuousClock.Instant?
        /// Opened when the server does not listen any more, which is wanted at once.
        var deafness: [Latch] = []
        fileprivate var isSignalled = false
        fileprivate var isClosed = false
    }

    private let notes = Mutex(Notes())
    /// Has news when there are notes. Nobody reads it: the thread waits for its edges. Closed with the mailbox.
    let descriptor: CInt

    init() { descriptor = nexus_eventfd() }

    deinit { Glibc.close(descriptor) }

    func wake(_ connection: UInt64) { _ = post { $0.connections.append(connection) } }

    func stop(by deadline: ContinuousClock.Instant) { _ = post { $0.stopDeadline = deadline } }

    /// Asks to stop listening; connections stay.
    ///
    /// - Returns: `false` when the thread has ended, and nobody listens.
    func stopListening(_ done: Latch) -> Bool { post { $0.deafness.append(done) } }

    /// Leaves a task's step for the server's thread.
    ///
    /// - Returns: `false` when that thread has ended, and the step has to run elsewhere.
    func run(_ step: UnownedJob) -> Bool { post { $0.steps.append(step) } }

    /// Leaves a note, unless nobody will read it any more.
    private func post(_ change: (inout sending Notes) -> Void) -> Bool {
        let (isFirst, isOpen) = notes.withLock { notes in
            guard !notes.isClosed else { return (false, false) }
            change(&notes)
            defer { notes.isSignalled = true }
            return (!notes.isSignalled, true)
        }
        if isFirst { eventfd_write(descriptor, 1) }
        return isOpen
    }

    /// Takes all notes. Until `collect` nobody signals any more: the reader is there.
    func attend() -> Notes { take { $0.isSignalled = true } }

    /// Takes what has been left since `attend`; from now on the descriptor tells of notes again.
    func collect() -> Notes { take { _ in } }

    /// Takes the last notes; from now on nothing is accepted.
    func close() -> Notes { take { $0.isClosed = true } }

    private func take(leaving change: (inout Notes) -> Void) -> Notes {
        notes.withLock { notes in
            defer {
                notes = Notes()
                change(&notes)
            }
            return notes
        }
    }
}
