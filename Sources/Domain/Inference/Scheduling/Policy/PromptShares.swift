import Vocabulary

/// Divides a step's prompt tokens among the prompts that are being read.
///
/// - Higher priorities first. A prompt that got nothing for `stepsPerLift` steps counts as one priority higher, and so on
///   up to one above `critical`: after `5 * stepsPerLift` steps at most it is among the first.
/// - Within a priority, tenants by weight: each has a clock of tokens / weight, the one behind goes first.
/// - Within a tenant, the shortest rest first, for the least time to first token on average; but a quarter of what the
///   tenant gets goes to its oldest prompt, so that many short prompts cannot stop a long one.
struct PromptShares: Sendable {
    static let stepsPerLift = 32
    /// The oldest prompt's part of its tenant's tokens.
    static let oldestPart = 4
    /// Tokens that are handed out at once: small steps are shared exactly, large ones without many rounds.
    private static let portions = 32

    /// Steps in which a prompt got nothing since it last got something.
    private var passed: [UInt64: Int] = [:]
    /// Tokens / weight of the tenants that had prompts in the last step.
    private var clocks: [TenantID: Double] = [:]

    private struct Reader {
        let tenant: TenantID
        let weight: Double
        var clock: Double
        /// Indices of its prompts at this rank, the shortest rest first.
        var prompts: [Int]
        let oldest: Int
        /// Since the oldest got its part.
        var untilOldest = 0
    }

    /// Adds each prompt's tokens to `shares`.
    mutating func share(_ budget: Int, among candidates: [StepCandidate], into shares: inout [Int]) {
        let prompts = candidates.indices.filter { !candidates[$0].isWriting && candidates[$0].pending > 0 }
        forget(allBut: prompts, of: candidates)
        var left = budget
        let byRank = Dictionary(grouping: prompts) { rank(of: candidates[$0]) }
        for rank in byRank.keys.sorted(by: >) where left > 0 {
            left = share(left, among: byRank[rank] ?? [], of: candidates, into: &shares)
        }
        guard budget > 0 else { return }
        for prompt in prompts {
            passed[candidates[prompt].key] = shares[prompt] > 0 ? nil : passed[candidates[prompt].key, default: 0] + 1
        }
    }

    /// 0 for `low` to 3 for `critical`, 4 for those who have been passed over for long.
    private func rank(of candidate: StepCandidate) -> Int {
        min(candidate.priority.rank + passed[candidate.key, default: 0] / Self.stepsPerLift, Priority.allCases.count)
    }

    private mutating func forget(allBut prompts: [Int], of candidates: [StepCandidate]) {
        let keys = Set(prompts.map { candidates[$0].key })
        passed = passed.filter { keys.contains($0.key) }
        let tenants = Set(prompts.map { candidates[$0].tenant })
        clocks = clocks.filter { tenants.contains($0.key) }
        // Whoever is new starts with those who are least ahead.
        let now = clocks.values.min() ?? 0
        for tenant in tenants { clocks[tenant] = (clocks[tenant] ?? now) - now }
    }

    /// Divides a budget among prompts of one rank; returns what is left of it.
    private mutating func share(
        _ budget: Int, among prompts: [Int], of candidates: [StepCandidate], into shares: inout [Int]
    ) -> Int {
        var readers = readers(of: prompts, among: candidates)
        let portion = max(1, budget / Self.portions)
        var left = budget
        while left > 0, let next = readers.indices.min(by: { readers[$0].clock < readers[$1].clock }) {
            let given = give(min(portion, left), to: &readers[next], of: candidates, into: &shares)
            left -= given
            readers[next].clock += Double(given) / readers[next].weight
            clocks[readers[next].tenant] = readers[next].clock
            if readers[next].prompts.isEmpty { readers.remove(at: next) }
        }
        return left
    }

    private func readers(of prompts: [Int], among candidates: [StepCandidate]) -> [Reader] {
        let byTenant = Dictionary(grouping: prompts) { candidates[$0].tenant }
        return byTenant.values.compactMap { own -> Reader? in
            guard let oldest = own.min(by: { candidates[$0].key < candidates[$1].key }) else { return nil }
            let candidate = candidates[oldest]
            let sorted = own.sorted {
                (candidates[$0].pending, candidates[$0].key) < (candidates[$1].pending, candidates[$1].key)
            }
            return Reader(
                tenant: candidate.tenant, weight: max(candidate.weight, QueueTerms.weights.lowerBound),
                clock: clocks[candidate.tenant, default: 0], prompts: sorted, oldest: oldest)
        }.sorted { candidates[$0.oldest].key < candidates[$1.oldest].key }
    }

    /// Gives tokens to a tenant's next prompt; returns how many it took, at least one.
    private func give(
        _ tokens: Int, to reader: inout Reader, of candidates: [StepCandidate], into shares: inout [Int]
    ) -> Int {
        let oldestIsOpen = shares[reader.oldest] < candidates[reader.oldest].pending
        let isOldestsTurn = reader.untilOldest == 0 && oldestIsOpen
        reader.untilOldest = (reader.untilOldest + 1) % Self.oldestPart
        let prompt = isOldestsTurn ? reader.oldest : reader.prompts[0]
        let given = min(tokens, candidates[prompt].pending - shares[prompt])
        shares[prompt] += given
        if shares[prompt] == candidates[prompt].pending { reader.prompts.removeAll { $0 == prompt } }
        return given
    }
}
