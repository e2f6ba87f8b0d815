/// The runner's bounds.
public struct JobLimits: Sendable, Equatable {
    /// Jobs that this process runs at once, of all kinds.
    public var runningMax = 4
    /// Jobs that are not finished; more are refused.
    public var unfinishedMax = 1_000
    /// Finished jobs that are kept, and how long.
    public var finishedMax = 1_000
    public var finishedAge = Duration.seconds(30 * 24 * 3600)
    /// Bytes of the parameters as JSON.
    public var parametersBytesMax = 64 << 10
    /// Bytes of a checkpoint or a result as JSON.
    public var savedBytesMax = 1 << 20
    /// How often a job may take its process with it before it is given up.
    public var interruptionsMax = 5
    /// How long a process that fell silent keeps its jobs.
    public var lease = Duration.seconds(30)
    /// How often a lease is renewed.
    public var heartbeat = Duration.seconds(5)
    /// How often progress is written.
    public var tick = Duration.seconds(1)
    /// How often the store is asked for jobs that other processes left or submitted.
    public var poll = Duration.seconds(5)

    public static let priorities = -100...100

    public init() {}
}

/// What the runner has of the world.
public struct JobSurroundings: Sendable {
    /// Names this process among all that use the same store.
    public var owner: String
    public var now: @Sendable () -> JobMoment
    /// Whether an owner is known to have ended, so that nobody need wait for its lease to do so.
    public var isGone: @Sendable (String) -> Bool
    /// Told of failures of the store that nobody else hears of.
    public var onTrouble: @Sendable (String) -> Void

    public init(
        owner: String, now: @escaping @Sendable () -> JobMoment,
        isGone: @escaping @Sendable (String) -> Bool = { _ in false },
        onTrouble: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.owner = owner
        self.now = now
        self.isGone = isGone
        self.onTrouble = onTrouble
    }
}
