/// How models share this machine.
public struct HostingConfiguration: Sendable, Equatable {
    /// What all models together may take; `nil` is what the machine has, less a tenth.
    public var memoryMax: ByteCount?
    /// How long a model stays in memory unused, where it says nothing; `nil` until its memory is needed.
    public var keepAlive: Duration?
    /// A worker that is not ready by then is ended.
    public var loadMax = Duration.seconds(600)
    /// How long an answer may go on in a worker that another one has taken the place of.
    public var drainMax = Duration.seconds(600)
    /// Whether everybody who reaches the API may have programs and containers started, and not only those who reach
    /// the Unix socket.
    public var allowsCommands = false
    /// Where the Docker Engine listens.
    public var dockerSocket = "/var/run/docker.sock"

    public init() {}
}

/// What a model of the configuration says of its place on this machine.
public struct ModelHosting: Sendable, Equatable {
    /// Whose memory is taken first: of the least urgent.
    public enum Priority: String, Sendable, CaseIterable { case low, normal, high, critical }

    /// Further names that requests may use.
    public var aliases: [String] = []
    /// Models that answer when this one cannot, in order.
    public var fallback: [String] = []
    /// Equal workers side by side.
    public var replicas = 1
    /// It never leaves memory to make room for others.
    public var isPinned = false
    /// How long it stays in memory unused; `nil` leaves it to `hosting.keepAlive`.
    public var keepAlive: Duration?
    public var priority = Priority.normal
    /// Requests at the same time of a server that is no engine of ours; others wait. `nil` has no bound.
    public var concurrency: Int?

    public init() {}
}
