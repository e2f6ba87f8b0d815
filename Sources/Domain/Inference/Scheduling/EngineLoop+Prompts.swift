import Sampling
import Vocabulary

/// What requests may ask about their prompts: how likely its tokens were, and that it must not take too long.
extension EngineLoop {
    /// Rows of logits that one prompt takes in a step when all of them are looked at: each is as long as the vocabulary.
    private static var scoredRowsMax: Int { 64 }

    /// The tokens to compute of a sequence, fewer where each is looked at.
    static func scored(_ count: Int, of sequence: RunningSequence) -> Int {
        sequence.generation.request.reports.promptTokens && !sequence.isWriting ? min(count, scoredRowsMax) : count
    }

    /// Whether the logits at a position tell how likely the prompt's next token was.
    func scoresPrompt(_ sequence: RunningSequence, at position: Int) -> Bool {
        sequence.generation.request.reports.promptTokens && position + 1 < sequence.generation.promptCount
    }

    /// Notes how likely the prompt's tokens were that follow the computed ones.
    ///
    /// - Parameters:
    ///   - share: what was computed.
    ///   - lastRow: the row of its last position; those before it lie before it.
    ///   - generation: whose prompt it is.
    ///   - runtime: what computed it.
    func scorePrompt(_ share: StepShare, _ lastRow: Int, of generation: Generation, with runtime: any ModelRuntime) {
        let count = generation.request.topLogprobs ?? 0
        if share.range.lowerBound == 0 {
            // Nothing stands before the first one.
            let first = generation.tokens[0]
            generation.promptLogprobs = [
                Vocabulary.TokenLogprob(
                    chosen: .init(token: first, bytes: tokenizer.bytes(of: first), logprob: .nan), top: [])
            ]
        }
        for position in share.range where position + 1 < generation.promptCount {
            let token = generation.tokens[position + 1]
            let row = lastRow - (share.range.upperBound - 1 - position)
            do {
                let scores = try runtime.withLogits(row: row) { logits in
                    try TokenLogprobs(of: logits, chosen: token, count: count, scratch: scratches[0])
                }
                generation.promptLogprobs.append(
                    Vocabulary.TokenLogprob(
                        chosen: .init(token: token, bytes: tokenizer.bytes(of: token), logprob: scores.chosen),
                        top: scores.top.map {
                            .init(token: $0.token, bytes: tokenizer.specialBytes(of: $0.token), logprob: $0.logprob)
                        }))
            } catch {
                // Numbers that are none; choosing a token tells of them.
                return
            }
        }
    }

    /// Ends those whose prompts take longer than they may.
    mutating func endLatePrompts(_ now: ContinuousClock.Instant) {
        var late: [Generation] = []
        for generation in running.lazy.map(\.generation) where generation.prefilled == nil {
            guard let most = generation.request.lineLimits.prompt, let started = generation.started,
                started + most <= now
            else { continue }
            late.append(generation)
        }
        for generation in late { remove(generation.key, last: generation.close(.length, model: model)) }
    }
}
