import CMicroHTTPD

/// One client's connection, as the server's thread sees it. Confined to that thread.
@safe
final class Connection {
    /// What the client is expected to do next.
    enum Phase {
        /// It has yet to send its first request. Can go to: head.
        case fresh
        /// Between two requests. Can go to: head.
        case idle
        /// Its request line was read, its headers not yet. Can go to: body, working.
        case head
        /// Can go to: working.
        case body
        /// The next move is ours. Can go to: idle, upgraded.
        case working
        /// libmicrohttpd has handed the socket over. Terminal.
        case upgraded
    }

    /// Never used twice, so that a late note cannot reach another client.
    let id: UInt64
    let handle: OpaquePointer
    let descriptor: CInt
    let remoteAddress: String

    private(set) var phase = Phase.fresh
    private(set) var phaseStart: ContinuousClock.Instant
    /// Whether libmicrohttpd was told to leave this connection alone until it is resumed.
    var isSuspended = false
    /// The client has closed its side, or the socket is broken.
    var isPeerGone = false
    var exchange: Exchange?
    var socket: WebSocketSession?

    init(id: UInt64, handle: OpaquePointer, at now: ContinuousClock.Instant) {
        self.id = id
        unsafe self.handle = handle
        phaseStart = now
        descriptor = unsafe nexus_http_socket(handle)
        let fd = descriptor
        remoteAddress = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let base = text.baseAddress else { return "" }
            unsafe nexus_http_peer(fd, base, 64)
            return unsafe String(cString: base)
        }
    }

    /// Whether the next move is the client's.
    var isExpectingInput: Bool {
        switch phase {
        case .fresh, .idle, .head, .body: true
        case .working, .upgraded: false
        }
    }

    func enter(_ phase: Phase, at now: ContinuousClock.Instant) {
        self.phase = phase
        phaseStart = now
    }
}
