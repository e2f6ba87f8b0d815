import CCurl
import Glibc
import Synchronization

/// What tasks ask of the client's thread.
enum LoopCommand: Sendable {
    case start(Exchange, PreparedRequest)
    case cancel(UInt64)
    case resumeReceiving(UInt64)
    case resumeSending(UInt64)
    case shutDown
}

/// The way into the client's thread: commands under a lock, and an `eventfd` that the thread's poll watches.
///
/// An `eventfd` of our own instead of `curl_multi_wakeup`, so that no other thread ever needs the multi handle.
/// Bounded by what it carries: at most one start, one cancel and one resume of each direction wait for each exchange,
/// and exchanges are as many as tasks that wait for them.
final class LoopMailbox: Sendable {
    /// Has news when commands came. Nobody reads it: the thread waits for its edges.
    let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var commands: [LoopCommand] = []
        var isClosed = false
        var closeWaiters: [CheckedContinuation<Void, Never>] = []
    }

    init() throws(FetchError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw FetchError(.failed, "No eventfd is left.", detail: "errno \(errno)") }
    }

    deinit { Glibc.close(descriptor) }

    /// - Returns: false when the thread has ended and nobody will read this.
    @discardableResult
    func post(_ command: LoopCommand) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.commands.append(command)
            return (true, state.commands.count == 1)
        }
        if isFirst { eventfd_write(descriptor, 1) }
        return isTaken
    }

    /// Takes all that waits. For the client's thread.
    func drain() -> [LoopCommand] {
        var taken: [LoopCommand] = []
        state.withLock { swap(&$0.commands, &taken) }
        return taken
    }

    /// The thread ends: nothing is taken any more. Returns what still waited.
    func close() -> [LoopCommand] {
        let (left, waiters) = state.withLock { state in
            defer {
                state.commands = []
                state.closeWaiters = []
                state.isClosed = true
            }
            return (state.commands, state.closeWaiters)
        }
        for waiter in waiters { waiter.resume() }
        return left
    }

    /// Returns when the thread has closed the mailbox.
    func closed() async {
        await withCheckedContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.closeWaiters.append(waiter) }
                return state.isClosed
            }
            if isClosed { waiter.resume() }
        }
    }
}
