import CMicroHTTPD

/// The steps of a request, in the order in which they happen.
extension ServerLoop {
    /// A body that was not asked for is read and thrown away up to this size, to keep the connection; beyond it the
    /// connection is closed.
    private static let discardedBytesMax = 256 * 1024

    /// A body declared to be at most this large is read before its handler starts, which then needs not wait for it.
    /// Chosen: reading such a JSON text takes a fraction of a millisecond of the server's thread.
    private static let bufferedBytesMax = 16 * 1024

    enum BodyReceipt {
        case taken
        /// Offered again when the connection is resumed.
        case refused
        /// The connection is to be closed.
        case hopeless
    }

    func requestStarted(on connection: Connection, target: String) -> Exchange {
        let (mailbox, id) = (settings.mailbox, connection.id)
        let exchange = Exchange(
            connection: connection, target: target, at: now,
            transfer: Transfer(executor: executor) { mailbox.wake(id) })
        connection.exchange = exchange
        connection.enter(.head, at: now)
        return exchange
    }

    /// Something other than body bytes happened: the headers are complete, the connection was resumed, or the body is
    /// complete. `false` closes the connection.
    func proceed(_ exchange: Exchange, method: UnsafePointer<CChar>) -> Bool {
        switch exchange.stage {
        case .target:
            unsafe readHead(exchange, method: method)
            guard case .held = exchange.stage else { return true }
            startHandler(exchange)
            return settle(exchange)
        case .buffering:
            exchange.stage = .bodiless
            exchange.connection.enter(.working, at: now)
            exchange.transfer.endUpload()
            startHandler(exchange)
            return settle(exchange)
        case .bodiless:
            if exchange.task == nil { startHandler(exchange) }
            return settle(exchange)
        case .held:
            return settle(exchange)
        case .reading:
            exchange.connection.enter(.working, at: now)
            exchange.transfer.endUpload()
            return settle(exchange)
        case .discarding(let response):
            return send(response, for: exchange)
        case .replying:
            return !exchange.transfer.isAbandoned
        }
    }

    private func readHead(_ exchange: Exchange, method: UnsafePointer<CChar>) {
        let connection = exchange.connection
        let headers = unsafe HTTPHeaders(of: connection.handle)
        let framing = BodyFraming(headers)
        let limit = settings.configuration.limits.bodyBytes
        let body: RequestBody
        switch framing {
        case .none, .conflicting:
            exchange.transfer.endUpload()
            body = RequestBody(bytes: [])
        case .length(let length):
            body = RequestBody(transfer: exchange.transfer, declaredBytes: length, bytesMax: limit)
        case .chunked:
            body = RequestBody(transfer: exchange.transfer, declaredBytes: nil, bytesMax: limit)
        }
        connection.enter(.working, at: now)
        switch framing {
        case .none: exchange.stage = .bodiless
        case .length(let length) where length <= Self.bufferedBytesMax && headers["Expect"] == nil:
            exchange.stage = .buffering
            connection.enter(.body, at: now)
        case .length, .chunked, .conflicting: exchange.stage = .held
        }
        exchange.request = unsafe HTTPRequest(
            method: HTTPMethod(rawValue: String(cString: method)), target: exchange.target, headers: headers,
            remoteAddress: connection.remoteAddress, body: body,
            refusal: framing == .conflicting ? .malformed("The body's length is declared in conflicting ways.") : nil,
            isSecure: settings.configuration.tls != nil, transfer: exchange.transfer)
    }

    private func startHandler(_ exchange: Exchange) {
        guard let request = exchange.request else { return }
        exchange.task = HandlerTask.start(request, settings.entrance, exchange.transfer)
    }

    /// Acts on what the handler's task wants next.
    private func settle(_ exchange: Exchange) -> Bool {
        let isUploadOver: Bool
        if case .held = exchange.stage { isUploadOver = false } else { isUploadOver = true }
        switch exchange.transfer.decide(isUploadOver: isUploadOver) {
        case .abort: return false
        case .reply(let response):
            guard case .held = exchange.stage, isWorthDiscarding(exchange) else { return send(response, for: exchange) }
            exchange.stage = .discarding(response)
            exchange.connection.enter(.body, at: now)
            return true
        case .readBody:
            exchange.stage = .reading
            exchange.connection.enter(.body, at: now)
            return true
        case .park:
            guard !exchange.connection.isPeerGone else {
                exchange.task?.cancel()
                exchange.transfer.abandon()
                return false
            }
            suspend(exchange.connection)
            return true
        }
    }

    private func isWorthDiscarding(_ exchange: Exchange) -> Bool {
        guard let request = exchange.request, request.refusal == nil, request.headers["Expect"] == nil,
            let declared = request.body.declaredBytes
        else { return false }
        return declared <= Self.discardedBytesMax
    }

    func bodyArrived(_ exchange: Exchange, _ piece: [UInt8]) -> BodyReceipt {
        if case .discarding = exchange.stage { return discard(exchange, piece) }
        switch exchange.transfer.receive(piece) {
        case .accepted:
            exchange.bodyBytesReceived += piece.count
            return .taken
        case .full:
            suspend(exchange.connection)
            return .refused
        case .unwanted: return discard(exchange, piece)
        case .abandoned: return .hopeless
        }
    }

    private func discard(_ exchange: Exchange, _ piece: [UInt8]) -> BodyReceipt {
        exchange.bodyBytesDiscarded += piece.count
        return exchange.bodyBytesDiscarded <= Self.discardedBytesMax ? .taken : .hopeless
    }

    func requestEnded(_ exchange: Exchange, isComplete: Bool) {
        let connection = exchange.connection
        if connection.exchange === exchange { connection.exchange = nil }
        if connection.phase != .upgraded { connection.enter(.idle, at: now) }
        if !isComplete {
            exchange.task?.cancel()
            // libmicrohttpd may look at a connection that it has closed only when something happens on it: the client is to
            // know now.
            if connection.phase != .upgraded { hangUp(connection) }
        }
        exchange.transfer.abandon()
        exchange.transfer.upgrade?.end(.abnormal)
        exchange.request?.context.finish(
            RequestOutcome(
                status: exchange.status, bodyBytes: exchange.bodyBytesSent, duration: .now - exchange.start,
                wasAborted: !isComplete))
        if isDraining, connection.phase == .idle { hangUp(connection) }
    }
}

/// How a request's body is delimited (RFC 9112, section 6.3).
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    /// Several lengths, a length beside chunks, or no number: the way requests are smuggled. Refused.
    case conflicting

    init(_ headers: HTTPHeaders) {
        var (length, lengths) = ("", 0)
        headers.forEach("Content-Length") { value in
            length = value
            lengths += 1
        }
        var (coding, codings) = ("", 0)
        headers.forEach("Transfer-Encoding") { value in
            coding = value
            codings += 1
        }
        switch (lengths, codings) {
        case (0, 0): self = .none
        case (0, 1): self = HTTPHeaders.isEqual(coding, "chunked") ? .chunked : .conflicting
        case (1, 0):
            guard length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(length) else {
                self = .conflicting
                return
            }
            self = length == 0 ? .none : .length(length)
        default: self = .conflicting
        }
    }
}

extension HTTPHeaders {
    /// The headers of a request that libmicrohttpd has read. Bytes that are not UTF-8 are replaced.
    init(of handle: OpaquePointer) {
        self.init()
        unsafe withUnsafeMutablePointer(to: &self) { headers in
            unsafe nexus_http_each_header(
                handle,
                { context, _, name, value in
                    guard let name = unsafe name,
                        let headers = unsafe context?.assumingMemoryBound(to: HTTPHeaders.self)
                    else { return .NO }
                    let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
                    unsafe headers.pointee.append(String(cString: name), text)
                    return .YES
                }, headers)
            return
        }
    }
}
