/// A database: SQLite in a file or PostgreSQL on a server, used in the same way.
///
/// Parameters are written `$1`, `$2`, … in the text and are never part of it. Each call takes a connection from a pool for
/// as long as it lasts: reads from the readers, everything else from the writers (SQLite has one).
///
/// ```swift
/// let database = try await Database.open(SQLiteSettings(path: "nexus.db"))
/// try await database.migrate(migrations)
/// try await database.execute("INSERT INTO keys (id, name) VALUES ($1, $2)", ["key_1", .text(name)])
/// let names = try await database.query("SELECT name FROM keys WHERE id = $1", ["key_1"])
///     .map { row in try row.decode(String.self, "name") }
/// ```
public final class Database: Sendable {
    public let dialect: Dialect
    let readers: SessionPool
    let writers: SessionPool
    /// The thread of the one that writes, where there is only one; whoever does nothing but write is quickest there.
    public var writerExecutor: (any TaskExecutor)? { writerThread }
    private let writerThread: ThreadExecutor?

    /// Rows that a query returns at most when nothing else is said.
    public static let rowsMax = 100_000

    private init(
        dialect: Dialect, readers: SessionPool, writers: SessionPool, writerThread: ThreadExecutor? = nil
    ) {
        self.writerThread = writerThread
        self.dialect = dialect
        self.readers = readers
        self.writers = writers
    }

    deinit { writerThread?.stop() }

    /// Opens an SQLite database, which is made when it is not there.
    public static func open(_ settings: SQLiteSettings) async throws(StorageError) -> Database {
        let thread = try ThreadExecutor()
        let database = Database(
            dialect: .sqlite,
            readers: SessionPool(sessionsMax: settings.readersMax, limits: settings.pool) { () throws(StorageError) in
                try await SQLiteSession.open(settings, access: .readOnly)
            },
            writers: SessionPool(sessionsMax: 1, limits: settings.pool) { () throws(StorageError) in
                try await SQLiteSession.open(settings, access: .readWrite, on: thread)
            }, writerThread: thread)
        database.writers.release(try await database.writers.acquire())
        return database
    }

    /// Connects to a PostgreSQL database, which must exist.
    public static func open(_ settings: PostgresSettings) async throws(StorageError) -> Database {
        let database = Database(
            dialect: .postgres,
            readers: SessionPool(sessionsMax: settings.readersMax, limits: settings.pool) { () throws(StorageError) in
                try await PostgresSession.open(settings, access: .readOnly)
            },
            writers: SessionPool(sessionsMax: settings.writersMax, limits: settings.pool) { () throws(StorageError) in
                try await PostgresSession.open(settings, access: .readWrite)
            })
        database.writers.release(try await database.writers.acquire())
        return database
    }

    /// The rows of a query, from a connection that cannot write.
    ///
    /// - Parameters:
    ///   - sql: one statement.
    ///   - parameters: for `$1`, `$2`, … in order.
    ///   - rowsMax: more rows than this are refused with `.tooManyRows`; take them one by one with
    ///     ``forEachRow(_:_:_:)``.
    /// - Returns: the rows in the order of the query.
    /// - Throws: what is wrong with the statement, or that no connection was to be had.
    public func query(
        _ sql: String, _ parameters: [SQLValue] = [], rowsMax: Int = rowsMax
    ) async throws(StorageError) -> [Row] {
        let statement = try Statement(sql, parameters)
        return try await Interrupt.following { interrupt throws(StorageError) in
            let session = try await self.readers.acquire()
            defer { self.readers.release(session) }
            return try await session.run(statement, rowsMax: rowsMax, interrupt: interrupt).rows
        }
    }

    /// The rows of a query as values of a type.
    public func query<T: RowDecodable>(
        as type: T.Type, _ sql: String, _ parameters: [SQLValue] = [], rowsMax: Int = rowsMax
    ) async throws(StorageError) -> [T] {
        try await query(sql, parameters, rowsMax: rowsMax).map { row throws(StorageError) in try T(row: row) }
    }

    /// Runs one statement that may write, in a transaction of its own. When this returns, the change is durable.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [SQLValue] = []) async throws(StorageError) -> Outcome {
        try refuseNesting()
        let statement = try Statement(sql, parameters)
        return try await Interrupt.following { interrupt throws(StorageError) in
            let session = try await self.writers.acquire()
            defer { self.writers.release(session) }
            return try await session.run(statement, rowsMax: Self.rowsMax, interrupt: interrupt)
        }
    }

    /// Hands the rows of a query to `body` one by one, in bounded memory however many there are.
    ///
    /// The next rows are fetched when `body` is done with these. On SQLite the log cannot be shortened meanwhile.
    public func forEachRow(
        _ sql: String, _ parameters: [SQLValue] = [], _ body: (Row) async throws -> Void
    ) async throws {
        let session = try await readers.acquire()
        defer { readers.release(session) }
        try await session.forEachRow(try Statement(sql, parameters), body)
    }

    /// Refuses new work, waits until the work in progress has ended, and closes every connection.
    public func close() async {
        writers.refuseCallers()
        await readers.close()
        await writers.close()
    }
}

extension Session {
    func forEachRow(_ statement: Statement, _ body: (Row) async throws -> Void) async throws {
        try await Interrupt.following { interrupt throws(StorageError) in
            try await self.startRows(statement, interrupt: interrupt)
        }
        do {
            while true {
                let rows = try await Interrupt.following { interrupt throws(StorageError) in
                    try await self.nextRows(interrupt: interrupt)
                }
                if rows.isEmpty { break }
                for row in rows { try await body(row) }
            }
        } catch {
            await endRows()
            throw error
        }
        await endRows()
    }
}
