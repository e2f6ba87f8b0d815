/// How downloads go about it.
public struct TransferOptions: Sendable, Equatable {
    /// Connections for one file.
    public var connections: Int
    /// What the ledger counts in, in bytes.
    public var blockBytes: Int
    /// Blocks of one request at most.
    public var runBlocksMax: Int
    /// How often the ledger is written; what arrived after the last time is fetched again after kill -9.
    public var ledgerInterval: Duration
    /// How often the file is synced; what arrived after the last time is fetched again after a power cut.
    public var syncInterval: Duration
    /// Bytes per second below which a connection is made anew.
    public var rateMin: Int
    /// How long a connection may be so slow.
    public var slowMax: Duration
    /// How often a download begins again because the repository has changed.
    public var changesMax: Int
    var retries = RetryPolicy()

    public init(
        connections: Int = 4, blockBytes: Int = 4 << 20, runBlocksMax: Int = 16, ledgerInterval: Duration = .seconds(1),
        syncInterval: Duration = .seconds(30),
        rateMin: Int = 4096, slowMax: Duration = .seconds(20), changesMax: Int = 3
    ) {
        self.connections = connections
        self.blockBytes = blockBytes
        self.runBlocksMax = runBlocksMax
        self.ledgerInterval = ledgerInterval
        self.syncInterval = syncInterval
        self.rateMin = rateMin
        self.slowMax = slowMax
        self.changesMax = changesMax
    }
}
