import CMicroHTTPD
import Glibc

/// Runs a function on a thread of its own.
enum LoopThread {
    fileprivate final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread. It ends when `body` returns; whoever gave `body` knows how to make it return.
    static func run(name: String, _ body: @escaping @Sendable () -> Void) {
        // Retained here, released by the first line of `threadMain`.
        let context = unsafe Unmanaged.passRetained(Body(name: name, run: body)).toOpaque()
        let status = unsafe nexus_start_thread(threadMain, context)
        precondition(status == 0, "the system has no thread left")
    }

    /// A write to a closed socket is to be an error and not a signal; `sendfile` has no flag for it.
    fileprivate static func blockPipeSignal() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

private let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    guard let context = unsafe context else { return nil }
    let body = unsafe Unmanaged<LoopThread.Body>.fromOpaque(context).takeRetainedValue()
    unsafe nexus_name_thread(body.name)
    LoopThread.blockPipeSignal()
    body.run()
    return nil
}
