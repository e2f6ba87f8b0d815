/// Measures a model on pieces of text. Not `Sendable`: confined to the thread that made it.
public final class LikelihoodMeter {
    public let model: LlamaModel
    public let context: LlamaContext
    public private(set) var likelihood = TextLikelihood()
    /// Tokens that were computed in batches, and how long that took.
    public private(set) var batchTokens = 0
    public private(set) var batchTime = Duration.zero
    private var rows: [Int32] = []

    /// Makes a context for it.
    ///
    /// - Parameters:
    ///   - model: one that foretells text.
    ///   - window: tokens of a piece.
    ///   - threads: for everything.
    ///   - collector: sees what weights are multiplied with.
    ///   - adjust: changes the context's options.
    /// - Throws: `context`.
    public init(
        _ model: LlamaModel, window: Int, threads: Int, collector: ActivationCollector? = nil,
        adjust: (inout LlamaContext.Options) -> Void = { _ in }
    ) throws(LlamaError) {
        var options = LlamaContext.Options(cells: window, sequencesMax: 1, batchTokensMax: window, threads: threads)
        adjust(&options)
        self.model = model
        context = try LlamaContext(model: model, options: options, collector: collector)
    }

    /// Computes a piece, with the logits of all positions that are scored, or of all there are.
    ///
    /// - Throws: `decode`, `logits`.
    public func compute(_ window: [Int32], scored: Range<Int>, wantsAll: Bool = false) throws {
        context.removeSequence(0)
        context.clearBatch()
        rows = []
        for (position, token) in window.enumerated() {
            let wantsLogits = wantsAll || scored.contains(position)
            rows.append(
                context.append(token: token, position: Int32(position), sequence: 0, wantsLogits: wantsLogits))
        }
        let began = ContinuousClock.now
        try context.decode()
        // Where a GPU computes, the numbers are there only when they are asked for.
        if let last = scored.last { try unsafe context.withLogits(row: rows[last]) { _ in } }
        batchTime += .now - began
        batchTokens += window.count
    }

    /// Scores the piece that was computed last.
    ///
    /// - Throws: `logits` when numbers are missing.
    public func score(_ window: [Int32], scored: Range<Int>) throws {
        for position in scored {
            try unsafe context.withLogits(row: rows[position]) { logits in
                let surprise = unsafe LogitSummary(logits).surprise(of: window[position + 1], in: logits)
                likelihood.add(surprise: surprise)
            }
        }
    }

    /// Scores the piece that both have computed last, and adds how far this one is from `base`.
    ///
    /// - Throws: `logits` when numbers are missing.
    public func score(
        _ window: [Int32], scored: Range<Int>, against base: LikelihoodMeter, _ divergence: inout Divergence
    ) throws {
        for position in scored {
            let token = window[position + 1]
            try unsafe base.context.withLogits(row: base.rows[position]) { theirs in
                let reference = unsafe LogitSummary(theirs)
                unsafe base.likelihood.add(surprise: reference.surprise(of: token, in: theirs))
                try unsafe context.withLogits(row: rows[position]) { mine in
                    let summary = unsafe LogitSummary(mine)
                    unsafe likelihood.add(surprise: summary.surprise(of: token, in: mine))
                    unsafe divergence.add(
                        nats: reference.divergence(theirs, to: summary, mine),
                        agrees: reference.likeliest == summary.likeliest)
                }
            }
        }
    }

    /// Computes tokens one by one, as an answer is written, after an empty beginning.
    ///
    /// - Returns: how long they took, without the first.
    /// - Throws: `decode`.
    public func timeSingles(_ tokens: ArraySlice<Int32>) throws(LlamaError) -> Duration {
        context.removeSequence(0)
        var began = ContinuousClock.now
        for (position, token) in tokens.enumerated() {
            if position == 1 { began = .now }
            context.clearBatch()
            _ = context.append(token: token, position: Int32(position), sequence: 0, wantsLogits: true)
            try context.decode()
        }
        return .now - began
    }
}
