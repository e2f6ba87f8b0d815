/// Decides how many guessed tokens of each sequence a step verifies: as many as make the most tokens in a second by what
/// was measured, and none where that is no gain. Pure.
///
/// A step of `n` answers gives `n` tokens without guessing. Each guessed token adds a row, and adds a token if it and all
/// before it are right. What rows cost depends on their number alone, so the likeliest tokens of all sequences go first, and
/// the best number of them is the one with the highest rate. Where steps of many rows are dear, guesses of each sequence by
/// itself may be better than all together.
struct DepthPolicy: Sendable {
    struct Candidate: Sendable, Equatable {
        /// How likely each guessed token is right together with all before it; empty where nothing was guessed.
        var survival: [Double] = []
        /// Fewer tokens than this are not worth asking for.
        var tokensMin = 0
        /// Whether each token costs a round of the draft model.
        var needsRounds = false
        /// Seconds to spend before the first token can be guessed, spread over the tokens that they are for: seconds for
        /// each token written.
        var overhead = 0.0
    }

    /// What a step costs, in seconds.
    struct Costs {
        /// Without guesses.
        var plain: Double
        /// With so many guessed tokens among all rows.
        var together: (Int) -> Double
        /// A sequence with so many guessed tokens by itself; `nil` where all must be computed together.
        var alone: ((Int) -> Double)?
        /// A round of the draft model.
        var round = 0.0
    }

    struct Plan: Sendable, Equatable {
        /// Tokens to guess for each candidate.
        var depths: [Int]
        /// Each sequence with guesses is computed by itself.
        var isApart = false
        /// How many times faster than without guesses.
        var gain = 1.0

        var isEmpty: Bool { depths.allSatisfy { $0 == 0 } }
    }

    /// A guess must be worth what handling it costs, and what measurements may be wrong by.
    private static let margin = 1.08

    /// - Parameters:
    ///   - candidates: the sequences that are being written, whether or not they have guesses.
    ///   - rowsFree: rows that there may be beyond one for each candidate.
    ///   - costs: what steps cost.
    /// - Returns: a depth for each candidate; all 0 where nothing is gained.
    static func plan(_ candidates: [Candidate], rowsFree: Int, costs: Costs) -> Plan {
        let none = Plan(depths: candidates.map { _ in 0 })
        guard !candidates.isEmpty, costs.plain > 0, candidates.contains(where: { !$0.survival.isEmpty }) else {
            return none
        }
        let plainRate = Double(candidates.count) / costs.plain
        var plans = [together(candidates, rowsFree: rowsFree, costs: costs)]
        if let alone = costs.alone, candidates.count > 1 {
            plans.append(apart(candidates, rowsFree: rowsFree, costs: costs, alone: alone))
        }
        guard let best = plans.max(by: { $0.rate < $1.rate }), best.rate > plainRate * margin else { return none }
        var plan = best.plan
        plan.gain = best.rate / plainRate
        return plan
    }

    private static func together(
        _ candidates: [Candidate], rowsFree: Int, costs: Costs
    ) -> (plan: Plan, rate: Double) {
        var depths = candidates.map { _ in 0 }
        var best = (depths: depths, rate: 0.0)
        var (tokens, rounds, overhead) = (Double(candidates.count), 0, 0.0)
        for rows in 0..<max(0, rowsFree) {
            var next: (index: Int, chance: Double)?
            for (index, candidate) in candidates.enumerated() where depths[index] < candidate.survival.count {
                let chance = candidate.survival[depths[index]]
                if chance > next?.chance ?? 0 { next = (index, chance) }
            }
            guard let next else { break }
            let candidate = candidates[next.index]
            overhead += candidate.overhead * (next.chance + (depths[next.index] == 0 ? 1 : 0))
            depths[next.index] += 1
            tokens += next.chance
            if candidate.needsRounds { rounds = max(rounds, depths[next.index]) }
            let seconds = costs.together(rows + 1) + Double(rounds) * costs.round + overhead
            // A step that seems faster with rows that bring nothing was measured at another moment.
            if tokens > Double(candidates.count) * margin, tokens / seconds > best.rate {
                best = (depths, tokens / seconds)
            }
        }
        for (index, candidate) in candidates.enumerated() where best.depths[index] < candidate.tokensMin {
            best.depths[index] = 0
        }
        return (Plan(depths: best.depths), best.rate)
    }

    private static func apart(
        _ candidates: [Candidate], rowsFree: Int, costs: Costs, alone: (Int) -> Double
    ) -> (plan: Plan, rate: Double) {
        let plainEach = costs.plain / Double(candidates.count)
        var depths = candidates.map { _ in 0 }
        var (tokens, seconds, rows) = (0.0, 0.0, 0)
        for (index, candidate) in candidates.enumerated() {
            var best = (depth: 0, tokens: 1.0, seconds: plainEach)
            var written = 1.0
            for depth in 1...max(1, candidate.survival.count) where depth <= candidate.survival.count {
                written += candidate.survival[depth - 1]
                guard depth >= candidate.tokensMin, rows + depth <= rowsFree else { continue }
                let time =
                    alone(depth) + (candidate.needsRounds ? Double(depth) * costs.round : 0)
                    + candidate.overhead * written
                if written > margin, written / time > best.tokens / best.seconds { best = (depth, written, time) }
            }
            depths[index] = best.depth
            rows += best.depth
            tokens += best.tokens
            seconds += best.seconds
        }
        return (Plan(depths: depths, isApart: true), seconds > 0 ? tokens / seconds : 0)
    }
}
