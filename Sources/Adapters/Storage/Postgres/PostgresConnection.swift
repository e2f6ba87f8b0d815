internal import CPostgres
internal import Glibc

/// One libpq connection in non-blocking mode; finishes itself exactly once.
///
/// Not `Sendable`: confined to the session that opened it (<https://www.postgresql.org/docs/15/libpq-threading.html>).
/// All waiting is done in one place, ``wait(for:until:_:)``.
@safe
struct PostgresConnection: ~Copyable {
    private var handle: OpaquePointer?
    private let doorbell: Doorbell
    private let settings: PostgresSettings
    /// After cancelling a statement, or past its server-side limit, the server must answer within this time; else the
    /// connection counts as lost.
    private static let graceTime = Duration.seconds(5)

    /// A connection that is not open yet.
    init(_ settings: PostgresSettings) throws(StorageError) {
        unsafe handle = nil
        doorbell = try Doorbell()
        self.settings = settings
    }

    deinit { unsafe PQfinish(handle) }

    mutating func close() {
        unsafe PQfinish(handle)
        unsafe handle = nil
    }

    // MARK: Connecting

    mutating func open() throws(StorageError) {
        try Self.checkReadable(settings.connectionText)
        let deadline = ContinuousClock.now + settings.connectTimeout
        // The text goes first, so that it can be a URL; what follows it cannot be overridden by it.
        let started = unsafe Self.start(
            ["dbname", "client_encoding", "fallback_application_name"],
            [settings.connectionText, "UTF8", "llama-nexus"])
        guard let started = unsafe started else { throw StorageError(.unexpected, "no memory for a connection") }
        unsafe handle = started
        // Notices would go to the terminal otherwise.
        unsafe PQsetNoticeReceiver(started, { _, _ in }, nil)
        var awaited = Int16(POLLOUT)
        while true {
            guard unsafe PQstatus(started) != CONNECTION_BAD else { throw connectError() }
            try wait(for: awaited, until: deadline, nil)
            switch unsafe PQconnectPoll(started) {
            case PGRES_POLLING_READING: awaited = Int16(POLLIN)
            case PGRES_POLLING_WRITING: awaited = Int16(POLLOUT)
            case PGRES_POLLING_OK:
                unsafe PQsetnonblocking(started, 1)
                return
            default: throw connectError()
            }
        }
    }

    /// Refuses a text that libpq could not read, without libpq's reason: that would quote the text, password and all.
    private static func checkReadable(_ connectionText: String) throws(StorageError) {
        guard let options = unsafe PQconninfoParse(connectionText, nil) else {
            throw StorageError(.connection, "the connection text is neither a postgresql:// URL nor key=value pairs")
        }
        unsafe PQconninfoFree(options)
    }

    private static func start(_ keywords: [String], _ values: [String]) -> OpaquePointer? {
        let keywordCopies = unsafe keywords.map { unsafe strdup($0) }
        let valueCopies = unsafe values.map { unsafe strdup($0) }
        defer { unsafe (keywordCopies + valueCopies).forEach { unsafe free($0) } }
        let keywordList = unsafe keywordCopies.map { unsafe UnsafePointer($0) } + [nil]
        let valueList = unsafe valueCopies.map { unsafe UnsafePointer($0) } + [nil]
        return unsafe PQconnectStartParams(keywordList, valueList, 1)
    }

    /// libpq's message names host, user and database, never the password; it is kept for the log only.
    private borrowing func connectError() -> StorageError {
        let reason = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return StorageError(.connection, "PostgreSQL refused the connection: \(reason.trimmed)")
    }

    // MARK: State

    var isConnected: Bool { unsafe handle != nil && PQstatus(handle) == CONNECTION_OK }

    var isIdle: Bool { unsafe isConnected && PQtransactionStatus(handle) == PQTRANS_IDLE }

    var isInTransaction: Bool { unsafe isConnected && PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Whether an idle connection still stands. The server has nothing to say to one that is idle but its farewell, so
    /// anything to read, the end included, makes it count as lost.
    var isSilent: Bool {
        guard isConnected else { return false }
        var descriptor = pollfd(fd: unsafe PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) == 0
    }

    // MARK: Statements

    /// Sends one statement; its rows come one result at a time from ``nextResult(_:)``.
    mutating func send(_ sql: String, _ parameters: PostgresParameters, _ interrupt: Interrupt?) throws(StorageError) {
        let handle = unsafe try opened()
        let status = unsafe parameters.bytes.withUnsafeBytes { raw in
            let values = unsafe parameters.offsets.map { offset in
                unsafe offset.flatMap { unsafe raw.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            let formats = [Int32](repeating: 1, count: parameters.offsets.count)
            return unsafe PQsendQueryParams(
                handle, sql, Int32(formats.count), parameters.types, values, parameters.lengths, formats, 0)
        }
        guard status == 1 else { throw StorageError(.connection, "the statement could not be sent") }
        unsafe PQsetSingleRowMode(handle)
        try flush(interrupt)
    }

    /// Sends statements separated by semicolons, without parameters.
    mutating func sendScript(_ sql: String) throws(StorageError) {
        guard unsafe PQsendQuery(try opened(), sql) == 1 else {
            throw StorageError(.connection, "the statements could not be sent")
        }
        try flush(nil)
    }

    private mutating func flush(_ interrupt: Interrupt?) throws(StorageError) {
        let handle = unsafe try opened()
        while true {
            switch unsafe PQflush(handle) {
            case 0:
                return
            case 1:
                try wait(for: Int16(POLLIN | POLLOUT), until: answerDeadline, interrupt)
                guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            default:
                throw lost()
            }
        }
    }

    /// The next result of what was sent; `nil` after the last.
    mutating func nextResult(_ interrupt: Interrupt?) throws(StorageError) -> PostgresResult? {
        let handle = unsafe try opened()
        while unsafe PQisBusy(handle) == 1 {
            try wait(for: Int16(POLLIN), until: answerDeadline, interrupt)
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
        guard let result = unsafe PQgetResult(handle) else { return nil }
        return unsafe PostgresResult(owning: result, from: handle)
    }

    /// Asks the server to end the running statement. It still answers, with an error or with the result.
    mutating func cancelRunning() {
        guard let cancel = unsafe PQgetCancel(handle) else { return }
        var reason = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(cancel, &reason, Int32(reason.count))
        unsafe PQfreeCancel(cancel)
    }

    // MARK: Waiting

    private var answerDeadline: ContinuousClock.Instant? {
        settings.statementTimeout.map { ContinuousClock.now + $0 + Self.graceTime }
    }

    private mutating func lost() -> StorageError {
        close()
        return StorageError(.connection, "the connection to PostgreSQL was lost")
    }

    private borrowing func opened() throws(StorageError) -> OpaquePointer {
        guard let handle = unsafe handle else { throw StorageError(.closed, "the connection is closed") }
        return unsafe handle
    }

    /// Blocks this connection's thread until the socket is ready. Past the deadline the connection is closed.
    ///
    /// When the interrupt is cancelled meanwhile, the server is asked to stop, and the waiting goes on for its answer.
    private mutating func wait(
        for events: Int16, until deadline: ContinuousClock.Instant?, _ interrupt: Interrupt?
    ) throws(StorageError) {
        var deadline = deadline
        var hasCancelled = false
        if let interrupt {
            let doorbell = doorbell
            interrupt.arm { doorbell.ring() }
        }
        defer {
            interrupt?.disarm()
            doorbell.silence()
        }
        while true {
            let socket = unsafe PQsocket(try opened())
            let left = deadline.map { max(.zero, $0 - ContinuousClock.now).millisecondsForC } ?? -1
            let sources = hasCancelled || interrupt == nil ? 1 : 2
            var descriptors = [
                pollfd(fd: socket, events: events, revents: 0),
                pollfd(fd: doorbell.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&descriptors, nfds_t(sources), left)
            if count < 0, errno != EINTR { throw lost() }
            if descriptors[0].revents != 0 { return }
            if descriptors[1].revents != 0 {
                hasCancelled = true
                cancelRunning()
                deadline = ContinuousClock.now + Self.graceTime
            } else if let deadline, ContinuousClock.now >= deadline {
                _ = lost()
                throw StorageError(.connection, "PostgreSQL did not answer in time")
            }
        }
    }
}

extension String {
    /// Without white space at the end.
    fileprivate var trimmed: Substring {
        self[..<(lastIndex { !$0.isWhitespace }.map(index(after:)) ?? startIndex)]
    }
}
