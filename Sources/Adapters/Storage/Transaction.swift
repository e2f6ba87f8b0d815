internal import Synchronization

/// An open transaction. Valid inside the closure that it was given to; afterwards every use is refused with `.misuse`.
///
/// After a statement has failed, let the error out: PostgreSQL refuses the rest of the transaction anyway.
public final class Transaction: Sendable {
    private let session: any Session
    private let ticket: Ticket

    init(session: any Session, ticket: Ticket) {
        self.session = session
        self.ticket = ticket
    }

    /// The rows of a query, as this transaction sees them.
    public func query(
        _ sql: String, _ parameters: [SQLValue] = [], rowsMax: Int = Database.rowsMax
    ) async throws(StorageError) -> [Row] {
        try await run(sql, parameters, rowsMax: rowsMax).rows
    }

    /// The rows of a query as values of a type.
    public func query<T: RowDecodable>(
        as type: T.Type, _ sql: String, _ parameters: [SQLValue] = [], rowsMax: Int = Database.rowsMax
    ) async throws(StorageError) -> [T] {
        try await query(sql, parameters, rowsMax: rowsMax).map { row throws(StorageError) in try T(row: row) }
    }

    /// Runs one statement.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [SQLValue] = []) async throws(StorageError) -> Outcome {
        try await run(sql, parameters, rowsMax: Database.rowsMax)
    }

    /// Hands the rows of a query to `body` one by one. No other statement can run on this transaction meanwhile.
    public func forEachRow(
        _ sql: String, _ parameters: [SQLValue] = [], _ body: (Row) async throws -> Void
    ) async throws {
        try await session.forEachRow(try Statement(sql, parameters, ticket: ticket), body)
    }

    func runScript(_ sql: String) async throws(StorageError) { try await session.runScript(sql, ticket: ticket) }

    private func run(
        _ sql: String, _ parameters: [SQLValue], rowsMax: Int
    ) async throws(StorageError) -> Outcome {
        let statement = try Statement(sql, parameters, ticket: ticket)
        return try await Interrupt.following { interrupt throws(StorageError) in
            try await self.session.run(statement, rowsMax: rowsMax, interrupt: interrupt)
        }
    }
}

/// Marks the tasks that run inside a writing transaction, so that a second one is refused instead of waiting for the first
/// one's connection for ever.
private final class TransactionScope: Sendable {
    @TaskLocal static var current: TransactionScope?

    let database: ObjectIdentifier
    private let state = Mutex(true)

    init(_ database: Database) { self.database = ObjectIdentifier(database) }

    var isOpen: Bool { state.withLock { $0 } }

    func end() { state.withLock { $0 = false } }
}

extension Database {
    /// Several reads that all see the database as it is at the first of them.
    public func read<T>(_ body: (Transaction) async throws -> T) async throws -> T {
        let session = try await readers.acquire()
        defer { readers.release(session) }
        return try await Self.run(body, on: session, .snapshot)
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or its task is cancelled.
    ///
    /// - Parameters:
    ///   - isolation: what PostgreSQL keeps from the transaction; SQLite runs writing transactions one at a time.
    ///   - durability: what it survives once it is committed.
    ///   - attemptsMax: how often `body` may be run when PostgreSQL finds that it collided with another transaction. It
    ///     must therefore have no effect outside the transaction.
    ///   - body: uses the transaction and nothing else of this database.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `.serialization` when the attempts are used up; `.misuse` inside another transaction.
    @discardableResult
    public func transaction<T>(
        _ isolation: Isolation = .serializable, durability: Durability = .power, attemptsMax: Int = 10,
        _ body: (Transaction) async throws -> T
    ) async throws -> T {
        precondition(attemptsMax > 0, "a transaction is attempted at least once")
        try refuseNesting()
        var attempt = 1
        while true {
            do {
                return try await attemptTransaction(.write(isolation, durability), body)
            } catch let error as StorageError where error.code.isTransient && attempt < attemptsMax {
                // 1, 2, 4 … 64 ms, each with up to as much again, so that those who collided do not meet again.
                let pause = 1 << min(attempt - 1, 6)
                do {
                    try await Task.sleep(for: .microseconds(Int.random(in: pause * 1000...pause * 2000)))
                } catch {
                    throw StorageError(.cancelled, "the task was cancelled between two attempts of a transaction")
                }
                attempt += 1
            }
        }
    }

    private func attemptTransaction<T>(
        _ mode: TransactionMode, _ body: (Transaction) async throws -> T
    ) async throws -> T {
        let session = try await writers.acquire()
        defer { writers.release(session) }
        let scope = TransactionScope(self)
        defer { scope.end() }
        return try await TransactionScope.$current.withValue(scope) {
            // Between its statements the body runs on the session's thread too: a change of threads costs more than most of
            // what is done there.
            try await withTaskExecutorPreference(session.thread) {
                try await Self.run(body, on: session, mode)
            }
        }
    }

    private static func run<T>(
        _ body: (Transaction) async throws -> T, on session: any Session, _ mode: TransactionMode
    ) async throws -> T {
        let ticket = try await session.begin(mode)
        do {
            let value = try await body(Transaction(session: session, ticket: ticket))
            if Task.isCancelled { throw StorageError(.cancelled, "the task was cancelled before the commit") }
            try await session.commit(ticket)
            return value
        } catch {
            await session.rollBack(ticket)
            throw error
        }
    }

    /// Refuses to wait for a writer while this task holds one.
    func refuseNesting() throws(StorageError) {
        guard let scope = TransactionScope.current, scope.isOpen, scope.database == ObjectIdentifier(self) else {
            return
        }
        throw StorageError(.misuse, "this task is in a transaction already; use its handle")
    }
}
