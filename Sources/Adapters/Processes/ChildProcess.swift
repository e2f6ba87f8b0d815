/// One running child. When the last reference goes the child and its process group are killed.
public final class ChildProcess: Sendable {
    /// Also the id of the child's process group. Meaningful until `exit()` has returned.
    public let id: Int32
    /// What the child writes.
    public let output: OutputLines
    private let ending: ExitCell
    private let mailbox: Mailbox

    init(id: Int32, output: OutputLines, ending: ExitCell, mailbox: Mailbox) {
        self.id = id
        self.output = output
        self.ending = ending
        self.mailbox = mailbox
    }

    deinit { mailbox.post(.signal(id, .kill)) }

    /// Waits until the child has ended and all its output has been taken in. May be called by many, and again.
    ///
    /// Does not end when the waiting task is cancelled, because the child goes on; `terminate` ends it.
    public func exit() async -> ProcessExit { await ending.wait() }

    /// How the child ended, or `nil` while it runs.
    public var exitIfEnded: ProcessExit? { ending.exit }

    /// Asks the child's process group to end (SIGTERM), and kills it (SIGKILL) when it still runs after `grace`.
    @discardableResult
    public func terminate(grace: Duration) async -> ProcessExit {
        mailbox.post(.terminate(id, grace: grace))
        return await ending.wait()
    }

    /// Sends a signal to the child's process group. Nothing happens when the child has ended.
    public func signal(_ signal: Signal) { mailbox.post(.signal(id, signal)) }

    /// Writes to the child's input and returns when the child's pipe has taken everything.
    public func write(_ bytes: [UInt8]) async throws(ProcessError) {
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<Void, ProcessError>, Never>) in
            mailbox.post(.write(id, bytes, done))
        }
        try result.get()
    }

    /// Ends the child's input after what has been written.
    public func closeInput() { mailbox.post(.closeInput(id)) }
}

/// The signals that are sent to children.
public enum Signal: Int32, Sendable {
    case hangUp = 1
    case interrupt = 2
    case quit = 3
    case kill = 9
    case user1 = 10
    case user2 = 12
    case terminate = 15
}
