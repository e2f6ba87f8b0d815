public import Vocabulary

/// Chooses the tokens of one sequence: llama-server's samplers in their order, with what they remember.
///
/// Confined to one thread at a time; a copy is an independent sampler in the same state, which is how a draft that turns
/// out wrong is taken back. Given the same seed, parameters, prompt and logits it draws the same tokens as llama.cpp, but
/// for ties and for sums that are rounded in another order.
public struct TokenSampler: Sendable {
    let vocabulary: SamplerVocabulary
    private let banned: [Int32]
    private(set) var chain: SamplerChain
    private(set) var history: TokenHistory
    private(set) var dry: DryPenalty?
    /// The texts for which `dry` was made.
    private var dryBreakers: [String] = []
    var mirostat: MirostatState?
    var adaptive: AdaptiveState?
    private var adaptiveEnding: SamplerEnding?
    /// Room for adaptive-p.
    var originals: [Float] = []
    var chance: MersenneTwister
    var chanceOfExclusion: MersenneTwister

    /// - Parameters:
    ///   - parameters: how to choose; what is missing is llama-server's default.
    ///   - seed: fixes chance.
    ///   - vocabulary: of the model.
    ///   - prompt: the tokens before, which penalties and DRY count like written ones.
    ///   - banned: tokens that are never chosen (`ignore_eos` bans those that end an answer).
    /// - Throws: `badParameter`.
    public init(
        _ parameters: SamplingParameters, seed: UInt32, vocabulary: SamplerVocabulary, prompt: some Sequence<Int32>,
        banned: [Int32] = []
    ) throws(SamplingError) {
        self.vocabulary = vocabulary
        self.banned = banned
        chain = try SamplerChain(parameters, banned: banned, vocabulary: vocabulary)
        history = TokenHistory(prompt)
        chance = MersenneTwister(seed: seed)
        chanceOfExclusion = chance
        prepare(parameters)
    }

    /// Chooses by other parameters from now on. Chance and history go on; Mirostat and adaptive-p go on unless theirs
    /// changed.
    ///
    /// - Parameter parameters: how to choose; what is missing is llama-server's default.
    /// - Throws: `badParameter`; then nothing has changed.
    public mutating func update(_ parameters: SamplingParameters) throws(SamplingError) {
        chain = try SamplerChain(parameters, banned: banned, vocabulary: vocabulary)
        prepare(parameters)
    }

    private mutating func prepare(_ parameters: SamplingParameters) {
        history.count(last: chain.penalties?.lastN ?? 0)
        prepareDry(parameters.drySequenceBreakers ?? SamplingParameters.standard.drySequenceBreakers ?? [])
        if case .mirostat(let wanted) = chain.ending {
            if mirostat?.parameters != wanted { mirostat = MirostatState(wanted) }
        } else {
            mirostat = nil
        }
        if case .adaptive(let target, let decay) = chain.ending {
            if adaptiveEnding != chain.ending { adaptive = AdaptiveState(target: target, decay: decay) }
        } else {
            adaptive = nil
        }
        adaptiveEnding = chain.ending
    }

    private mutating func prepareDry(_ breakers: [String]) {
        guard chain.dry != nil else {
            dry = nil
            return
        }
        guard dry == nil || dryBreakers != breakers else { return }
        dryBreakers = breakers
        dry = DryPenalty(history.tokens, breakers: vocabulary.sequenceBreakers(breakers))
    }

    /// Takes a token into the history, once it is final.
    public mutating func accept(_ token: Int32) {
        history.append(token)
        dry?.append(token)
        adaptive?.accept(token)
    }

    /// Chooses a token. The logits are not changed; nothing is accepted.
    ///
    /// - Parameters:
    ///   - logits: one for each token of the vocabulary. Minus infinity bans a token.
    ///   - mask: allowed tokens, bit `token % 64` of word `token / 64`; nil allows all.
    ///   - candidates: how many of the candidates that are left in the end the choice shall name.
    ///   - scratch: memory of the vocabulary's size, not in use by anybody else.
    /// - Returns: the token, always an allowed one with a finite logit.
    /// - Throws: `notFinite` for a NaN or plus infinity, `nothingAllowed`.
    public mutating func choose(
        from logits: Span<Float>, mask: [UInt64]? = nil, candidates: Int = 0, scratch: SamplingScratch
    ) throws(SamplingError) -> TokenChoice {
        try logits.withUnsafeBufferPointer { (buffer) throws(SamplingError) in
            try choose(from: buffer, mask: mask, candidates: candidates, scratch: scratch)
        }
    }

    /// The same for logits that lie in memory of somebody else; see `choose(from:mask:candidates:scratch:)` above.
    ///
    /// - Parameters:
    ///   - logits: one for each token of the vocabulary. Minus infinity bans a token.
    ///   - maxima: the largest of each 64 logits, as far as there are 64, and NaN where one of them is, if whoever computed the
    ///     logits knows. To find them is most of what a choice costs.
    ///   - mask: allowed tokens, bit `token % 64` of word `token / 64`; nil allows all.
    ///   - candidates: how many of the candidates that are left in the end the choice shall name.
    ///   - scratch: memory of the vocabulary's size, not in use by anybody else.
    /// - Returns: the token, always an allowed one with a finite logit.
    /// - Throws: `notFinite` for a NaN or plus infinity, `nothingAllowed`.
    public mutating func choose(
        from logits: UnsafeBufferPointer<Float>, maxima: UnsafeBufferPointer<Float>? = nil, mask: [UInt64]? = nil,
        candidates: Int = 0, scratch: SamplingScratch
    ) throws(SamplingError) -> TokenChoice {
        precondition(
            logits.count == vocabulary.count && scratch.row.count == vocabulary.count
                && maxima?.count ?? logits.count / LogitRow.blockSize == logits.count / LogitRow.blockSize,
            "the logits, the vocabulary and the scratch memory are of one model")
        guard let base = logits.baseAddress else { preconditionFailure("a vocabulary has tokens") }
        let row = scratch.row
        if let mask {
            mask.withUnsafeBufferPointer { row.start(base, mask: $0) }
        } else {
            row.start(base, mask: nil)
        }
        let edits = applyEdits(row, base)
        try row.measure(base, maxima)
        var run = SamplerRun(row: row, base: base, kept: candidates)
        let choice = run.choose(steps: chain.steps[edits...], &self, &scratch.candidates)
        return choice
    }

    /// Applies the first steps that change single logits.
    ///
    /// - Returns: how many steps those were.
    private func applyEdits(_ row: LogitRow, _ base: UnsafePointer<Float>) -> Int {
        for (index, step) in chain.steps.enumerated() {
            switch step {
            case .bias(let biases):
                for entry in biases { row.change(entry.token, base) { $0 + entry.bias } }
            case .penalties(let parameters):
                for (token, count) in history.counts {
                    row.change(token, base) { parameters.applied(to: $0, count: count) }
                }
            case .dry(let parameters):
                dry?.penalties(parameters) { token, penalty in row.change(token, base) { $0 - penalty } }
            default: return index
            }
        }
        return chain.steps.count
    }
}
