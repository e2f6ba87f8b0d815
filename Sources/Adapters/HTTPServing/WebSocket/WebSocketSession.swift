import CMicroHTTPD
import CWslay
import Glibc

/// The wire side of a ``WebSocket``: frames by wslay on the socket that libmicrohttpd handed over. Confined to the
/// server's thread.
@safe
final class WebSocketSession {
    /// How long the peer may take to answer our close frame, and to take what is still queued.
    private static let closeTimeout = Duration.seconds(3)

    private let loop: ServerLoop
    private let connection: Connection
    private let socket: WebSocket
    private let task: HandlerTask?
    private let descriptor: CInt
    private let handle: OpaquePointer
    private var frames: OpaquePointer?
    /// Bytes that came with the handshake.
    private var early: ArraySlice<UInt8>
    private var lastHeard: ContinuousClock.Instant
    private var pingSent: ContinuousClock.Instant?
    private var closeSent: ContinuousClock.Instant?
    /// Set when we closed while the peer was still sending: its bytes are thrown away until it has read why.
    private var lingering: (code: WebSocket.CloseCode, since: ContinuousClock.Instant)?
    private var isPeerGone = false
    private var isOver = false

    init(
        _ loop: ServerLoop, _ exchange: Exchange, _ socket: WebSocket, descriptor: CInt, handle: OpaquePointer,
        early: [UInt8]
    ) {
        self.loop = loop
        connection = exchange.connection
        self.socket = socket
        task = exchange.task
        self.descriptor = descriptor
        unsafe self.handle = handle
        self.early = early[...]
        lastHeard = loop.now
    }

    func start() {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        var callbacks = unsafe wslay_event_callbacks(
            recv_callback: receiveBytes, send_callback: sendBytes, genmask_callback: nil,
            on_frame_recv_start_callback: nil, on_frame_recv_chunk_callback: nil, on_frame_recv_end_callback: nil,
            on_msg_recv_callback: messageReceived)
        let status = unsafe wslay_event_context_server_init(
            &frames, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        guard status == 0, let frames = unsafe frames else { return finish(.internalError) }
        unsafe wslay_event_config_set_max_recv_msg_length(frames, UInt64(socket.options.messageBytesMax))
        service(at: loop.now)
    }

    /// Moves bytes both ways as far as that goes without waiting.
    ///
    /// `isHungUp`: the socket is broken both ways. It would say so for ever, also while nobody reads.
    func service(at now: ContinuousClock.Instant, isHungUp: Bool = false) {
        guard !isOver, let frames = unsafe frames else { return }
        if let lingering {
            if isHungUp || isDrained() { finish(lingering.code) }
            return
        }
        if socket.hasRoom, unsafe wslay_event_want_read(frames) != 0, unsafe wslay_event_recv(frames) != 0 {
            return finish(.abnormal)
        }
        if isHungUp { isPeerGone = true }
        // Twice: once the messages are on the wire, the close frame that waits for them may follow.
        for _ in 0..<2 {
            unsafe fillQueue(frames, at: now)
            if unsafe wslay_event_want_write(frames) != 0, unsafe wslay_event_send(frames) != 0 {
                return finish(.abnormal)
            }
        }
        // There may be room below now for what waited above.
        unsafe fillQueue(frames, at: now)
        let wantsRead = unsafe wslay_event_want_read(frames) != 0
        let wantsWrite = unsafe wslay_event_want_write(frames) != 0
        if !wantsRead && !wantsWrite {
            let isAnswered = unsafe wslay_event_get_close_received(frames) != 0
            return isAnswered || isPeerGone ? unsafe finish(code(frames)) : unsafe linger(code(frames), at: now)
        }
        if isPeerGone { return unsafe finish(wslay_event_get_close_received(frames) != 0 ? code(frames) : .abnormal) }
        let events = (wantsRead && socket.hasRoom ? NEXUS_READABLE : 0) | (wantsWrite ? NEXUS_WRITABLE : 0)
        nexus_epoll_watch(loop.epoll, descriptor, events, connection.id | 1, 0)
    }

    /// Half-closes and waits for the peer to do the same. Closing a socket that holds unread bytes resets the connection,
    /// and a peer that is reset may never see the close frame (RFC 9112, section 9.6 describes the same for HTTP).
    private func linger(_ code: WebSocket.CloseCode, at now: ContinuousClock.Instant) {
        shutdown(descriptor, CInt(SHUT_WR))
        lingering = (code, now)
        if isDrained() { return finish(code) }
        nexus_epoll_watch(loop.epoll, descriptor, NEXUS_READABLE, connection.id | 1, 0)
    }

    /// Throws away what the peer sends, some of it at a time; `true` when the peer has ended.
    private func isDrained() -> Bool {
        var scratch = [UInt8](repeating: 0, count: 16 << 10)
        for _ in 0..<16 {
            let count = unsafe recv(descriptor, &scratch, scratch.count, 0)
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return true }
            if count < 0 { return false }
        }
        return false
    }

    private func fillQueue(_ frames: OpaquePointer, at now: ContinuousClock.Instant) {
        let bytesMax = WebSocketState<WebSocket.Waiter>.outboundBytesMax
        while unsafe wslay_event_get_queued_msg_length(frames) < bytesMax,
            let outgoing = socket.takeOutgoing(isDrained: unsafe wslay_event_get_queued_msg_count(frames) == 0)
        {
            switch outgoing {
            case .message(.text(let text)): unsafe queue(frames, 1, Array(text.utf8))
            case .message(.binary(let bytes)): unsafe queue(frames, 2, bytes)
            case .close(let code, let reason):
                // A close frame's payload is at most 125 bytes, 2 of them the code.
                let reason = Array(reason.utf8.prefix(120))
                unsafe wslay_event_queue_close(frames, code.rawValue, reason, reason.count)
                closeSent = now
            }
        }
    }

    private func queue(_ frames: OpaquePointer, _ opcode: UInt8, _ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var message = unsafe wslay_event_msg(opcode: opcode, msg: bytes.baseAddress, msg_length: bytes.count)
            // Refused only after a close frame; what is sent then has no receiver.
            unsafe wslay_event_queue_msg(frames, &message)
        }
    }

    private func code(_ frames: OpaquePointer) -> WebSocket.CloseCode {
        let received = unsafe wslay_event_get_status_code_received(frames)
        let isReceived = unsafe wslay_event_get_close_received(frames) != 0
        return WebSocket.CloseCode(
            rawValue: isReceived ? received : unsafe wslay_event_get_status_code_sent(frames))
    }

    func passTime(_ now: ContinuousClock.Instant) {
        if let lingering {
            if now - lingering.since > Self.closeTimeout { finish(lingering.code) }
        } else if let closeSent {
            if now - closeSent > Self.closeTimeout { finish(.abnormal) }
        } else if let pingSent {
            if now - pingSent > socket.options.pongTimeout { finish(.abnormal) }
        } else if now - lastHeard > socket.options.pingInterval, let frames = unsafe frames, socket.hasRoom {
            // A socket that is not read would not hear the pong.
            pingSent = now
            unsafe queue(frames, 9, [])
            service(at: now)
        }
    }

    func close(_ code: WebSocket.CloseCode) {
        socket.close(code)
        service(at: loop.now)
    }

    /// Closes without a handshake.
    func drop() { finish(.abnormal) }

    func connectionClosed() { finish(.abnormal) }

    private func finish(_ code: WebSocket.CloseCode) {
        guard !isOver else { return }
        isOver = true
        nexus_epoll_forget(loop.epoll, descriptor)
        unsafe wslay_event_context_free(frames)
        unsafe frames = nil
        socket.end(code)
        task?.cancel()
        unsafe nexus_http_close_upgraded(handle)
    }
}

// MARK: - wslay's callbacks

extension WebSocketSession {
    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> WebSocketSession? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<WebSocketSession>.fromOpaque(context).takeUnretainedValue()
    }

    fileprivate func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard socket.hasRoom, !isPeerGone else { return 0 }
        if !early.isEmpty {
            let part = early.prefix(buffer.count)
            unsafe part.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
            early = early.dropFirst(part.count)
            return part.count
        }
        let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 {
            lastHeard = loop.now
            pingSent = nil
            return count
        }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { isPeerGone = true }
        return 0
    }

    /// -1 for a broken socket, 0 for one that is full.
    fileprivate func send(_ buffer: UnsafeRawBufferPointer) -> Int {
        let count = unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : -1
    }

    fileprivate func received(opcode: UInt8, _ bytes: UnsafeBufferPointer<UInt8>) {
        switch opcode {
        case 1: socket.deliver(.text(unsafe String(decoding: bytes, as: UTF8.self)))  // wslay has checked the UTF-8
        case 2: socket.deliver(.binary(unsafe Array(bytes)))
        default: break
        }
    }
}

private let receiveBytes:
    @convention(c) (
        wslay_event_context_ptr?, UnsafeMutablePointer<UInt8>?, Int, CInt, UnsafeMutableRawPointer?
    ) -> Int = { frames, buffer, capacity, _, context in
        let count =
            unsafe WebSocketSession.of(context)?.receive(
                into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity)) ?? 0
        if count > 0 { return count }
        unsafe wslay_event_set_error(frames, CInt(WSLAY_ERR_WOULDBLOCK.rawValue))
        return -1
    }

private let sendBytes:
    @convention(c) (
        wslay_event_context_ptr?, UnsafePointer<UInt8>?, Int, CInt, UnsafeMutableRawPointer?
    ) -> Int = { frames, bytes, count, _, context in
        let sent = unsafe WebSocketSession.of(context)?.send(UnsafeRawBufferPointer(start: bytes, count: count)) ?? -1
        if sent > 0 { return sent }
        let error = sent == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE
        unsafe wslay_event_set_error(frames, CInt(error.rawValue))
        return -1
    }

private let messageReceived:
    @convention(c) (
        wslay_event_context_ptr?, UnsafePointer<wslay_event_on_msg_recv_arg>?, UnsafeMutableRawPointer?
    ) -> Void = { _, message, context in
        guard let message = unsafe message?.pointee else { return }
        unsafe WebSocketSession.of(context)?.received(
            opcode: message.opcode, UnsafeBufferPointer(start: message.msg, count: message.msg_length))
    }

/// MHD_UpgradeHandler: the response is sent, the socket is ours until `nexus_http_close_upgraded`.
let socketUpgraded:
    @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutableRawPointer?, UnsafePointer<CChar>?, Int, CInt,
        OpaquePointer?
    ) -> Void = { context, _, requestContext, early, earlyCount, descriptor, handle in
        guard let context = unsafe context, let requestContext = unsafe requestContext, let handle = unsafe handle
        else { return }
        let loop = unsafe Unmanaged<ServerLoop>.fromOpaque(context).takeUnretainedValue()
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(requestContext).takeUnretainedValue()
        guard let socket = exchange.transfer.upgrade else { return unsafe nexus_http_close_upgraded(handle) }
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: early, count: earlyCount))
        let session = unsafe WebSocketSession(
            loop, exchange, socket, descriptor: descriptor, handle: handle, early: bytes)
        exchange.connection.enter(.upgraded, at: loop.now)
        exchange.connection.socket = session
        session.start()
    }
