/// The probabilities of tokens as the model gave them, before any sampler: logarithms to base e.
public struct TokenLogprobs: Sendable, Equatable {
    /// Of the token that was asked for; minus infinity when its logit is.
    public var chosen: Double
    /// The likeliest tokens, likeliest first.
    public var top: [TokenLogprob]
}

/// A token with the logarithm of its probability.
public struct TokenLogprob: Sendable, Equatable {
    public var token: Int32
    public var logprob: Double
}

extension TokenLogprobs {
    /// The log-softmax of a row of logits at one token and at the likeliest ones.
    ///
    /// - Parameters:
    ///   - logits: one for each token of the vocabulary.
    ///   - chosen: a token of the vocabulary.
    ///   - count: how many of the likeliest to name.
    ///   - scratch: memory of the vocabulary's size.
    /// - Throws: `notFinite` for a NaN or plus infinity, `nothingAllowed` when no logit is finite.
    public init(
        of logits: UnsafeBufferPointer<Float>, chosen: Int32, count: Int, scratch: SamplingScratch
    ) throws(SamplingError) {
        precondition(logits.count == scratch.row.count, "the logits and the scratch memory are of one model")
        precondition(logits.indices.contains(Int(chosen)), "a token of the vocabulary")
        guard let base = logits.baseAddress else { preconditionFailure("a vocabulary has tokens") }
        let row = scratch.row
        row.start(base, mask: nil)
        try row.measure(base)
        let normalizer = Double(row.largest) + Exponential.logarithm(row.sumExponentials(base, temperature: 1))
        self.chosen = Double(logits[Int(chosen)]) - normalizer
        top = []
        guard count > 0 else { return }
        row.collect(
            atLeast: row.threshold(reachedBy: count), base, temperature: 1, into: &scratch.candidates)
        scratch.candidates.keepTop(count)
        top = scratch.candidates.items.map { TokenLogprob(token: $0.token, logprob: Double($0.logit) - normalizer) }
    }

    /// The same for a span; see `init(of:chosen:count:scratch:)` above.
    public init(
        of logits: Span<Float>, chosen: Int32, count: Int, scratch: SamplingScratch
    ) throws(SamplingError) {
        self = try logits.withUnsafeBufferPointer { (buffer) throws(SamplingError) in
            try TokenLogprobs(of: buffer, chosen: chosen, count: count, scratch: scratch)
        }
    }
}
