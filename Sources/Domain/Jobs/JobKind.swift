public import JSONText

/// A sort of work that the runner knows how to do.
public struct JobKind: Sendable {
    /// Does the work, and returns what came of it. It ends soon after its task is cancelled, by throwing, and
    /// leaves nothing half done
    /// where others would find it. It may be run again from the last checkpoint, also when it had nearly ended.
    public typealias Handler = @concurrent @Sendable (JobContext) async throws -> JSONValue
    /// Removes what attempts have left behind. Called when a job was cancelled or has failed, whether or not its handler ran
    /// to an end; the job may be tried again afterwards.
    public typealias Discard = @concurrent @Sendable (JobRecord) async -> Void
    /// Refuses parameters that the handler could not use, and may fill in what was left out.
    public typealias Check = @Sendable (JSONObject) throws -> JSONObject

    /// As it is stored and shown: `quantize`.
    public let name: String
    /// How many run at once in one process.
    public var runningMax: Int
    public var retry: JobRetry
    /// Names the work that parameters stand for: submissions of the same work join the first while it is not finished.
    public var identity: @Sendable (JSONObject) -> String?
    public var check: Check
    public var discard: Discard
    public var handler: Handler

    public init(
        _ name: String, runningMax: Int = 1, retry: JobRetry = .none,
        identity: @escaping @Sendable (JSONObject) -> String? = { _ in nil },
        check: @escaping Check = { $0 }, discard: @escaping Discard = { _ in }, handler: @escaping Handler
    ) {
        precondition(runningMax > 0, "a kind that may never run is no kind")
        self.name = name
        self.runningMax = runningMax
        self.retry = retry
        self.identity = identity
        self.check = check
        self.discard = discard
        self.handler = handler
    }
}

/// Whether a job is tried again after a ``TransientJobError``, and how long it waits before.
public struct JobRetry: Sendable, Equatable {
    /// Attempts in all, at least 1.
    public var attemptsMax: Int
    /// Before the second attempt; doubled before each one after it.
    public var firstPause: Duration
    public var pauseMax: Duration

    public init(attemptsMax: Int, firstPause: Duration = .seconds(1), pauseMax: Duration = .seconds(300)) {
        self.attemptsMax = max(1, attemptsMax)
        self.firstPause = firstPause
        self.pauseMax = pauseMax
    }

    public static let none = JobRetry(attemptsMax: 1)

    /// How long to wait after that many attempts.
    ///
    /// - Parameters:
    ///   - attempts: that were made, at least 1.
    ///   - chance: 0 to 1, which adds up to a quarter, so that those who failed together do not come back together.
    /// - Returns: the pause; `nil` when there are to be no more attempts.
    public func pause(afterAttempts attempts: Int, chance: Double) -> Duration? {
        guard attempts < attemptsMax else { return nil }
        let doublings = min(max(0, attempts - 1), 30)
        let pause = min(firstPause * (1 << doublings), pauseMax)
        return pause + pause * (min(1, max(0, chance)) / 4)
    }
}

/// A failure that may pass: the network, a server that is busy. Thrown by handlers whose kind has a ``JobRetry``.
public struct TransientJobError: Error {
    public let cause: any Error
    /// When the other side said how long to wait.
    public let retryAfter: Duration?

    public init(_ cause: any Error, retryAfter: Duration? = nil) {
        self.cause = cause
        self.retryAfter = retryAfter
    }
}
