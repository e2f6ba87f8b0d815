/// Runs tasks' steps on the server's thread, for tasks that prefer it: those that write small pieces as they come.
///
/// The server's loop runs what was left in its mailbox before it looks at the sockets again, so that one wake-up is enough
/// for a piece, and for all pieces that come at the same time. When the loop has ended, steps run on the pool.
final class ServerThreadExecutor: TaskExecutor {
    private let mailbox: Mailbox

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func enqueue(_ job: consuming ExecutorJob) {
        let step = UnownedJob(job)
        guard !mailbox.run(step) else { return }
        Self.runElsewhere(step)
    }

    /// Runs a step now. On the server's thread only.
    func run(_ step: UnownedJob) { unsafe step.runSynchronously(on: asUnownedTaskExecutor()) }

    /// Gives a step to Swift's pool.
    static func runElsewhere(_ step: UnownedJob) { globalConcurrentExecutor.enqueue(ExecutorJob(step)) }
}
