/// How long a worker's supervisor waits before it starts the worker again.
///
/// Doubles from `initial` to `max`, each time with chance between the half and the whole, so that workers which fell
/// together do not rise together. The first crash after service is answered at once, so that service is back within
/// seconds; only crashes in a row wait.
public struct RestartBackoff: Sendable, Equatable {
    public struct Policy: Sendable, Equatable {
        /// The first wait.
        public var initial: Duration
        /// No wait is longer.
        public var max: Duration
        /// A worker that was ready for this long starts with a clean record when it falls.
        public var stableAfter: Duration
        /// Attempts in a row that never became ready before the worker counts as failed; `nil` never gives up.
        public var attemptsMax: Int?

        public init(
            initial: Duration = .milliseconds(500), max: Duration = .seconds(30),
            stableAfter: Duration = .seconds(60), attemptsMax: Int? = nil
        ) {
            self.initial = initial
            self.max = Swift.max(initial, max)
            self.stableAfter = stableAfter
            self.attemptsMax = attemptsMax
        }
    }

    public let policy: Policy
    /// Ends in a row since the record was last clean.
    public private(set) var failureCount = 0
    /// Ends in a row of workers that were never ready.
    public private(set) var failedStartCount = 0

    public init(policy: Policy = Policy()) { self.policy = policy }

    /// Whether no further attempt makes sense.
    public var isExhausted: Bool { policy.attemptsMax.map { failedStartCount >= $0 } ?? false }

    /// Notes that a worker has ended, and tells how long to wait.
    ///
    /// `readyFor` is how long it was ready, `nil` when it never was. The answer is `.zero` for the first crash after
    /// service, else up to `policy.max`.
    public mutating func delay(
        afterBeingReadyFor readyFor: Duration?, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let readyFor {
            failedStartCount = 0
            if readyFor >= policy.stableAfter { failureCount = 0 }
        } else {
            failedStartCount += 1
        }
        failureCount += 1
        if failureCount == 1, readyFor != nil { return .zero }
        return jittered(ceiling(doublings: failureCount - (readyFor == nil ? 1 : 2)), using: &random)
    }

    /// A clean record, as after an order to start.
    public mutating func reset() {
        failureCount = 0
        failedStartCount = 0
    }

    /// `initial` doubled that often, or `max`.
    private func ceiling(doublings: Int) -> Duration {
        var ceiling = policy.initial
        for _ in 0..<Swift.max(0, doublings) where ceiling < policy.max { ceiling *= 2 }
        return min(ceiling, policy.max)
    }

    private func jittered(_ ceiling: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        ceiling * Double.random(in: 0.5...1, using: &random)
    }
}
