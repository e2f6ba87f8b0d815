import Synchronization
import Telemetry
import Vocabulary

/// Slows down those who guess: each failed sign-in for a name from an address makes the next one wait longer.
///
/// An attempt counts as failed from its beginning until it has succeeded, so that many at once gain nothing. Names that nobody
/// has are counted as others are. Three counters run beside each other: for a name from an address, for an address, and for a
/// name; the last has a high limit, so that a stranger cannot lock anybody out with a few attempts.
///
/// Kept in the database: a restart forgets nothing, and processes that share it count together. Names are kept as hashes with the
/// server's key, because people type passwords where a name belongs.
final class SignInThrottle: Sendable {
    /// When counting begins to hurt, and how much.
    struct Rule: Sendable {
        /// Failures that cost nothing.
        let free: Int
        /// The wait after one more, doubled with each further one.
        let first: Duration
        let max: Duration

        func wait(after failures: Int) -> Duration {
            guard failures > free else { return .zero }
            return min(max, first * (1 << min(failures - free - 1, 20)))
        }
    }

    /// What is counted, and under which key.
    struct Counter: Sendable {
        enum Kind: String, Sendable {
            case nameAndAddress, address, name

            var rule: Rule {
                switch self {
                case .nameAndAddress: Rule(free: 5, first: .seconds(2), max: .seconds(900))
                case .address: Rule(free: 30, first: .seconds(1), max: .seconds(900))
                case .name: Rule(free: 100, first: .seconds(1), max: .seconds(60))
                }
            }
        }

        let kind: Kind
        let key: [UInt8]
    }

    /// An attempt that is under way.
    struct Attempt: Sendable {
        let counters: [Counter]
    }

    /// Tallies that are kept, but for those of the last ``trimEvery`` attempts of each process; the newest stay.
    static let countMax = 100_000
    static let trimEvery = 256
    /// Without a failure for so long, everything is forgotten.
    static let memory = Duration.seconds(3_600)

    private let store: any SignInTallyStore
    private let hash: @Sendable (String) -> [UInt8]
    private let begun = Mutex(0)

    /// - Parameters:
    ///   - store: where tallies last.
    ///   - hash: of what is counted, with a key that all processes on the store have.
    init(_ store: any SignInTallyStore, hash: @escaping @Sendable (String) -> [UInt8]) {
        self.store = store
        self.hash = hash
    }

    /// Begins an attempt, which counts as failed until something else is said.
    ///
    /// - Parameters:
    ///   - name: as it was typed, in lower case.
    ///   - address: of the client.
    ///   - now: the moment.
    /// - Returns: the attempt.
    /// - Throws: `rateLimited` with the time to wait; such an attempt is not counted. What the database throws.
    func begin(name: String, address: String, now: UnixTime) async throws -> Attempt {
        let counters = [
            counter(.nameAndAddress, "\(name)\0\(address)"), counter(.address, address), counter(.name, name),
        ]
        let keys = counters.map(\.key)
        // Most that are refused are refused here, and hold nobody up who writes.
        try Self.check(counters, try await store.tallies(of: keys), now)
        try await store.change(keys) { tallies in
            try Self.check(counters, tallies, now)
            return Dictionary(
                counters.map { counter in
                    let failures = Self.current(tallies[counter.key], now)?.failures ?? 0
                    return (counter.key, SignInTally(failures: failures + 1, last: now))
                }, uniquingKeysWith: { first, _ in first })
        }
        let isTurn = begun.withLock { count in
            count += 1
            return count.isMultiple(of: Self.trimEvery)
        }
        if isTurn { try await trim(now) }
        return Attempt(counters: counters)
    }

    /// It succeeded: the name is not slowed down any more at this address.
    func succeed(_ attempt: Attempt) async throws {
        try await settle(attempt) { $0.kind == .nameAndAddress }
    }

    /// It was neither right nor wrong, and counts for nothing.
    func release(_ attempt: Attempt) async throws {
        // Also where whoever tried has gone: they have failed at nothing.
        try await Task { try await settle(attempt) { _ in false } }.value
    }

    /// Forgets what does not matter any more.
    func trim(_ now: UnixTime) async throws {
        try await store.trim(before: now + (.zero - Self.memory), keeping: Self.countMax)
    }

    /// Takes an attempt back. What the others before have earned stays: an account of one's own is no way around.
    private func settle(_ attempt: Attempt, forgetting isForgotten: @escaping @Sendable (Counter) -> Bool) async throws
    {
        try await store.change(attempt.counters.map(\.key)) { tallies in
            var left = tallies
            for counter in attempt.counters {
                guard !isForgotten(counter), var tally = tallies[counter.key], tally.failures > 1 else {
                    left[counter.key] = nil
                    continue
                }
                tally.failures -= 1
                left[counter.key] = tally
            }
            return left
        }
    }

    private func counter(_ kind: Counter.Kind, _ text: String) -> Counter {
        Counter(kind: kind, key: hash("\(kind.rawValue)\0\(text)"))
    }

    private static func current(_ tally: SignInTally?, _ now: UnixTime) -> SignInTally? {
        tally.flatMap { $0.last + memory > now ? $0 : nil }
    }

    private static func check(_ counters: [Counter], _ tallies: [[UInt8]: SignInTally], _ now: UnixTime) throws {
        let open = counters.compactMap { counter in
            current(tallies[counter.key], now).map { $0.last + counter.kind.rule.wait(after: $0.failures) }
        }.max()
        guard let open, open > now else { return }
        throw ServiceError(
            .rateLimited, "There were too many attempts to sign in.", hint: "Wait, then try again.",
            retryAfter: .nanoseconds(open.nanoseconds - now.nanoseconds))
    }
}
