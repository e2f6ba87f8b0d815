/// One PostgreSQL connection on a thread of its own.
actor PostgresSession: Session {
    enum Access {
        case readWrite
        case readOnly
    }

    nonisolated let thread: ThreadExecutor
    private let settings: PostgresSettings
    private let access: Access
    private var connection: PostgresConnection
    private var use = SessionUse.idle
    private var ticketLast: UInt64 = 0
    /// Whether a query's rows are being taken in batches.
    private var isReading = false
    /// Whether the server has nothing more to send for it.
    private var isExhausted = false
    private var columns: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(_ settings: PostgresSettings, access: Access) throws(StorageError) {
        self.settings = settings
        self.access = access
        thread = try ThreadExecutor()
        connection = try PostgresConnection(settings)
    }

    deinit { thread.stop() }

    static func open(_ settings: PostgresSettings, access: Access) async throws(StorageError) -> PostgresSession {
        let session = try PostgresSession(settings, access: access)
        try await session.connect()
        return session
    }

    private func connect() throws(StorageError) {
        try connection.open()
        let timeout = settings.statementTimeout?.millisecondsForC ?? 0
        // Text and bytes in the one form that results are read in, whatever the server's configuration says.
        try runNow(
            """
            SET statement_timeout = \(timeout); SET bytea_output = 'hex'; SET extra_float_digits = 1; \
            SET standard_conforming_strings = on; SET client_min_messages = error; \
            SET default_transaction_read_only = \(access == .readOnly ? "on" : "off")
            """)
    }

    func run(_ statement: Statement, rowsMax: Int, interrupt: Interrupt) throws(StorageError) -> Outcome {
        try start(statement, interrupt)
        var rows: [Row] = []
        var changes = 0
        var failure: StorageError?
        loop: while let result = try connection.nextResult(interrupt) {
            switch result.kind {
            case .row:
                guard failure == nil else { continue loop }
                guard rows.count < rowsMax else {
                    failure = StorageError(.tooManyRows, "the query has more than \(rowsMax) rows")
                    rows = []
                    connection.cancelRunning()
                    continue loop
                }
                if rows.isEmpty { columns = result.columns }
                rows.append(Row(columns: columns, values: result.values))
            case .end(let count):
                changes += count
                if result.isEmptyQuery { failure = failure ?? StorageError(.syntax, "the statement is empty") }
            case .failed(let error):
                failure = failure ?? blame(error, interrupt)
            case .copying:
                connection.close()
                throw StorageError(.misuse, "COPY is not supported")
            }
        }
        if let failure { throw failure }
        if statement.ticket == nil, !connection.isIdle {
            try runNow("ROLLBACK")
            throw StorageError(.misuse, "BEGIN is not a statement; use a transaction")
        }
        return Outcome(rows: rows, changes: changes)
    }

    func startRows(_ statement: Statement, interrupt: Interrupt) throws(StorageError) {
        try start(statement, interrupt)
        isReading = true
        isExhausted = false
    }

    func nextRows(interrupt: Interrupt) throws(StorageError) -> [Row] {
        guard isReading, !isExhausted else { return [] }
        try interrupt.check()
        var rows: [Row] = []
        var bytes = 0
        while rows.count < RowBatch.rowsMax, bytes < RowBatch.bytesMax {
            guard let result = try connection.nextResult(interrupt) else {
                isExhausted = true
                break
            }
            switch result.kind {
            case .row:
                if rows.isEmpty { columns = result.columns }
                let row = Row(columns: columns, values: result.values)
                bytes += row.values.reduce(0) { $0 + $1.payloadBytes }
                rows.append(row)
            case .end: break
            case .failed(let error): throw blame(error, interrupt)
            case .copying:
                connection.close()
                throw StorageError(.misuse, "COPY is not supported")
            }
        }
        return rows
    }

    func endRows() {
        guard isReading else { return }
        isReading = false
        guard !isExhausted else { return }
        connection.cancelRunning()
        drain()
    }

    func runScript(_ sql: String, ticket: Ticket) throws(StorageError) {
        try admit(ticket)
        try runNow(sql)
        guard connection.isInTransaction else {
            throw StorageError(.misuse, "the script ended the transaction that it runs in")
        }
    }

    func begin(_ mode: TransactionMode) throws(StorageError) -> Ticket {
        try admit(nil)
        switch mode {
        case .snapshot: try runNow("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        case .write(let isolation, let durability):
            let level = isolation == .serializable ? "SERIALIZABLE" : "READ COMMITTED"
            let more = durability == .process ? "; SET LOCAL synchronous_commit = off" : ""
            try runNow("BEGIN ISOLATION LEVEL \(level) READ WRITE" + more)
        }
        ticketLast += 1
        let ticket = Ticket(number: ticketLast)
        use = .transaction(ticket)
        return ticket
    }

    func commit(_ ticket: Ticket) throws(StorageError) {
        try admit(ticket)
        // COMMIT of a failed transaction is a ROLLBACK that reports success.
        guard connection.isInTransaction else {
            throw StorageError(.misuse, "a statement of the transaction failed, so that it cannot be committed")
        }
        try runNow("COMMIT")
        use = .idle
    }

    func rollBack(_ ticket: Ticket) {
        guard use == .transaction(ticket) else { return }
        endRows()
        do {
            if connection.isConnected, !connection.isIdle { try runNow("ROLLBACK") }
            use = connection.isIdle ? .idle : .ended
        } catch {
            use = .ended
            connection.close()
        }
    }

    func isUsable() -> Bool { use == .idle && !isReading && connection.isIdle && connection.isSilent }

    func close() {
        use = .ended
        connection.close()
    }

    func takeSnapshot() -> String? { nil }

    private func admit(_ ticket: Ticket?) throws(StorageError) {
        try use.admit(ticket)
        guard !isReading else {
            throw StorageError(.misuse, "another query of this transaction is still being read")
        }
        guard connection.isConnected else { throw StorageError(.connection, "the connection to PostgreSQL was lost") }
        guard ticket == nil || !connection.isIdle else {
            throw StorageError(.misuse, "a statement has ended the transaction")
        }
    }

    private func start(_ statement: Statement, _ interrupt: Interrupt) throws(StorageError) {
        try admit(statement.ticket)
        try interrupt.check()
        try connection.send(statement.sql, PostgresParameters(statement.parameters), interrupt)
    }

    /// Runs statements to their end without rows, parameters or cancellation.
    private func runNow(_ sql: String) throws(StorageError) {
        try connection.sendScript(sql)
        var failure: StorageError?
        while let result = try connection.nextResult(nil) {
            switch result.kind {
            case .row, .end: break
            case .failed(let error): failure = failure ?? error
            case .copying:
                connection.close()
                throw StorageError(.misuse, "COPY is not supported")
            }
        }
        if let failure { throw failure }
    }

    /// Takes and drops what is left of the running statement.
    private func drain() {
        do {
            while let result = try connection.nextResult(nil) {
                if case .copying = result.kind { connection.close() }
            }
        } catch {
            connection.close()
        }
    }

    /// The server reports our cancel request and its own time limit with the same SQLSTATE.
    private func blame(_ error: StorageError, _ interrupt: Interrupt) -> StorageError {
        guard error.code == .timeout, interrupt.isCancelled else { return error }
        return StorageError(.cancelled, "the task was cancelled", detail: error.detail)
    }
}
