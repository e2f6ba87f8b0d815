/// Where an SQLite database is and how it is opened.
public struct SQLiteSettings: Sendable, Equatable {
    /// The database file; its folder must exist. `-wal` and `-shm` files and snapshots appear beside it.
    public var path: String
    /// Connections that read at the same time. There is always exactly one that writes.
    public var readersMax: Int
    /// How long to wait for another *process* that holds the write lock.
    public var busyTimeout: Duration
    /// Prepared statements that each connection keeps.
    public var statementsMax: Int
    /// The database may grow to so many pages of 4,096 bytes; then writes fail with `.full`. `nil`: as far as the disk goes.
    public var pagesMax: Int?
    /// Snapshots from before migrations that are kept; older ones are removed.
    public var snapshotsMax: Int
    public var pool: PoolLimits

    public init(
        path: String, readersMax: Int = 4, busyTimeout: Duration = .seconds(5), statementsMax: Int = 128,
        pagesMax: Int? = nil, snapshotsMax: Int = 3, pool: PoolLimits = PoolLimits()
    ) {
        self.path = path
        self.readersMax = readersMax
        self.busyTimeout = busyTimeout
        self.statementsMax = statementsMax
        self.pagesMax = pagesMax
        self.snapshotsMax = snapshotsMax
        self.pool = pool
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, for C interfaces.
    var millisecondsForC: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return .max }
        return Int32(clamping: milliseconds.partialValue + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
