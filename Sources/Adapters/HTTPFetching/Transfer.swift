import CCurl

/// One easy handle on its way through the multi handle, with all that its callbacks need.
///
/// Not `Sendable`: made, used and closed on the client's thread.
@safe
final class Transfer {
    let exchange: Exchange
    /// Asked before a connection is used.
    let allowsPeer: (@Sendable (PeerAddress) -> Bool)?
    let isOverUnixSocket: Bool
    let easy: UnsafeMutableRawPointer
    var watch: DeadlineWatch
    /// Why a callback stopped the transfer: libcurl's own result then only says that one did.
    var refusal: FetchError?
    var isReceivingPaused = false
    var isSendingPaused = false
    var headReader: ResponseHeadReader
    var outgoing: OutgoingBody

    /// Freed by `close`; libcurl does not copy the list and writes to the buffer.
    var headerList: UnsafeMutablePointer<curl_slist>?
    let errorWords: UnsafeMutablePointer<CChar>

    let schedule: DeadlineSchedule
    let tellings: Tellings
    let sockets: SocketWatch
    private let counts: LiveCounts
    private var feeder: Task<Void, Never>?

    /// Makes a handle that is ready to be added to the multi handle. Whoever opens it closes it.
    ///
    /// - Throws: when libcurl has no memory, or does not take an option.
    static func open(
        _ exchange: Exchange, _ request: PreparedRequest, settings: HTTPClient.Configuration, mailbox: LoopMailbox,
        schedule: DeadlineSchedule, tellings: Tellings, sockets: SocketWatch, counts: LiveCounts
    ) throws(FetchError) -> Transfer {
        guard let easy = unsafe curl_easy_init() else { throw FetchError(.failed, "No memory for a transfer.") }
        let transfer = unsafe Transfer(
            exchange, request, easy: easy, settings: settings, mailbox: mailbox, schedule: schedule, tellings: tellings,
            sockets: sockets, counts: counts)
        // Retained for the callbacks, which get `context`; released in `close` and nowhere else. libcurl calls them
        // only from within curl_multi_socket_action, curl_easy_pause and curl_multi_remove_handle, and never after
        // curl_easy_cleanup.
        let context = unsafe Unmanaged.passRetained(transfer).toOpaque()
        counts.change { $0.liveContextCount += 1 }
        do throws(FetchError) {
            try unsafe transfer.configure(request, context: context, settings: settings)
        } catch {
            transfer.close()
            throw error
        }
        return transfer
    }

    /// Frees the handle and all that hangs on it, once. It must not be in the multi handle any more.
    func close() {
        feeder?.cancel()
        if case .stream(let stream) = outgoing { stream.buffer.close() }
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(headerList)
        unsafe errorWords.deallocate()
        counts.change {
            $0.liveTransferCount -= 1
            $0.liveContextCount -= 1
        }
        unsafe Unmanaged.passUnretained(self).release()
    }

    private init(
        _ exchange: Exchange, _ request: PreparedRequest, easy: UnsafeMutableRawPointer,
        settings: HTTPClient.Configuration, mailbox: LoopMailbox, schedule: DeadlineSchedule, tellings: Tellings,
        sockets: SocketWatch, counts: LiveCounts
    ) {
        self.exchange = exchange
        allowsPeer = request.options.allowsPeer
        isOverUnixSocket = request.options.unixSocketPath != nil
        unsafe self.easy = unsafe easy
        self.schedule = schedule
        self.tellings = tellings
        self.sockets = sockets
        self.counts = counts
        watch = DeadlineWatch(timeouts: request.options.timeouts, totalDeadline: request.totalDeadline, now: .now)
        headReader = ResponseHeadReader(byteCountMax: request.options.headerBytesMax)
        unsafe errorWords = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorWords.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
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
        counts.change { $0.liveTransferCount += 1 }
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
        let words = unsafe String(cString: errorWords)
        return CurlFailure.error(code, words: words, isConnecting: watch.isConnecting)
    }
}
