internal import CSQLite

/// One open SQLite connection with its prepared statements; closes itself exactly once.
///
/// Not `Sendable`: confined to the session that opened it, which is why SQLite's own mutexes are off
/// (<https://www.sqlite.org/threadsafe.html>).
@safe
struct SQLiteConnection: ~Copyable {
    enum Access {
        case readWrite
        case readOnly
    }

    private var handle: OpaquePointer?
    private var statementsMax = 1
    private var statements: [String: SQLiteStatement] = [:]
    private var useCount: UInt64 = 0
    /// What commits survive now.
    private var durability = Durability.power

    /// A connection that is not open yet.
    init() { unsafe handle = nil }

    deinit {
        // `close_v2` waits for the cached statements, which are finalised when the dictionary goes just after.
        unsafe sqlite3_close_v2(handle)
    }

    mutating func open(_ settings: SQLiteSettings, access: Access) throws(StorageError) {
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_NOMUTEX
            | (access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        let status = unsafe sqlite3_open_v2(settings.path, &opened, flags, nil)
        guard status == SQLITE_OK else {
            defer { unsafe sqlite3_close_v2(opened) }  // the C contract: close even after a failed open
            throw unsafe StorageError.sqlite(opened, status: status)
        }
        unsafe handle = opened
        statementsMax = max(1, settings.statementsMax)
        unsafe sqlite3_extended_result_codes(opened, 1)
        unsafe sqlite3_busy_timeout(opened, settings.busyTimeout.millisecondsForC)
        unsafe nexus_sqlite_refuse_quoted_strings(opened)
        // WAL: readers and the writer do not wait for each other. FULL: the log is synced at each commit, so that what was
        // acknowledged survives a power cut; NORMAL would lose it (<https://sqlite.org/pragma.html#pragma_synchronous>).
        if access == .readWrite {
            try enterWAL(within: settings.busyTimeout)
            try runScript("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
            durability = .power
            if let pagesMax = settings.pagesMax { try runScript("PRAGMA max_page_count = \(pagesMax)") }
        }
        try runScript("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF")
    }

    /// Turns on the write-ahead log. While another process does the same SQLite answers "busy" at once, without asking
    /// the busy timeout, because two that wait for each other would never end (sqlite3_busy_handler's manual).
    private borrowing func enterWAL(within limit: Duration) throws(StorageError) {
        let deadline = ContinuousClock.now + limit
        while true {
            do {
                return try runScript("PRAGMA journal_mode = WAL")
            } catch {
                guard error.code == .busy, ContinuousClock.now < deadline else { throw error }
                sqlite3_sleep(5)
            }
        }
    }

    /// Says what the next commits are to survive; outside of transactions only.
    mutating func synchronize(_ durability: Durability) throws(StorageError) {
        guard durability != self.durability else { return }
        try runScript("PRAGMA synchronous = \(durability == .power ? "FULL" : "NORMAL")")
        self.durability = durability
    }

    mutating func close() {
        statements = [:]
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    var isOpen: Bool { unsafe handle != nil }

    /// Whether a transaction is open. SQLite ends one by itself after some errors, such as a full disk.
    var isInTransaction: Bool { unsafe handle != nil && sqlite3_get_autocommit(handle) == 0 }

    /// Rows that statements changed since the connection was opened, triggers included.
    var changesTotal: Int64 { unsafe handle == nil ? 0 : sqlite3_total_changes64(handle) }

    /// Rows that the last changing statement changed itself.
    var changesLast: Int64 { unsafe handle == nil ? 0 : sqlite3_changes64(handle) }

    /// The statement for this text, from the cache or prepared now. Exactly one statement is allowed.
    mutating func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        useCount += 1
        if let known = statements[sql] {
            known.lastUse = useCount
            return known
        }
        let prepared = unsafe try Self.prepare(try opened(), sql)
        prepared.lastUse = useCount
        if statements.count >= statementsMax, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements[oldest.key] = nil
        }
        statements[sql] = prepared
        return prepared
    }

    private static func prepare(_ handle: OpaquePointer, _ sql: String) throws(StorageError) -> SQLiteStatement {
        var sql = sql
        let result: Result<SQLiteStatement, StorageError> = sql.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) { text in
                do throws(StorageError) {
                    return .success(unsafe try prepareOnly(handle, text))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get()
    }

    private static func prepareOnly(
        _ handle: OpaquePointer, _ text: UnsafeBufferPointer<CChar>
    ) throws(StorageError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        var tail: UnsafePointer<CChar>?
        let status = unsafe sqlite3_prepare_v3(
            handle, text.baseAddress, Int32(clamping: text.count), UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, &tail)
        guard status == SQLITE_OK else { throw unsafe StorageError.sqlite(handle, status: status, preparing: true) }
        guard let prepared = unsafe prepared else { throw StorageError(.syntax, "the statement is empty") }
        let statement = unsafe try SQLiteStatement(owning: prepared)
        guard let start = text.baseAddress, let tail = unsafe tail else { return statement }
        let used = unsafe tail - start
        guard used < text.count else { return statement }
        // What is left may be space and comments, which prepare to nothing.
        var next: OpaquePointer?
        let restStatus = unsafe sqlite3_prepare_v3(handle, tail, Int32(clamping: text.count - used), 0, &next, nil)
        let isAlone = unsafe restStatus == SQLITE_OK && next == nil
        unsafe sqlite3_finalize(next)
        guard isAlone else { throw StorageError(.syntax, "one statement at a time; there is text after the first") }
        return statement
    }

    /// Runs statements separated by semicolons, without parameters and without looking at rows.
    borrowing func runScript(_ sql: String) throws(StorageError) {
        let handle = unsafe try opened()
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw unsafe StorageError.sqlite(handle, status: status, preparing: true) }
    }

    private borrowing func opened() throws(StorageError) -> OpaquePointer {
        guard let handle = unsafe handle else { throw StorageError(.closed, "the connection is closed") }
        return unsafe handle
    }

    /// Makes statements stop with `.cancelled` soon after the interrupt is cancelled. Pair with ``stopWatching()``.
    ///
    /// A progress handler and not `sqlite3_interrupt`: an interrupt that comes between the check for cancellation and the
    /// first step would be lost, since SQLite forgets it while no statement runs.
    borrowing func watch(_ interrupt: Interrupt) {
        // Unretained: the caller holds the interrupt until it has called `stopWatching` on this thread.
        guard isOpen else { return }
        unsafe sqlite3_progress_handler(
            handle, 4000,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Interrupt>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
            }, Unmanaged.passUnretained(interrupt).toOpaque())
    }

    borrowing func stopWatching() {
        guard isOpen else { return }
        unsafe sqlite3_progress_handler(handle, 0, nil, nil)
    }
}
