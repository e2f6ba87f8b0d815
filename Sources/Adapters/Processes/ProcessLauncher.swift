import Glibc

/// Starts child processes and sees to it that none outlives it.
///
/// Owns one thread. It must be the one that forks, because the kernel ties the death of a child to the death of the thread
/// that started it. Dropping the launcher kills all children, as `shutDown` does.
public final class ProcessLauncher: Sendable {
    private let mailbox = Mailbox()

    public init() {
        let mailbox = mailbox
        Self.startThread { WatchLoop(mailbox: mailbox).run() }
    }

    deinit { mailbox.post(.shutDown(nil)) }

    /// Starts a child. Returns when its program has been loaded; throws when that failed.
    public func start(_ command: ProcessCommand) async throws(ProcessError) -> ChildProcess {
        let result = await withCheckedContinuation {
            (started: CheckedContinuation<Result<ChildProcess, ProcessError>, Never>) in
            mailbox.post(.start(command, started))
        }
        return try result.get()
    }

    /// Kills all children with their process groups and waits until they are gone. Nothing can be started afterwards.
    public func shutDown() async {
        await withCheckedContinuation { mailbox.post(.shutDown($0)) }
    }

    /// A detached thread that runs `body` once and frees it.
    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(ThreadBody(run: body))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { preconditionFailure("the thread is given its body") }
                unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "no thread is left for the launcher of child processes")
        pthread_detach(thread)
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
