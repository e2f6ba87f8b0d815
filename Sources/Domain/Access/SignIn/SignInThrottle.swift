public import Telemetry
public import Vocabulary

/// Slows down those who guess: each failed sign-in for a name from an address makes the next one wait longer.
///
/// An attempt counts as failed from its beginning until it has succeeded, so that many at once gain nothing. Names that nobody
/// has are counted as others are. Three counters run beside each other: for a name from an address, for an address, and for a
/// name; the last has a high limit, so that a stranger cannot lock anybody out with a few attempts. Kept in memory.
public struct SignInThrottle: Sendable {
    /// When counting begins to hurt, and how much.
    struct Rule: Sendable {
        /// Failures that cost nothing.
        let free: Int
        /// The wait after one more, doubled with each further one.
        let first: Duration
        let max: Duration
    }

    enum Counter: Hashable, Sendable {
        case nameAndAddress(String, String)
        case address(String)
        case name(String)

        var rule: Rule {
            switch self {
            case .nameAndAddress: Rule(free: 5, first: .seconds(2), max: .seconds(900))
            case .address: Rule(free: 30, first: .seconds(1), max: .seconds(900))
            case .name: Rule(free: 100, first: .seconds(1), max: .seconds(60))
            }
        }
    }

    private struct Tally: Sendable {
        var failures = 0
        var last: UnixTime
        /// No attempt is looked at before.
        var openFrom: UnixTime
    }

    /// An attempt that is under way.
    public struct Attempt: Sendable {
        let counters: [Counter]
    }

    /// Tallies that are kept at most; of those, the half that was touched last stays for certain.
    static let countMax = 20_000
    /// Without a failure for so long, everything is forgotten.
    static let memory = Duration.seconds(3_600)

    /// Touched since `older` was laid aside. What is touched moves here.
    private var recent: [Counter: Tally] = [:]
    private var older: [Counter: Tally] = [:]

    public init() {}

    var count: Int { recent.count + older.count }

    /// Begins an attempt, which counts as failed until something else is said.
    ///
    /// - Parameters:
    ///   - name: as it was typed, in lower case.
    ///   - address: of the client.
    ///   - now: the moment.
    /// - Returns: the attempt.
    /// - Throws: `rateLimited` with the time to wait; such an attempt is not counted.
    public mutating func begin(name: String, address: String, now: UnixTime) throws(ServiceError) -> Attempt {
        let counters: [Counter] = [.nameAndAddress(name, address), .address(address), .name(name)]
        let open = counters.compactMap { recent[$0] ?? older[$0] }.filter { $0.last + Self.memory > now }.map(
            \.openFrom
        ).max()
        if let open, open > now {
            let wait = Duration.nanoseconds(open.nanoseconds - now.nanoseconds)
            throw ServiceError(
                .rateLimited, "There were too many attempts to sign in.", hint: "Wait, then try again.",
                retryAfter: wait)
        }
        makeRoom()
        for counter in counters { fail(counter, now) }
        return Attempt(counters: counters)
    }

    /// It succeeded: the name is not slowed down any more at this address.
    public mutating func succeed(_ attempt: Attempt) {
        for counter in attempt.counters {
            if case .nameAndAddress = counter { _ = take(counter) } else { release(counter) }
        }
    }

    /// It was neither right nor wrong, and counts for nothing.
    public mutating func release(_ attempt: Attempt) {
        for counter in attempt.counters { release(counter) }
    }

    private mutating func fail(_ counter: Counter, _ now: UnixTime) {
        var tally = take(counter) ?? Tally(last: now, openFrom: now)
        if tally.last + Self.memory <= now { tally = Tally(last: now, openFrom: now) }
        tally.failures += 1
        tally.last = now
        tally.openFrom = now + Self.wait(after: tally.failures, counter.rule)
        recent[counter] = tally
    }

    private mutating func release(_ counter: Counter) {
        guard var tally = take(counter) else { return }
        tally.failures -= 1
        // What the others before have earned stays: an account of one's own is no way around.
        tally.openFrom = tally.last + Self.wait(after: tally.failures, counter.rule)
        if tally.failures > 0 { recent[counter] = tally }
    }

    static func wait(after failures: Int, _ rule: Rule) -> Duration {
        guard failures > rule.free else { return .zero }
        return min(rule.max, rule.first * (1 << min(failures - rule.free - 1, 20)))
    }

    private mutating func take(_ counter: Counter) -> Tally? {
        recent.removeValue(forKey: counter) ?? older.removeValue(forKey: counter)
    }

    /// Drops the older half when the newer one is full: in one step, whatever somebody does to fill it.
    private mutating func makeRoom() {
        guard recent.count + 3 > Self.countMax / 2 else { return }
        older = recent
        recent = [:]
    }
}
