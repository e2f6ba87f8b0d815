import Vocabulary

/// What the step policy needs to know of a running sequence.
struct StepCandidate: Sendable, Equatable {
    /// Grows with arrival.
    let key: UInt64
    /// Tokens that are known and not yet computed: the rest of a prompt, or the one token that was written last.
    let pending: Int
    /// Tokens in its cache.
    let computed: Int
    let isWriting: Bool
    /// A prompt that had little to read when it began; see `LatencyBias.comfort`.
    let isShort: Bool
    let tenant: TenantID
    /// More than 0.
    let weight: Double
    let priority: Priority

    init(
        key: UInt64, pending: Int, computed: Int = 0, isWriting: Bool, isShort: Bool = false, tenant: TenantID = .none,
        weight: Double = 1, priority: Priority = .normal
    ) {
        self.key = key
        self.pending = pending
        self.computed = computed
        self.isWriting = isWriting
        self.isShort = isShort
        self.tenant = tenant
        self.weight = weight
        self.priority = priority
    }
}

/// Decides how many tokens of each sequence the next step computes. Pure: no clock, no model.
///
/// 1. Every sequence that is writing gets its one token, so that a long prompt never stops running answers. When there
///    are more of them than the batch has rows, they take turns.
/// 2. Prompts share what is left of the batch, but not more than lets the step take `LatencyBias.stretch` times as long
///    as without them, by what `StepCostModel` has learned; when nothing is writing they get all of it. `PromptShares`
///    says who gets how much.
/// 3. Short prompts get more than that, as long as the step takes no longer than `LatencyBias.comfort`: what they cost the
///    running answers is the same sooner or later, and a step costs nearly as much for few answers as for many.
///
/// **Prompts always advance**: a step with pending prompts and a free row computes at least `chunkMin` of their tokens,
/// whatever it costs, except for one in `probeInterval` steps: that one only writes, to measure what stretching is
/// relative to.
struct StepPolicy: Sendable {
    /// Tokens of prompts per step at least, where the predicted costs allow fewer. So few that even where a prompt's token
    /// costs half as much as a step a running answer's token takes no more than twice as long.
    static let chunkMin = 2
    /// Steps that read prompts beside writing between two that only write.
    static let probeInterval = 32
    /// Prompt tokens beside writing at first; from there at most twice as many from one step to the next, so that a wrong
    /// prediction cannot stop running answers for long.
    static let chunkStart = 32
    /// Prompts of so many tokens, without those that the prefix cache had, are short.
    static let shortPrompt = 256

    let batchTokensMax: Int
    let bias: LatencyBias
    private(set) var costs = StepCostModel()
    private var prompts = PromptShares()
    /// The key of the writing sequence that was served last.
    private var lastWriter: UInt64 = 0
    private var mixedSteps = 0
    /// Prompt tokens that a step may read beside writing, whatever is predicted.
    private var chunkMax = StepPolicy.chunkStart

    init(batchTokensMax: Int, bias: LatencyBias = .default) {
        precondition(batchTokensMax > 0, "a step computes at least one token")
        self.batchTokensMax = batchTokensMax
        self.bias = bias
    }

    /// How many tokens of each candidate to compute, in the candidates' order.
    ///
    /// - Parameters:
    ///   - candidates: the running sequences that can go on.
    ///   - waiting: requests that have no slot yet.
    /// - Returns: as many numbers as candidates, none more than its `pending`; their sum is at most `batchTokensMax`, and
    ///   more than 0 when anything is pending.
    mutating func plan(_ candidates: [StepCandidate], waiting: Int) -> [Int] {
        var shares = [Int](repeating: 0, count: candidates.count)
        let writing = planWriting(candidates, into: &shares)
        let pending = candidates.reduce(0) { $1.isWriting ? $0 : $0 + max(0, $1.pending) }
        let room = min(batchTokensMax - writing.decodeRows, pending)
        guard room > 0 else { return shares }
        let budget = min(
            room, prefillBudget(beside: writing, candidates: candidates, waiting: waiting, running: candidates.count))
        // A chunk that was nearly as large as it might be was a test of larger ones.
        if writing.decodeRows > 0, budget * 2 > chunkMax { chunkMax = budget * 2 }
        prompts.share(budget, among: candidates, into: &shares)
        if budget > 0, budget < room { addShortPrompts(of: candidates, beside: writing, into: &shares) }
        return shares
    }

    /// Adds tokens of short prompts while the step stays comfortable: urgent ones first, then as they came.
    private func addShortPrompts(of candidates: [StepCandidate], beside writing: StepLoad, into shares: inout [Int]) {
        let short = candidates.indices.filter { candidates[$0].isShort && shares[$0] < candidates[$0].pending }
        guard !short.isEmpty, costs.isLearned else { return }
        let deepest = short.reduce(0) { max($0, candidates[$1].computed) }
        let fitting = costs.prefillTokens(fitting: bias.comfort, beside: writing, position: deepest)
        let planned = shares.reduce(0, +)
        var left = min(batchTokensMax - planned, fitting - (planned - writing.decodeRows))
        let inOrder = short.sorted {
            let (a, b) = (candidates[$0], candidates[$1])
            return a.priority == b.priority ? a.key < b.key : a.priority.rank > b.priority.rank
        }
        for index in inOrder where left > 0 {
            let more = min(left, candidates[index].pending - shares[index])
            shares[index] += more
            left -= more
        }
    }

    /// Learns from a step.
    ///
    /// - Parameters:
    ///   - load: what the step computed; `load(of:shares:)` tells.
    ///   - duration: from its begin to the moment its tokens were chosen.
    mutating func observed(_ load: StepLoad, duration: Duration) {
        costs.observe(load, seconds: duration / .seconds(1))
    }

    /// What a step of these shares is.
    static func load(of candidates: [StepCandidate], shares: [Int]) -> StepLoad {
        var load = StepLoad()
        for (candidate, share) in zip(candidates, shares) where share > 0 {
            load.add(share, after: candidate.computed, isWriting: candidate.isWriting)
        }
        return load
    }

    /// One token for every writing sequence, in turns when the batch is too small.
    private mutating func planWriting(_ candidates: [StepCandidate], into shares: inout [Int]) -> StepLoad {
        var writers = candidates.indices.filter { candidates[$0].isWriting && candidates[$0].pending > 0 }
        if writers.count > batchTokensMax {
            // Rare: whoever follows the last one that was served, then from the beginning again.
            writers.sort { candidates[$0].key < candidates[$1].key }
            let next = writers.firstIndex { candidates[$0].key > lastWriter } ?? 0
            writers = Array((writers[next...] + writers[..<next]).prefix(batchTokensMax))
            lastWriter = candidates[writers[batchTokensMax - 1]].key
        }
        for writer in writers { shares[writer] = 1 }
        return Self.load(of: candidates, shares: shares)
    }

    /// How many tokens of prompts this step may compute.
    private mutating func prefillBudget(
        beside writing: StepLoad, candidates: [StepCandidate], waiting: Int, running: Int
    ) -> Int {
        guard writing.decodeRows > 0 else { return batchTokensMax }
        let pressure = Double(max(0, waiting)) / Double(max(1, waiting + running))
        // Whoever waits for a first token counts as much as whoever waits for the next one: when more prompts are being
        // read than answers written, the answers give way. The square, because few rows at once also cost most for each.
        let prompts = candidates.count { !$0.isWriting && $0.pending > 0 }
        let crowd = max(1, Double(prompts) / Double(writing.decodeRows))
        let stretch = 1 + (bias.stretch(pressure: pressure) - 1) * crowd * crowd
        guard stretch.isFinite else { return batchTokensMax }
        let start = Int(min(Double(batchTokensMax), Double(Self.chunkStart) * crowd * crowd))
        guard costs.isLearned else { return start }
        mixedSteps += 1
        if mixedSteps >= Self.probeInterval {
            mixedSteps = 0
            return 0
        }
        let deepest = candidates.reduce(0) { $1.isWriting ? $0 : max($0, $1.computed) }
        let seconds = costs.predicted(writing) * stretch
        let fitting = max(Self.chunkMin, costs.prefillTokens(fitting: seconds, beside: writing, position: deepest))
        // What was tried long ago says little: follow the prediction down.
        chunkMax = min(chunkMax, max(start, fitting * 4))
        return min(fitting, max(chunkMax, start))
    }
}
