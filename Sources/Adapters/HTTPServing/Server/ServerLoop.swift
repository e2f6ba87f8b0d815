import CMicroHTTPD
import Glibc

/// The server's thread: libmicrohttpd's sockets, the clients that vanish, the notes from handlers, the timers and the
/// WebSockets, all waited for in one place. Confined to its thread, which is why nothing here is locked.
@safe
final class ServerLoop {
    struct Settings: Sendable {
        var configuration: ServerConfiguration
        var entrance: Entrance
        var mailbox: Mailbox
        var port: Int?
    }

    /// How often timers are looked at. Chosen: timeouts are seconds long.
    static let tick = Duration.milliseconds(250)
    private static let tickMilliseconds: CInt = 250
    private static let eventsMax = 256
    private static let mailboxTag: UInt64 = 0
    private static let daemonTag: UInt64 = 1
    /// Connection ids leave the low bit free: it marks the socket that a connection was upgraded to.
    private static let upgradedBit: UInt64 = 1

    let settings: Settings
    let epoll: CInt
    /// Runs the steps of tasks that prefer this thread.
    let executor: ServerThreadExecutor
    private let listening: ListeningSocket
    private var handedSocket: CInt = -1
    private(set) var daemon: OpaquePointer?
    var connections: [UInt64: Connection] = [:]
    private var lastID: UInt64 = 2
    var now = ContinuousClock.now
    private var nextTick = ContinuousClock.now
    /// Connections whose end of stream libmicrohttpd has yet to see.
    private var halfClosed: [UInt64] = []
    private var stopDeadline: ContinuousClock.Instant?
    private var isListening = true

    init(_ settings: Settings, listening: ListeningSocket) {
        self.settings = settings
        self.listening = listening
        executor = ServerThreadExecutor(settings.mailbox)
        epoll = nexus_epoll_create()
    }

    deinit { close(epoll) }

    var isDraining: Bool { stopDeadline != nil }

    /// Hands the listening socket to libmicrohttpd.
    func open() -> HTTPServerError? {
        let configuration = settings.configuration
        guard configuration.limits.headerBytes >= 4096 else {
            return HTTPServerError(.badConfiguration, "limits.headerBytes must be at least 4096.")
        }
        // A descriptor for libmicrohttpd alone: when its TLS set-up fails it closes the one it was given, and closing it
        // again would hit whatever another thread has opened in the meantime.
        handedSocket = fcntl(listening.descriptor, F_DUPFD_CLOEXEC, 0)
        unsafe daemon = configuration.withSettings(socket: handedSocket, loop: self) { settings in
            unsafe nexus_http_start(&settings)
        }
        guard let daemon = unsafe daemon else {
            let hint = configuration.tls == nil ? "" : " Are certificate and key valid PEM texts that belong together?"
            return HTTPServerError(.badConfiguration, "The HTTP server did not start.\(hint)")
        }
        nexus_epoll_watch(epoll, unsafe nexus_http_epoll(daemon), NEXUS_READABLE, Self.daemonTag, 0)
        nexus_epoll_watch(epoll, settings.mailbox.descriptor, NEXUS_READABLE, Self.mailboxTag, 1)
        return nil
    }

    /// Serves until it is told to stop and everything is closed.
    func run() {
        guard let daemon = unsafe daemon else { return }
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { events in
            while true {
                let count = unsafe epoll_wait(
                    epoll, events.baseAddress, CInt(Self.eventsMax), waitMilliseconds(daemon))
                now = .now
                for index in 0..<max(0, Int(count)) {
                    let event = unsafe events[index]
                    unsafe dispatch(tag: event.data.u64, events: event.events)
                }
                if now >= nextTick { passTime() }
                unsafe MHD_run(daemon)
                for id in halfClosed { connections[id].map(nudge) }
                halfClosed = []
                if let stopDeadline, connections.isEmpty || now >= stopDeadline { break }
            }
        }
        unsafe stop(daemon)
    }

    private func waitMilliseconds(_ daemon: OpaquePointer) -> CInt {
        if unsafe nexus_http_is_pending(daemon) != 0 { return 0 }
        if connections.isEmpty, !isDraining { return -1 }
        return Self.tickMilliseconds
    }

    private func dispatch(tag: UInt64, events: UInt32) {
        switch tag {
        case Self.mailboxTag: readNotes()
        case Self.daemonTag: break
        default:
            // The connection may have been closed by an earlier event of the same batch.
            guard let connection = connections[tag & ~Self.upgradedBit] else { return }
            if let socket = connection.socket, tag & Self.upgradedBit != 0 {
                socket.service(at: now, isHungUp: events & NEXUS_BROKEN != 0)
            } else if events & NEXUS_GONE != 0 {
                connection.isPeerGone = true
                peerLeft(connection)
            }
        }
    }

    private func readNotes() {
        var notes = settings.mailbox.attend()
        for step in notes.steps { executor.run(step) }
        // What they wrote goes out in the same turn.
        let more = settings.mailbox.collect()
        notes.connections += more.connections
        notes.stopDeadline = more.stopDeadline ?? notes.stopDeadline
        notes.deafness += more.deafness
        for step in more.steps { executor.run(step) }
        if !notes.deafness.isEmpty { stopListening() }
        for done in notes.deafness { done.open() }
        if let deadline = notes.stopDeadline { drain(until: deadline) }
        for id in notes.connections {
            guard let connection = connections[id] else { continue }
            if let socket = connection.socket { socket.service(at: now) } else { resume(connection) }
        }
    }
}

// MARK: - Connections

extension ServerLoop {
    func connectionOpened(_ handle: OpaquePointer) -> Connection {
        lastID += 2
        let connection = unsafe Connection(id: lastID, handle: handle, at: now)
        connections[lastID] = connection
        nexus_epoll_watch(epoll, connection.descriptor, NEXUS_GONE, lastID, 1)
        return connection
    }

    func connectionClosed(_ connection: Connection) {
        connections[connection.id] = nil
        connection.socket?.connectionClosed()
    }

    func suspend(_ connection: Connection) {
        guard !connection.isSuspended else { return }
        connection.isSuspended = true
        unsafe MHD_suspend_connection(connection.handle)
    }

    /// Lets libmicrohttpd call back for this connection in its next run.
    func resume(_ connection: Connection) {
        guard connection.isSuspended else { return }
        connection.isSuspended = false
        unsafe MHD_resume_connection(connection.handle)
    }

    /// Ends whatever runs for this connection; its socket is closed in libmicrohttpd's next run.
    func abort(_ connection: Connection) {
        if let exchange = connection.exchange {
            exchange.task?.cancel()
            exchange.transfer.abandon()
        }
        if connection.isSuspended { resume(connection) } else { hangUp(connection) }
    }

    /// libmicrohttpd sees the end of the stream and closes. The descriptor stays its property.
    func hangUp(_ connection: Connection) { Glibc.shutdown(connection.descriptor, CInt(SHUT_RDWR)) }

    /// A client that closes its sending side is taken to be gone, as Go's net/http does; only a response that is
    /// complete already still goes out.
    func peerLeft(_ connection: Connection) {
        guard connection.socket == nil else { return }
        if let exchange = connection.exchange, connection.isSuspended || exchange.isStreaming {
            abort(connection)
        } else {
            halfClosed.append(connection.id)
        }
    }

    /// Makes libmicrohttpd read once more. It waits for edges and takes a short read to mean that nothing is left; an
    /// end of stream that came together with the data goes unseen then. Shutting down what is shut down already
    /// discards nothing and makes a new edge.
    private func nudge(_ connection: Connection) {
        if connection.isExpectingInput { Glibc.shutdown(connection.descriptor, CInt(SHUT_RD)) }
    }
}

// MARK: - Time and stopping

extension ServerLoop {
    private func passTime() {
        nextTick = now + Self.tick
        for connection in connections.values {
            if connection.isPeerGone { nudge(connection) }
            if let socket = connection.socket {
                socket.passTime(now)
            } else if isOverdue(connection) {
                hangUp(connection)
            } else if let exchange = connection.exchange, let keepAlive = exchange.keepAlive,
                connection.isSuspended, exchange.isStreaming, now - exchange.lastSend >= keepAlive.interval,
                exchange.transfer.inject(keepAlive.bytes)
            {
                resume(connection)
            }
        }
    }

    private func isOverdue(_ connection: Connection) -> Bool {
        let timeouts = settings.configuration.timeouts
        let elapsed = now - connection.phaseStart
        switch connection.phase {
        case .fresh, .head: return elapsed > timeouts.header
        case .idle: return elapsed > timeouts.idle + timeouts.header
        case .body:
            guard !connection.isSuspended, let exchange = connection.exchange else { return false }
            return elapsed > timeouts.body + .milliseconds(exchange.bodyBytesReceived)
        case .working, .upgraded: return false
        }
    }

    /// New connections are refused, and another server may bind the address.
    private func stopListening() {
        guard isListening, let daemon = unsafe daemon else { return }
        isListening = false
        // Who has connected already is let in.
        unsafe MHD_run(daemon)
        unsafe MHD_quiesce_daemon(daemon)
        // The descriptor has to stay open until libmicrohttpd has ended; what it stands for does not.
        Glibc.shutdown(handedSocket, CInt(SHUT_RDWR))
    }

    private func drain(until deadline: ContinuousClock.Instant) {
        stopListening()
        stopDeadline = deadline
        for connection in connections.values {
            if let socket = connection.socket {
                socket.close(.goingAway)
            } else if connection.exchange == nil {
                hangUp(connection)
            }
        }
    }

    /// libmicrohttpd must not be stopped while a connection is suspended or an upgraded one is open.
    private func stop(_ daemon: OpaquePointer) {
        for connection in Array(connections.values) {
            if let socket = connection.socket { socket.drop() } else { abort(connection) }
        }
        unsafe MHD_run(daemon)
        unsafe MHD_run(daemon)
        unsafe MHD_stop_daemon(daemon)
        let notes = settings.mailbox.close()
        for step in notes.steps { ServerThreadExecutor.runElsewhere(step) }
        for done in notes.deafness { done.open() }
        // It was quiesced, so it is ours to close, and only now (microhttpd.h, MHD_quiesce_daemon).
        close(handedSocket)
        unsafe self.daemon = nil
    }
}
