/// How long and how many callers may wait for a connection.
public struct PoolLimits: Sendable, Equatable {
    /// After this time a caller that waits for a connection gets `.poolExhausted`.
    public var acquireTimeout: Duration
    /// One more waiting caller than this gets `.poolExhausted` at once.
    public var waitersMax: Int

    public init(acquireTimeout: Duration = .seconds(10), waitersMax: Int = 1024) {
        self.acquireTimeout = acquireTimeout
        self.waitersMax = waitersMax
    }
}
