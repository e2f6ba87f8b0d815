import Vocabulary

/// Shares that are computed in one batch.
struct StepPart {
    let shares: ArraySlice<StepShare>
    /// Rows that nobody needs.
    let padding: Int

    /// Whether each of its sequences has one row, and wants the next token.
    var isPlain: Bool { shares.allSatisfy { $0.wantsToken && $0.range.count == 1 && $0.guess.isEmpty } }
}

/// Computing shares with the model: in groups of rows, and what those groups are worth.
extension EngineLoop {
    /// Computes shares of the common memory, in the groups that are fastest for so many threads.
    ///
    /// - Parameters:
    ///   - step: the shares, with what was guessed for them.
    ///   - threads: that compute.
    ///   - next: seconds that the step after this one will take, if that is known.
    /// - Returns: what became of their tokens, and whether nothing failed; the rest is planned again then.
    mutating func computeTogether(
        _ step: GuessedStep, threads: Int, next: Double?
    ) -> (outcomes: [StepOutcome], isWhole: Bool) {
        let media = step.shares.filter { isMedia($0) }
        var step = step
        if !media.isEmpty { step.shares.removeAll { isMedia($0) } }
        var parts = step.hasGuesses ? guessedParts(step, threads: threads) : groupedParts(step.shares, threads: threads)
        parts += media.indices.map { StepPart(shares: media[$0...$0], padding: 0) }
        var outcomes: [StepOutcome] = []
        for part in parts {
            let began = speculator == nil && rowPlans[threads] == nil ? nil : ContinuousClock.now
            guard let rows = compute(part.shares, padding: part.padding, with: runtime) else {
                return (outcomes, false)
            }
            if let began {
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                if part.isPlain { rowPlans[threads]?.observe(rows: part.shares.count + part.padding, seconds: seconds) }
                observe(part, seconds: seconds, isStep: parts.count == 1)
            }
            for share in part.shares {
                cache.useCells(share.range.count)
                running[share.index].computed = share.range.upperBound
                running[share.index].isMoved = false
            }
            // What cannot wait for the end of the next step is sent now: its readers run while one thread chooses tokens, rather
            // than when all of them compute.
            let areReadersUp = !sending.mayWait(for: next, now: .now) && wakeReaders()
            // Before the next computation: it overwrites the logits.
            outcomes += choose(part.shares, rows, with: runtime, isAlone: areReadersUp)
        }
        return (outcomes, true)
    }

    /// The groups of rows that are fastest for so many threads.
    mutating func groupedParts(_ shares: [StepShare], threads: Int) -> [StepPart] {
        let writers = shares.filter { $0.wantsToken && $0.range.count == 1 }
        let groups = rowPlans[threads]?.next(rows: writers.count) ?? RowGroups.together.groups(of: writers.count)
        guard groups.count > 1 || groups.contains(where: { $0.computed > $0.rows }) else {
            return shares.isEmpty ? [] : [StepPart(shares: shares[...], padding: 0)]
        }
        var parts: [StepPart] = []
        var rest = writers[...]
        for group in groups {
            let padding = group.computed - group.rows
            parts.append(
                StepPart(
                    shares: rest.prefix(group.rows), padding: padding <= cache.cellsFree - shares.count ? padding : 0))
            rest = rest.dropFirst(group.rows)
        }
        let others = shares.filter { !($0.wantsToken && $0.range.count == 1) }
        if !others.isEmpty { parts.append(StepPart(shares: others[...], padding: 0)) }
        return parts
    }

    /// Fills the batch and decodes it. A failure ends the sequences that were in it, unless there was only no room.
    ///
    /// - Returns: for each share the row of its last known token, which those of its guess follow; `nil` after a failure.
    mutating func compute(
        _ shares: ArraySlice<StepShare>, padding: Int = 0, with runtime: any ModelRuntime,
        decode: (any ModelRuntime) throws -> Void = { try $0.decode() }
    ) -> [Int]? {
        if let share = shares.first, shares.count == 1, isMedia(share) {
            return computeMedia(share, with: runtime).map { [$0] }
        }
        var rows: [Int] = []
        for share in shares {
            let sequence = running[share.index]
            let slot = sequence.isIsolated ? 0 : sequence.slot
            var row = 0
            for position in share.range {
                row = runtime.append(
                    token: sequence.generation.tokens[position], position: sequence.generation.position(of: position),
                    sequence: slot,
                    wantsLogits: share.wantsToken && position == share.range.upperBound - 1
                        || scoresPrompt(sequence, at: position))
            }
            rows.append(row)
            for (offset, token) in share.guess.enumerated() {
                _ = runtime.append(
                    token: token, position: share.range.upperBound + offset, sequence: slot, wantsLogits: true)
            }
        }
        if padding > 0 { pad(padding, with: runtime) }
        do {
            try decode(runtime)
            if padding > 0 { runtime.forget(paddingSequence, from: 0) }
            return rows
        } catch {
            if padding > 0 { runtime.forget(paddingSequence, from: 0) }
            if case RuntimeFailure.noRoom = error, !shares.contains(where: { running[$0.index].isIsolated }) {
                // Nothing was computed: the next step makes room first.
                cache.overfilled(by: shares.reduce(padding) { $0 + $1.range.count + $1.guess.count })
                return nil
            }
            // What the failed step left in the cache is nothing to build on.
            for key in shares.map({ running[$0.index].generation.key }) { abandon(key, error: Self.failure(error)) }
            return nil
        }
    }

    func pad(_ count: Int, with runtime: any ModelRuntime) {
        for position in 0..<count {
            _ = runtime.append(token: 0, position: position, sequence: paddingSequence, wantsLogits: true)
        }
    }

    /// Measures what steps of different numbers of rows take, to group them well.
    ///
    /// Takes a quarter of a second and a step at most, and nothing for a model so large that reading its weights is what
    /// counts. What one thread takes is not measured: how sizes compare is a first guess for it, too.
    mutating func measureRows() {
        guard options.groupsRows, runtime.shape.memory == .cells, let plan = measuredPlan() else { return }
        for threads in Set([runtime.shape.threads, 1]) { rowPlans[threads] = plan }
    }

    /// Goes over all numbers of rows as often as there is time: what disturbs it for a moment spoils one figure of each then.
    ///
    /// - Returns: `nil` when one row takes so long that grouping is of no use, or when computing fails.
    private func measuredPlan() -> RowPlan? {
        let sizes = RowGroups.sizes(rowsMax: options.sequencesMax).filter { $0 <= options.batchTokensMax }
        var least: [(rows: Int, time: Duration)] = []
        let began = ContinuousClock.now
        rounds: for round in 0..<Self.measuringRounds {
            for (place, rows) in sizes.enumerated() {
                // The very first one reads the weights from the disk, perhaps.
                for _ in 0..<(round == 0 && place == 0 ? 3 : 1) {
                    let start = ContinuousClock.now
                    pad(rows, with: runtime)
                    do { try runtime.decode() } catch { return nil }
                    let time = ContinuousClock.now - start
                    runtime.forget(paddingSequence, from: 0)
                    if place == least.count { least.append((rows, time)) }
                    least[place].time = min(least[place].time, time)
                }
                if rows == 1, least[0].time > Self.largeStep { return nil }
                if .now - began > Self.measuringMax { break rounds }
            }
        }
        return RowPlan(
            least.map { .init(rows: $0.rows, seconds: $0.time / .seconds(1)) }, sizes: sizes,
            rowsMax: options.sequencesMax)
    }

    private static var measuringRounds: Int { 4 }
    private static var measuringMax: Duration { .milliseconds(250) }
    /// One row that takes longer than this is bound by reading weights.
    private static var largeStep: Duration { .milliseconds(40) }
}
