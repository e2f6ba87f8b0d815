import Sampling
import Vocabulary

/// Choosing tokens from what a step computed.
extension EngineLoop {
    /// Chooses the next tokens of all sequences that are due.
    ///
    /// - Parameters:
    ///   - shares: what was computed.
    ///   - rows: for each share the row of its last known token.
    ///   - runtime: which computed it.
    ///   - isAlone: leaves the other threads' cores to somebody else.
    /// - Returns: what became of their tokens.
    mutating func choose(
        _ shares: ArraySlice<StepShare>, _ rows: [Int], with runtime: any ModelRuntime, isAlone: Bool = true
    ) -> [StepOutcome] {
        if !isAlone, let outcomes = chooseTogether(shares, rows, with: runtime) { return outcomes }
        var outcomes: [StepOutcome] = []
        for (share, row) in zip(shares, rows) {
            let generation = running[share.index].generation
            if generation.request.reports.promptTokens { scorePrompt(share, row, of: generation, with: runtime) }
            guard share.wantsToken else { continue }
            guard generation.request.newTokensMax > 0 else {
                var outcome = StepOutcome(key: generation.key)
                generation.begin(into: &outcome.events, model: model)
                outcome.finish = .length
                outcomes.append(outcome)
                continue
            }
            outcomes.append(choose(share, row, of: generation, with: runtime))
        }
        return outcomes
    }

    /// Chooses the next token of a sequence, and as many more as were guessed right. A guessed token is what the model would be
    /// asked about next if it is the one that is chosen before it: so answers are what they would be without guesses.
    private mutating func choose(
        _ share: StepShare, _ row: Int, of generation: Generation, with runtime: any ModelRuntime
    ) -> StepOutcome {
        var outcome = StepOutcome(key: generation.key)
        var accepted = 0
        var isRefused = false
        while outcome.finish == nil, outcome.error == nil, !isRefused {
            guard
                let token = Self.chooseToken(
                    row: row + accepted, of: generation, with: runtime, scratches[0], model: model, into: &outcome)
            else { break }
            watch(token, of: generation)
            guard accepted < share.guess.count, outcome.finish == nil else { break }
            isRefused = token != share.guess[accepted]
            if !isRefused { accepted += 1 }
        }
        settle(share, accepted: accepted, isRefused: isRefused)
        return outcome
    }

    /// Chooses the tokens of several sequences on the threads that have just computed their logits: those are awake, and what
    /// an answer needs for it is its own.
    ///
    /// - Returns: `nil` when there is more to do for one of them than to choose its next token, or nobody to help.
    private mutating func chooseTogether(
        _ shares: ArraySlice<StepShare>, _ rows: [Int], with runtime: any ModelRuntime
    ) -> [StepOutcome]? {
        guard shares.count > 1, let last = rows.last else { return nil }
        let threads = runtime.threadsAwake(afterRow: last)
        guard threads > 1 else { return nil }
        var generations: [Generation] = []
        var outcomes: [StepOutcome] = []
        for share in shares {
            let generation = running[share.index].generation
            guard share.wantsToken, share.guess.isEmpty, !generation.request.reports.promptTokens,
                generation.request.newTokensMax > 0
            else { return nil }
            generations.append(generation)
            outcomes.append(StepOutcome(key: generation.key))
        }
        while scratches.count < threads {
            scratches.append(SamplingScratch(vocabularyCount: runtime.shape.vocabulary))
        }
        outcomes.withUnsafeMutableBufferPointer { [generations, scratches, model] outcomes in
            runtime.each(outcomes.count) { index, thread in
                _ = Self.chooseToken(
                    row: rows[index], of: generations[index], with: runtime, scratches[thread], model: model,
                    into: &outcomes[index])
            }
        }
        for index in outcomes.indices where outcomes[index].error == nil {
            if let token = generations[index].tokens.last { watch(token, of: generations[index]) }
        }
        return outcomes
    }

    /// Chooses one token and takes it into the answer.
    ///
    /// - Returns: the token; `nil` after a failure, which is in the outcome.
    private static func chooseToken(
        row: Int, of generation: Generation, with runtime: any ModelRuntime, _ scratch: SamplingScratch, model: ModelID,
        into outcome: inout StepOutcome
    ) -> Int32? {
        do {
            let token = try runtime.withLogits(row: row) { logits in
                try generation.choose(from: logits, maxima: runtime.logitMaxima(row: row), scratch)
            }
            outcome.tokens += 1
            if case .complete(let reason) = generation.take(token, into: &outcome.events, model: model) {
                outcome.finish = reason
            }
            return token.id
        } catch {
            outcome.error = failure(error)
            return nil
        }
    }
}
