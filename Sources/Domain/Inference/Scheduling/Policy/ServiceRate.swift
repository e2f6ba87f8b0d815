/// How fast a queue is being served, measured while it has something to serve.
struct ServiceRate: Sendable {
    /// The last samples count most: the tenth before counts half as much.
    private static let decay = 0.933
    /// Whoever is told to come back does so neither at once nor tomorrow.
    private static let retries = Duration.seconds(1)...Duration.seconds(60)

    /// Start of the interval that runs now; `nil` while nobody waits.
    private var waitingSince: Duration?
    private var intervals = 0.0
    private var seconds = 0.0
    /// Refusals since the last start: each of them waits for another place.
    private var refusals = 0

    /// Notes that one request was started.
    mutating func started(now: Duration, othersWait: Bool) {
        if let since = waitingSince {
            intervals = intervals * Self.decay + 1
            seconds = seconds * Self.decay + max(0, (now - since) / .seconds(1))
        }
        waitingSince = othersWait ? now : nil
        refusals = max(0, refusals - 1)
    }

    mutating func refused() { refusals += 1 }

    /// Nobody waits any more, without having been started.
    mutating func emptied() { waitingSince = nil }

    /// Average time between two starts; `nil` when nothing was measured yet.
    func interval(now: Duration) -> Duration? {
        let running = waitingSince.map { max(.zero, now - $0) }
        guard intervals > 0 else { return nil }
        // To the microsecond: what is measured is not finer.
        return max(.microseconds((seconds / intervals * 1e6).rounded()), running ?? .zero)
    }

    /// How long until a request with so many others before it starts; `nil` when nothing was measured yet.
    func wait(position: Int, now: Duration) -> Duration? { interval(now: now).map { $0 * (position + 1) } }

    /// When a refused client should come back: later for each one that was refused before it, so that they do not all
    /// come for the same place.
    func retryAfter(now: Duration) -> Duration {
        let estimate = interval(now: now).map { $0 * max(1, refusals) } ?? Self.retries.lowerBound
        return min(max(estimate, Self.retries.lowerBound), Self.retries.upperBound)
    }
}
