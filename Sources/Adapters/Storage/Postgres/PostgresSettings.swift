/// Which PostgreSQL database to use and how.
///
/// The connection text is never shown: descriptions and mirrors of this value leave it out, as it may hold a password.
public struct PostgresSettings: Sendable, Equatable {
    /// `postgresql://user:password@host/database` or `host=… dbname=…` as libpq reads it.
    /// <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>
    let connectionText: String
    /// Connections that write at the same time.
    public var writersMax: Int
    /// Connections that only read; the server refuses writes on them.
    public var readersMax: Int
    public var connectTimeout: Duration
    /// The server ends a statement after this time. `nil`: never.
    public var statementTimeout: Duration?
    public var pool: PoolLimits

    public init(
        connectionText: String, writersMax: Int = 8, readersMax: Int = 8, connectTimeout: Duration = .seconds(10),
        statementTimeout: Duration? = .seconds(60), pool: PoolLimits = PoolLimits()
    ) {
        self.connectionText = connectionText
        self.writersMax = writersMax
        self.readersMax = readersMax
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.pool = pool
    }
}

extension PostgresSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "PostgreSQL, \(writersMax) writers, \(readersMax) readers" }
    public var debugDescription: String { description }
    public var customMirror: Mirror {
        Mirror(self, children: ["writersMax": writersMax, "readersMax": readersMax], displayStyle: .struct)
    }
}
