/// One connection to a database, confined to a thread of its own. Lent by a ``SessionPool`` to one caller at a time.
///
/// Statements inside a transaction carry its ticket; the session refuses a ticket that is not the open one, so that a
/// transaction handle that escaped can never act in somebody else's transaction.
protocol Session: AnyObject, Sendable {
    /// The thread that it is confined to.
    nonisolated var thread: ThreadExecutor { get }
    /// Runs one statement to its end.
    func run(_ statement: Statement, rowsMax: Int, interrupt: Interrupt) async throws(StorageError) -> Outcome
    /// Starts a query whose rows are then taken with ``nextRows(interrupt:)``. Nothing else may run until it has ended.
    func startRows(_ statement: Statement, interrupt: Interrupt) async throws(StorageError)
    /// The next batch of rows, bounded by ``RowBatch``; empty at the end.
    func nextRows(interrupt: Interrupt) async throws(StorageError) -> [Row]
    /// Ends a query, read to its end or not.
    func endRows() async
    /// Runs several statements separated by semicolons, without parameters, inside a transaction.
    func runScript(_ sql: String, ticket: Ticket) async throws(StorageError)
    func begin(_ mode: TransactionMode) async throws(StorageError) -> Ticket
    func commit(_ ticket: Ticket) async throws(StorageError)
    /// Takes back all that the transaction did. A session that cannot do so is not usable afterwards.
    func rollBack(_ ticket: Ticket) async
    /// Whether the session is idle, in no transaction and connected.
    func isUsable() async -> Bool
    func close() async
    /// Copies the database beside itself when it holds something. `nil`: it is empty, or backups are the operator's.
    func takeSnapshot() async throws(StorageError) -> String?
}

/// Names one transaction of one session.
struct Ticket: Sendable, Equatable {
    let number: UInt64
}

/// One SQL statement with its parameters, and the transaction that it belongs to.
struct Statement: Sendable {
    let sql: String
    let parameters: [SQLValue]
    let ticket: Ticket?

    init(_ sql: String, _ parameters: [SQLValue] = [], ticket: Ticket? = nil) throws(StorageError) {
        for (index, parameter) in parameters.enumerated() { try parameter.checkPortable(position: index + 1) }
        self.sql = sql
        self.parameters = parameters
        self.ticket = ticket
    }
}

enum TransactionMode: Sendable {
    /// Reads only, all from one moment.
    case snapshot
    case write(Isolation, Durability)
}

/// How much a writing transaction may see of others on PostgreSQL. SQLite has one writer, so there it is always alone.
public enum Isolation: Sendable {
    /// As if transactions ran one after another. PostgreSQL may answer `.serialization`, and the transaction is retried.
    case serializable
    /// Each statement sees what is committed when it starts: enough for single-statement changes, and never retried for it.
    case readCommitted
}

/// What a committed transaction survives.
public enum Durability: Sendable {
    /// A power cut too: the log is synchronised at the commit.
    case power
    /// The end of the process. A power cut costs what was committed since the last commit of the other kind, on PostgreSQL a
    /// few times its `wal_writer_delay`; what is left is consistent.
    case process
}

/// How many rows cross from a session's thread at a time: few enough to bound memory, enough to pay for the crossing.
enum RowBatch {
    static let rowsMax = 256
    /// A batch ends with the row that reaches this many bytes of text and blobs.
    static let bytesMax = 1 << 20
}

extension SQLValue {
    /// Bytes of text or blob.
    var payloadBytes: Int {
        switch self {
        case .null, .integer, .real: 8
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        }
    }
}

/// Which use of a session is going on.
enum SessionUse: Equatable {
    /// Can become: transaction, (reading), ended.
    case idle
    /// Can become: idle, ended.
    case transaction(Ticket)
    /// Closed or broken. Terminal.
    case ended

    /// Refuses a statement that does not belong here.
    func admit(_ ticket: Ticket?) throws(StorageError) {
        switch self {
        case .ended:
            throw StorageError(.closed, "the connection is closed")
        case .idle where ticket == nil:
            break
        case .transaction(let open) where open == ticket:
            break
        case .idle, .transaction:
            throw StorageError(.misuse, "the transaction has ended; its handle cannot be used any more")
        }
    }
}
