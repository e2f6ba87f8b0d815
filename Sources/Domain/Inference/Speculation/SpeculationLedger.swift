import Synchronization

/// How guessed tokens fared since the start, by their position in the guess. Safe to read from anywhere.
public final class SpeculationLedger: Sendable {
    public struct Totals: Sendable, Equatable {
        /// Guesses that were verified.
        public var drafts = 0
        /// Tokens that were verified, by position from 0; at most `SpeculationOptions.depthMax` entries.
        public var drafted: [Int] = []
        /// Of them, those that turned out right together with all before them.
        public var accepted: [Int] = []
        /// Mean tokens of the last guesses, where one that is not made counts for none.
        public var depth = 0.0

        /// All tokens that were verified, and all that were right.
        public var draftedTokens: Int { drafted.reduce(0, +) }
        public var acceptedTokens: Int { accepted.reduce(0, +) }

        public init() {}
    }

    private let box = Mutex(Totals())

    public var totals: Totals { box.withLock { $0 } }

    /// A guess of `drafted` tokens was verified, and the first `accepted` of them were right.
    func note(drafted: Int, accepted: Int) {
        box.withLock { totals in
            let missing = min(drafted, SpeculationOptions.depthMax) - totals.drafted.count
            if missing > 0 {
                totals.drafted += [Int](repeating: 0, count: missing)
                totals.accepted += [Int](repeating: 0, count: missing)
            }
            totals.drafts += 1
            for position in 0..<min(drafted, totals.drafted.count) { totals.drafted[position] += 1 }
            for position in 0..<min(accepted, totals.accepted.count) { totals.accepted[position] += 1 }
        }
    }

    /// The depths that a step chose.
    func note(depths: [Int]) {
        guard !depths.isEmpty else { return }
        let mean = Double(depths.reduce(0, +)) / Double(depths.count)
        box.withLock { $0.depth += (mean - $0.depth) * Self.pace }
    }

    private static var pace: Double { 0.05 }
}
