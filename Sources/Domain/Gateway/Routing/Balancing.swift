/// Which of several deployments that answer equally well is asked first.
public enum Balancing: String, Sendable, CaseIterable {
    /// The first one that can; the others stand behind it.
    case ordered
    /// By chance, as their weights say.
    case weighted
    /// The one with the fewest requests, for what it can do at once.
    case leastBusy = "least_busy"
    /// The faster one of two that chance names.
    case lowestLatency = "lowest_latency"
    /// The one that knows the caller's earlier requests, unless it has clearly more to do.
    case warmPrefix = "warm_prefix"

    /// Whether all targets are taken for the same model, so that vectors of one are vectors of the other.
    public var treatsAsEqual: Bool {
        switch self {
        case .leastBusy, .lowestLatency, .warmPrefix: true
        case .ordered, .weighted: false
        }
    }

    /// What is known of one that may be asked.
    public struct Candidate: Sendable, Equatable {
        public var name: String
        public var weight: Double
        public var inFlight: Int
        /// Answers at the same time.
        public var parallel: Int
        /// Seconds until the first token, as measured; `nil` for one that nobody asked yet.
        public var latency: Double?
        /// In memory, with a server that answers.
        public var isReady: Bool

        public init(
            name: String, weight: Double = 1, inFlight: Int = 0, parallel: Int = 1, latency: Double? = nil,
            isReady: Bool = true
        ) {
            self.name = name
            self.weight = weight
            self.inFlight = inFlight
            self.parallel = parallel
            self.latency = latency
            self.isReady = isReady
        }

        fileprivate var load: Double { Double(inFlight) / Double(max(1, parallel)) }
    }

    /// Orders those who may be asked: who answers first, then who stands behind.
    ///
    /// Where it is not `ordered`, those that are ready come before those that have to be loaded.
    ///
    /// - Parameters:
    ///   - candidates: in the order of the route.
    ///   - affinity: what the caller's earlier requests had, too.
    ///   - random: chance.
    /// - Returns: all of them.
    public func order(
        _ candidates: [Candidate], affinity: UInt64?, using random: inout some RandomNumberGenerator
    ) -> [Candidate] {
        guard self != .ordered, candidates.count > 1 else { return candidates }
        let ready = candidates.filter(\.isReady)
        let first = choose(ready.isEmpty ? candidates : ready, affinity: affinity, using: &random)
        let others = candidates.filter { $0.name != first.name }
        let behind = others.enumerated().sorted { left, right in
            func key(_ one: (offset: Int, element: Candidate)) -> (Int, Double, Int) {
                let own = self == .weighted ? -one.element.weight : one.element.load
                return (one.element.isReady ? 0 : 1, own, one.offset)
            }
            return key(left) < key(right)
        }
        return [first] + behind.map(\.element)
    }

    private func choose(
        _ candidates: [Candidate], affinity: UInt64?, using random: inout some RandomNumberGenerator
    ) -> Candidate {
        switch self {
        case .ordered: return candidates[0]
        case .weighted:
            let total = candidates.reduce(0) { $0 + max(0, $1.weight) }
            guard total > 0 else { return candidates[0] }
            var place = Double.random(in: 0..<total, using: &random)
            for candidate in candidates {
                place -= max(0, candidate.weight)
                if place < 0 { return candidate }
            }
            return candidates[candidates.count - 1]
        case .leastBusy:
            let least = candidates.map(\.load).min() ?? 0
            let idlest = candidates.filter { $0.load == least }
            return idlest[Int.random(in: 0..<idlest.count, using: &random)]
        case .lowestLatency:
            // Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
            let one = Int.random(in: 0..<candidates.count, using: &random)
            let step = candidates.count == 1 ? 0 : Int.random(in: 1..<candidates.count, using: &random)
            let other = candidates[(one + step) % candidates.count]
            func cost(_ candidate: Candidate) -> Double { (candidate.latency ?? 0) * (1 + candidate.load) }
            return cost(other) < cost(candidates[one]) ? other : candidates[one]
        case .warmPrefix:
            let slack = candidates.map { ReplicaChoice.slack(parallel: $0.parallel) }.min() ?? 0
            // By its name, so that a caller's home stays the same when the route changes.
            let known = candidates.map {
                ReplicaChoice.Candidate(id: ReplicaChoice.identity(of: $0.name), inFlight: $0.inFlight)
            }
            let turn = Int.random(in: 0..<1 << 20, using: &random)
            let chosen = ReplicaChoice.choose(known, affinity: affinity, turn: turn, slack: slack)
            return zip(candidates, known).first { $1.id == chosen }?.0 ?? candidates[0]
        }
    }
}
