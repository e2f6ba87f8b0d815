/// One SQLite connection on a thread of its own.
actor SQLiteSession: Session {
    nonisolated let thread: ThreadExecutor
    /// The thread ends with the session.
    private let ownsThread: Bool
    private let settings: SQLiteSettings
    private let access: SQLiteConnection.Access
    private var connection = SQLiteConnection()
    private var use = SessionUse.idle
    private var ticketLast: UInt64 = 0
    /// The query whose rows are being taken in batches.
    private var reading: SQLiteStatement?
    /// Whether it has no more rows; another step would start it again.
    private var isExhausted = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(
        _ settings: SQLiteSettings, access: SQLiteConnection.Access, on thread: ThreadExecutor?
    ) throws(StorageError) {
        self.settings = settings
        self.access = access
        ownsThread = thread == nil
        if let thread { self.thread = thread } else { self.thread = try ThreadExecutor() }
    }

    deinit { if ownsThread { thread.stop() } }

    static func open(
        _ settings: SQLiteSettings, access: SQLiteConnection.Access, on thread: ThreadExecutor? = nil
    ) async throws(StorageError) -> SQLiteSession {
        let session = try SQLiteSession(settings, access: access, on: thread)
        try await session.connect()
        return session
    }

    private func connect() throws(StorageError) {
        try connection.open(settings, access: access)
    }

    func run(_ statement: Statement, rowsMax: Int, interrupt: Interrupt) throws(StorageError) -> Outcome {
        let prepared = try prepare(statement, interrupt)
        defer { finish(prepared, statement.ticket) }
        let changesBefore = connection.changesTotal
        var rows: [Row] = []
        var columns: [String] = []
        while try prepared.step() {
            if rows.isEmpty { columns = prepared.columns }
            guard rows.count < rowsMax else {
                throw StorageError(.tooManyRows, "the query has more than \(rowsMax) rows")
            }
            rows.append(Row(columns: columns, values: prepared.values))
        }
        let hasChanges = connection.changesTotal != changesBefore
        let changes = hasChanges ? Int(connection.changesLast) : 0
        if statement.ticket == nil, connection.isInTransaction {
            throw StorageError(.misuse, "BEGIN is not a statement; use a transaction")
        }
        return Outcome(rows: rows, changes: changes)
    }

    func startRows(_ statement: Statement, interrupt: Interrupt) throws(StorageError) {
        reading = try prepare(statement, interrupt)
        isExhausted = false
        connection.stopWatching()
    }

    func nextRows(interrupt: Interrupt) throws(StorageError) -> [Row] {
        guard let reading, !isExhausted else { return [] }
        try interrupt.check()
        connection.watch(interrupt)
        defer { connection.stopWatching() }
        var rows: [Row] = []
        var columns: [String] = []
        var bytes = 0
        while rows.count < RowBatch.rowsMax, bytes < RowBatch.bytesMax {
            guard try reading.step() else {
                isExhausted = true
                break
            }
            if rows.isEmpty { columns = reading.columns }
            let row = Row(columns: columns, values: reading.values)
            bytes += row.values.reduce(0) { $0 + $1.payloadBytes }
            rows.append(row)
        }
        return rows
    }

    func endRows() {
        reading?.reset()
        reading = nil
    }

    func runScript(_ sql: String, ticket: Ticket) throws(StorageError) {
        try admit(ticket)
        try connection.runScript(sql)
        guard connection.isInTransaction else {
            throw StorageError(.misuse, "the script ended the transaction that it runs in")
        }
    }

    func begin(_ mode: TransactionMode) throws(StorageError) -> Ticket {
        try admit(nil)
        switch mode {
        case .snapshot: try connection.runScript("BEGIN")
        case .write(_, let durability):
            try connection.synchronize(durability)
            // IMMEDIATE: wait for the write lock here, where nothing has been read yet, not in the middle.
            try connection.runScript("BEGIN IMMEDIATE")
        }
        ticketLast += 1
        let ticket = Ticket(number: ticketLast)
        use = .transaction(ticket)
        return ticket
    }

    func commit(_ ticket: Ticket) throws(StorageError) {
        try admit(ticket)
        try connection.runScript("COMMIT")
        use = .idle
    }

    func rollBack(_ ticket: Ticket) {
        guard use == .transaction(ticket) else { return }
        endRows()
        if connection.isInTransaction {
            do {
                try connection.runScript("ROLLBACK")
            } catch {
                use = .ended
                return
            }
        }
        use = .idle
    }

    func isUsable() -> Bool { use == .idle && reading == nil && connection.isOpen && !connection.isInTransaction }

    func close() {
        endRows()
        use = .ended
        connection.close()
    }

    func takeSnapshot() throws(StorageError) -> String? {
        try admit(nil)
        let content = try connection.statement("SELECT 1 FROM sqlite_schema LIMIT 1")
        defer { content.reset() }
        guard try content.step() else { return nil }
        content.reset()
        return try SQLiteSnapshots(path: settings.path, countMax: settings.snapshotsMax).take {
            partialPath throws(StorageError) in
            let copying = try connection.statement("VACUUM INTO $1")
            defer { copying.reset() }
            try copying.bind([.text(partialPath)])
            _ = try copying.step()
        }
    }

    /// Refuses what does not belong here, before anything is done.
    private func admit(_ ticket: Ticket?) throws(StorageError) {
        try use.admit(ticket)
        guard reading == nil else {
            throw StorageError(.misuse, "another query of this transaction is still being read")
        }
        guard ticket == nil || connection.isInTransaction else {
            throw StorageError(.misuse, "the database has rolled the transaction back after an earlier error")
        }
    }

    private func prepare(_ statement: Statement, _ interrupt: Interrupt) throws(StorageError) -> SQLiteStatement {
        try admit(statement.ticket)
        try interrupt.check()
        if statement.ticket == nil { try connection.synchronize(.power) }
        let prepared = try connection.statement(statement.sql)
        do throws(StorageError) {
            try prepared.bind(statement.parameters)
        } catch {
            prepared.reset()
            throw error
        }
        connection.watch(interrupt)
        return prepared
    }

    private func finish(_ prepared: SQLiteStatement, _ ticket: Ticket?) {
        prepared.reset()
        connection.stopWatching()
        guard ticket == nil, connection.isInTransaction else { return }
        // A bare BEGIN slipped in: nothing of it may reach the next user of this connection.
        do {
            try connection.runScript("ROLLBACK")
        } catch {
            use = .ended
        }
    }
}
