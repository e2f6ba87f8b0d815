import Glibc
import Synchronization

/// An HTTP/1.1 server: one thread for all sockets, and a task for each request.
///
/// A handler starts on the server's thread and stays there until it first suspends; one that never suspends costs no
/// change of thread. What may block or compute for long belongs behind an `await` that changes threads, or on a route that
/// says ``Route/Execution/concurrent``.
///
/// When a client closes its connection, or its sending side, its handler's task is cancelled.
public final class HTTPServer: Sendable {
    private enum Lifecycle {
        /// Can go to: running, stopped.
        case fresh
        /// Can go to: stopped.
        case running(Mailbox)
        case stopped
    }

    private let configuration: ServerConfiguration
    private let entrance: Entrance
    private let lifecycle = Mutex(Lifecycle.fresh)
    private let ended = Latch()

    /// A server that asks `handler` for every request. Whatever it throws is answered as ``ErrorResponse/problem`` does.
    public init(_ configuration: ServerConfiguration, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        entrance = Entrance(
            admit: { _ in true },
            handler: { request in
                if let refusal = request.refusal { throw refusal }
                return try await handler(request)
            })
    }

    /// A server that answers with `router`'s routes, middleware and error responses.
    public init(_ configuration: ServerConfiguration, router: Router) {
        self.configuration = configuration
        entrance = router.makeEntrance()
    }

    /// Binds the address and begins to answer.
    ///
    /// - Returns: the bound port; `nil` for a Unix socket.
    /// - Precondition: called at most once.
    @discardableResult
    public func start() async throws -> Int? {
        let socket = try ListeningSocket(configuration.address)
        let port = socket.port
        let mailbox = Mailbox()
        let isFresh = lifecycle.withLock { state in
            guard case .fresh = state else { return false }
            state = .running(mailbox)
            return true
        }
        precondition(isFresh, "a server starts once")
        let settings = ServerLoop.Settings(
            configuration: configuration, entrance: entrance, mailbox: mailbox, port: port)
        let started = StartReport()
        LoopThread.run(name: "http") { [ended] in
            let loop = ServerLoop(settings, listening: socket)
            let failure = loop.open()
            started.report(failure)
            if failure == nil { loop.run() }
            // Whoever waits for the end may bind the address again at once.
            socket.shut()
            ended.open()
        }
        if let failure = await started.wait() {
            lifecycle.withLock { $0 = .stopped }
            throw failure
        }
        return port
    }

    /// Stops accepting; connections stay and are served. Returns when another server may bind the address.
    public func stopListening() async {
        let done = Latch()
        let isAsked = lifecycle.withLock { state in
            if case .running(let mailbox) = state { mailbox.stopListening(done) } else { false }
        }
        if isAsked { await done.wait() }
    }

    /// Stops accepting, lets running responses finish until the deadline, then cancels them and closes everything.
    /// Returns when the last connection is closed. Handlers that ignore cancellation may still be running then.
    public func shutdown(deadline: Duration = .seconds(10)) async {
        let mailbox: Mailbox? = lifecycle.withLock { state in
            defer { state = .stopped }
            switch state {
            case .running(let mailbox): return mailbox
            case .fresh:
                ended.open()
                return nil
            case .stopped: return nil
            }
        }
        if let mailbox { mailbox.stop(by: .now + deadline) }
        await ended.wait()
    }

    /// Starts, calls `onStart` with the bound port, and serves until the task is cancelled; then shuts down.
    public func run(drain: Duration = .seconds(10), onStart: @Sendable (Int?) async -> Void = { _ in }) async throws {
        let port = try await start()
        await onStart(port)
        await withTaskCancellationHandler {
            await ended.wait()
        } onCancel: {
            lifecycle.withLock { state in
                if case .running(let mailbox) = state { mailbox.stop(by: .now + drain) }
            }
        }
    }
}
