import CCurl

/// One request on its way through the multi handle, with all that its callbacks need.
///
/// Not `Sendable`: made, used and closed on the client's thread.
@safe
final class Transfer {
    let exchange: Exchange
    /// Asked before a connection is used.
    let allowsPeer: (@Sendable (PeerAddress) -> Bool)?
    let isOverUnixSocket: Bool
    let handle: EasyHandle
    private let resumption: FetchRequest.Resumption
    var watch: DeadlineWatch
    /// Why a callback stopped the transfer: libcurl's own result then only says that one did.
    var refusal: FetchError?
    var isReceivingPaused = false
    var isSendingPaused = false
    var headReader: ResponseHeadReader
    var outgoing: OutgoingBody
    /// What one read has brought of the body, for the reader to get at once.
    var gathered: [UInt8] = []
    /// What was gathered so far.
    var receivedBytes = 0

    let schedule: DeadlineSchedule
    let tellings: Tellings
    let sockets: SocketWatch
    private let counts: LiveCounts
    private var feeder: Task<Void, Never>?

    var easy: UnsafeMutableRawPointer { unsafe handle.easy }

    /// Sets a handle up for a request, ready to be added to the multi handle. Whoever opens a transfer closes it.
    ///
    /// - Throws: when libcurl has no memory, or does not take an option.
    static func open(
        _ exchange: Exchange, _ request: PreparedRequest, on handle: EasyHandle, settings: HTTPClient.Configuration,
        mailbox: LoopMailbox, schedule: DeadlineSchedule, tellings: Tellings, sockets: SocketWatch, counts: LiveCounts
    ) throws(FetchError) -> Transfer {
        let transfer = Transfer(
            exchange, request, handle, settings: settings, mailbox: mailbox, schedule: schedule, tellings: tellings,
            sockets: sockets, counts: counts)
        // Retained for the callbacks, which get `context`; released in `close` and nowhere else. libcurl calls them
        // only from within curl_multi_socket_action, curl_easy_pause and curl_multi_remove_handle, and never after
        // the handle was freed, or set up for another transfer.
        let context = unsafe Unmanaged.passRetained(transfer).toOpaque()
        do throws(FetchError) {
            try unsafe handle.begin(request, transfer.outgoing, context: context)
        } catch {
            transfer.close()
            throw error
        }
        // libcurl has the whole of a posted body.
        if case .posted = handle.profile.body { transfer.outgoing = .none }
        return transfer
    }

    /// Lets go of all that hangs on it, once. Its handle must not be in the multi handle any more, and is freed or set up
    /// for another transfer by whoever still holds it.
    func close() {
        feeder?.cancel()
        if case .stream(let stream) = outgoing { stream.buffer.close() }
        counts.change {
            $0.liveTransferCount -= 1
            $0.liveContextCount -= 1
        }
        unsafe Unmanaged.passUnretained(self).release()
    }

    private init(
        _ exchange: Exchange, _ request: PreparedRequest, _ handle: EasyHandle, settings: HTTPClient.Configuration,
        mailbox: LoopMailbox, schedule: DeadlineSchedule, tellings: Tellings, sockets: SocketWatch, counts: LiveCounts
    ) {
        self.exchange = exchange
        allowsPeer = request.options.allowsPeer
        isOverUnixSocket = request.options.unixSocketPath != nil
        self.handle = handle
        resumption = request.options.resumption
        self.schedule = schedule
        self.tellings = tellings
        self.sockets = sockets
        self.counts = counts
        watch = DeadlineWatch(timeouts: request.options.timeouts, totalDeadline: request.totalDeadline, now: .now)
        headReader = ResponseHeadReader(byteCountMax: request.options.headerBytesMax)
        switch request.body {
        case .none: outgoing = .none
        case .bytes(let bytes): outgoing = .bytes(bytes, offset: 0)
        case .stream(let chunks, let length):
            let buffer = UploadBuffer(
                exchangeID: exchange.id, length: length, capacity: settings.requestBufferBytes, mailbox: mailbox)
            outgoing = .stream(OutgoingStream(buffer: buffer, length: length))
            // Ended by `close`.
            feeder = Task { await buffer.fill(from: chunks) }
        }
        counts.change {
            $0.liveTransferCount += 1
            $0.liveContextCount += 1
        }
    }

    /// Tells libcurl which directions rest now. It may call back at once with what it has kept.
    func applyPauses() {
        let receiving = isReceivingPaused ? CURLPAUSE_RECV : 0
        let sending = isSendingPaused ? CURLPAUSE_SEND : 0
        // A failure here ends the transfer, and the multi handle reports it.
        unsafe curl_easy_pause(easy, receiving | sending)
    }

    /// What the result of the transfer means to the one who asked.
    func failure(_ code: CURLcode) -> FetchError? {
        if let refusal { return refusal }
        guard code != CURLE_OK else { return nil }
        return CurlFailure.error(code, words: handle.words, isConnecting: watch.isConnecting)
    }

    /// Hands the reader what one read has brought.
    func deliverGathered() {
        guard !gathered.isEmpty else { return }
        var pieces: [UInt8] = []
        swap(&pieces, &gathered)
        // There was room when the first of them came, and since then it can only have grown.
        exchange.offer(pieces, for: self)
    }

    /// Whether who is told of it now goes on on this thread.
    var isInline: Bool { resumption == .inline && receivedBytes <= FetchRequest.inlineBytesMax }
}
