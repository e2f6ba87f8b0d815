/// The queues between a WebSocket's user and the server's thread. Pure: it decides, ``WebSocket`` acts.
struct WebSocketState<Waiter> {
    /// Messages kept for a reader that is slower than its peer; at either bound the socket is not read any further.
    static var inboundCountMax: Int { 64 }
    static var inboundBytesMax: Int { 256 * 1024 }
    /// Bytes kept for a peer that is slower than its sender; a single larger message is taken alone.
    static var outboundBytesMax: Int { 64 * 1024 }

    enum Outgoing {
        case message(WebSocket.Message)
        case close(WebSocket.CloseCode, reason: String)
    }

    enum Send {
        case more
        case full
        case closed(WebSocket.CloseCode)
    }

    enum Receive {
        case message(WebSocket.Message, madeRoom: Bool)
        case empty
        case ended
        case lost
    }

    private enum Lifecycle {
        /// Can go to: closing, closed.
        case open
        /// A close frame is to be sent or was sent by us. Can go to: closed.
        case closing(WebSocket.CloseCode, reason: String, isTaken: Bool)
        /// Terminal.
        case closed(WebSocket.CloseCode)
    }

    private var lifecycle = Lifecycle.open
    private var inbound: [WebSocket.Message] = []
    private var inboundBytes = 0
    private var outbound: [WebSocket.Message] = []
    private var outboundBytes = 0
    private var receivers: [Waiter] = []
    private var senders: [Waiter] = []

    var closeCode: WebSocket.CloseCode? { if case .closed(let code) = lifecycle { code } else { nil } }

    var hasRoom: Bool { inbound.count < Self.inboundCountMax && inboundBytes < Self.inboundBytesMax }

    /// Takes a message from the peer; what comes after our own close frame is dropped (RFC 6455, section 5.5.1).
    mutating func deliver(_ message: WebSocket.Message) {
        guard case .open = lifecycle else { return }
        inbound.append(message)
        inboundBytes += message.byteCount
    }

    mutating func receive() -> Receive {
        if !inbound.isEmpty {
            let hadRoom = hasRoom
            let message = inbound.removeFirst()
            inboundBytes -= message.byteCount
            return .message(message, madeRoom: !hadRoom && hasRoom)
        }
        switch lifecycle {
        case .open, .closing: return .empty
        case .closed(.abnormal): return .lost
        case .closed: return .ended
        }
    }

    mutating func send(_ message: WebSocket.Message) -> Send {
        switch lifecycle {
        case .closing(let code, _, _), .closed(let code): return .closed(code)
        case .open: break
        }
        outbound.append(message)
        outboundBytes += message.byteCount
        return outboundBytes < Self.outboundBytesMax ? .more : .full
    }

    mutating func close(_ code: WebSocket.CloseCode, reason: String) {
        if case .open = lifecycle { lifecycle = .closing(code, reason: reason, isTaken: false) }
    }

    /// The next message; the close frame only when `isDrained`, because control frames overtake what is queued below.
    mutating func takeOutgoing(isDrained: Bool) -> Outgoing? {
        if !outbound.isEmpty {
            let message = outbound.removeFirst()
            outboundBytes -= message.byteCount
            return .message(message)
        }
        guard isDrained, case .closing(let code, let reason, false) = lifecycle else { return nil }
        lifecycle = .closing(code, reason: reason, isTaken: true)
        return .close(code, reason: reason)
    }

    mutating func end(_ code: WebSocket.CloseCode) {
        if case .closed = lifecycle { return }
        lifecycle = .closed(code)
        outbound = []
        outboundBytes = 0
    }

    mutating func waitToReceive(_ waiter: Waiter) -> Bool {
        guard inbound.isEmpty, closeCode == nil else { return false }
        receivers.append(waiter)
        return true
    }

    mutating func waitToSend(_ waiter: Waiter) -> Bool {
        guard outboundBytes >= Self.outboundBytesMax, closeCode == nil else { return false }
        senders.append(waiter)
        return true
    }

    mutating func takeWaiters() -> [Waiter] {
        defer {
            receivers = []
            senders = []
        }
        return receivers + senders
    }
}
