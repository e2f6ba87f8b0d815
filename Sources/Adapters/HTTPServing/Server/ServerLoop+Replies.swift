import CMicroHTTPD
import Glibc

/// Turns an ``HTTPResponse`` into what libmicrohttpd sends.
extension ServerLoop {
    /// `false` closes the connection.
    func send(_ response: HTTPResponse, for exchange: Exchange) -> Bool {
        if let reply = unsafe makeReply(response, for: exchange) {
            defer { unsafe MHD_destroy_response(reply) }
            if unsafe addHeaders(response, to: reply) {
                return unsafe queue(reply, response.status, for: exchange)
            }
        }
        // A header that cannot be sent, or no memory: the handler's mistake must not reach the wire half-made.
        let failure = ErrorResponse.internalError
        exchange.isStreaming = false
        exchange.transfer.abandon()
        exchange.task?.cancel()
        guard case .bytes(let bytes) = failure.body, let reply = unsafe buffer(bytes) else { return false }
        defer { unsafe MHD_destroy_response(reply) }
        exchange.bodyBytesSent = bytes.count
        guard unsafe addHeaders(failure, to: reply) else { return false }
        return unsafe queue(reply, failure.status, for: exchange)
    }

    private func queue(_ reply: OpaquePointer, _ status: HTTPStatus, for exchange: Exchange) -> Bool {
        exchange.stage = .replying
        exchange.status = status
        exchange.lastSend = now
        guard let code = CUnsignedInt(exactly: status.rawValue) else { return false }
        return unsafe MHD_queue_response(exchange.connection.handle, code, reply) == .YES
    }

    private func makeReply(_ response: HTTPResponse, for exchange: Exchange) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes):
            exchange.bodyBytesSent = exchange.request?.method == .head ? 0 : bytes.count
            return unsafe buffer(bytes)
        case .stream(let keepAlive, _):
            exchange.keepAlive = keepAlive
            if exchange.request?.method == .head { return unsafe nexus_http_closing_response() }
            exchange.isStreaming = true
            let source = StreamSource(self, exchange)
            // Retained here, released by `streamFreed`, which libmicrohttpd calls when the response is destroyed.
            let reply = unsafe MHD_create_response_from_callback(
                UInt64.max, exchange.isChunked ? 1 : Self.blockBytes, streamWanted,
                Unmanaged.passRetained(source).toOpaque(), streamFreed)
            unsafe source.reply = unsafe reply
            return unsafe reply
        case .file(let region):
            guard let descriptor = region.takeDescriptor() else { return nil }
            exchange.bodyBytesSent = exchange.request?.method == .head ? 0 : region.count
            let reply = unsafe MHD_create_response_from_fd_at_offset64(
                UInt64(region.count), descriptor, UInt64(region.offset))
            if unsafe reply == nil { close(descriptor) }
            return unsafe reply
        case .webSocket:
            return unsafe MHD_create_response_for_upgrade(
                socketUpgraded, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    /// Only used for HTTP/1.0 clients, who get no chunks. Chunks are written into the connection's own buffer.
    private static let blockBytes = 4096

    private func buffer(_ bytes: [UInt8]) -> OpaquePointer? {
        unsafe bytes.withUnsafeBytes { unsafe nexus_http_response($0.baseAddress, $0.count) }
    }

    private func addHeaders(_ response: HTTPResponse, to reply: OpaquePointer) -> Bool {
        for field in response.headers where !Self.isServersBusiness(field.name) {
            // Fails on line breaks in names and values, so a header cannot be smuggled in.
            let isAdded = unsafe field.name.withCString { name in
                unsafe field.value.withCString { unsafe MHD_add_response_header(reply, name, $0) }
            }
            guard isAdded == .YES else { return false }
        }
        guard isDraining, response.status != .switchingProtocols else { return true }
        return unsafe MHD_add_response_header(reply, "Connection", "close") == .YES
    }

    private static func isServersBusiness(_ name: String) -> Bool {
        switch name.utf8.count {
        case 14: HTTPHeaders.isEqual(name, "Content-Length")
        case 17: HTTPHeaders.isEqual(name, "Transfer-Encoding")
        case 10: HTTPHeaders.isEqual(name, "Connection")
        case 4: HTTPHeaders.isEqual(name, "Date")
        default: false
        }
    }
}

/// What a streamed response's callback needs.
@safe
private final class StreamSource {
    unowned let loop: ServerLoop
    let exchange: Exchange
    /// The response that holds this, and releases it when it is destroyed.
    var reply: OpaquePointer?
    /// The most that was written into the buffer at a time since its pages were given back.
    private var bytesInBuffer = Int.max
    private var lastRelease: ContinuousClock.Instant?

    init(_ loop: ServerLoop, _ exchange: Exchange) {
        self.loop = loop
        self.exchange = exchange
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch exchange.transfer.pull(countMax: buffer.count) {
        case .bytes(let bytes, _):
            unsafe bytes.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
            bytesInBuffer = max(bytesInBuffer, bytes.count)
            exchange.bodyBytesSent += bytes.count
            exchange.lastSend = loop.now
            return bytes.count
        case .park:
            let connection = exchange.connection
            guard !connection.isPeerGone else {
                exchange.task?.cancel()
                exchange.transfer.abandon()
                return -2
            }
            if !exchange.isFlushed {
                // The head was sent with MSG_MORE; without a push it would wait 200 ms for a first chunk.
                exchange.isFlushed = true
                nexus_flush_socket(connection.descriptor)
            }
            unsafe rest(buffer)
            loop.suspend(connection)
            return 0
        case .ended: return -1
        case .failed: return -2
        }
    }

    /// Lets go of what a stream that waits does not need: its headers, which are sent, and pages of its connection's buffer.
    /// Half of the buffer was cleared by libmicrohttpd when it had read the request; later it is what large pieces needed.
    ///
    /// Not more often than once a second, and not for pieces that fit the page on which the buffer begins. Answers that are
    /// short have ended before.
    private func rest(_ buffer: UnsafeMutableRawBufferPointer) {
        guard bytesInBuffer > Self.smallBytes, loop.now - exchange.start >= Self.youth,
            lastRelease.map({ loop.now - $0 >= .seconds(1) }) ?? true
        else { return }
        bytesInBuffer = 0
        lastRelease = loop.now
        unsafe nexus_release_pages(buffer.baseAddress, buffer.count)
        if let reply = unsafe reply { unsafe nexus_http_drop_headers(reply) }
    }

    private static let smallBytes = 2048
    /// Chosen: to give back and to need again costs some microseconds, which a stream that lasts longer does not notice.
    private static let youth = Duration.milliseconds(100)
}

/// MHD_ContentReaderCallback: -1 ends the stream, -2 breaks the connection off, 0 only after suspending.
private let streamWanted: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int =
    {
        context, _, buffer, capacity in
        guard let context = unsafe context else { return -2 }
        let source = unsafe Unmanaged<StreamSource>.fromOpaque(context).takeUnretainedValue()
        return unsafe source.fill(UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
    }

/// MHD_ContentReaderFreeCallback
private let streamFreed: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<StreamSource>.fromOpaque(context).release()
}
