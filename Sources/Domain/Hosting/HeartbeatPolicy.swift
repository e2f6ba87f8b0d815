/// Whether a worker that has work still makes progress.
///
/// A worker reports how many decode steps it has taken and whether it has work. It is healthy when the count advanced
/// within `timeout` or when it is idle. No report at all for `timeout` counts as no progress.
public struct HeartbeatPolicy<Instant: InstantProtocol>: Sendable, Equatable where Instant.Duration == Duration {
    public struct Beat: Sendable, Equatable {
        /// Counts up with every decode step; starts anywhere.
        public var stepCount: UInt64
        /// Whether no sequence is running or waiting.
        public var isIdle: Bool

        public init(stepCount: UInt64, isIdle: Bool) {
            self.stepCount = stepCount
            self.isIdle = isIdle
        }
    }

    public enum Verdict: Sendable, Equatable {
        case healthy
        /// No progress for this long, which is at least `timeout`.
        case stalled(Duration)
    }

    public let timeout: Duration
    private var stepCount: UInt64?
    private var progressAt: Instant

    /// Begins `now`, when the worker became ready.
    public init(timeout: Duration, now: Instant) {
        self.timeout = timeout
        progressAt = now
    }

    /// Takes in a report. A changed count is progress, also when it is smaller, because a new worker counts from 0.
    public mutating func receive(_ beat: Beat, at now: Instant) {
        if beat.isIdle || beat.stepCount != stepCount { progressAt = max(progressAt, now) }
        stepCount = beat.stepCount
    }

    public func verdict(at now: Instant) -> Verdict {
        let silence = progressAt.duration(to: now)
        return silence < timeout ? .healthy : .stalled(silence)
    }

    /// When to look next: the worker cannot stall before.
    public var nextCheck: Instant { progressAt.advanced(by: timeout) }
}
