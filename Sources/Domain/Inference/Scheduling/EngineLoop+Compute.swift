import Vocabulary

/// Computing shares with the model: in groups of rows, and what those groups are worth.
extension EngineLoop {
    /// Computes shares of the common memory, in the groups that are fastest for so many threads.
    ///
    /// - Returns: what became of their tokens, and whether nothing failed; the rest is planned again then.
    mutating func computeTogether(
        _ shares: [StepShare], threads: Int
    ) -> (outcomes: [StepOutcome], isWhole: Bool) {
        let writers = shares.filter { $0.wantsToken && $0.range.count == 1 }
        let groups = (rowGroups[threads] ?? .together).groups(of: writers.count)
        var parts: [(shares: ArraySlice<StepShare>, padding: Int)] = []
        if groups.count > 1 || groups.contains(where: { $0.computed > $0.rows }) {
            var rest = writers[...]
            for group in groups {
                let padding = group.computed - group.rows
                parts.append((rest.prefix(group.rows), padding <= cache.cellsFree - shares.count ? padding : 0))
                rest = rest.dropFirst(group.rows)
            }
            let others = shares.filter { !($0.wantsToken && $0.range.count == 1) }
            if !others.isEmpty { parts.append((others[...], 0)) }
        } else {
            parts = [(shares[...], 0)]
        }
        var outcomes: [StepOutcome] = []
        for part in parts {
            guard let rows = compute(part.shares, padding: part.padding, with: runtime) else {
                return (outcomes, false)
            }
            for share in part.shares {
                cache.useCells(share.range.count)
                running[share.index].computed = share.range.upperBound
            }
            // Before the next computation: it overwrites the logits.
            outcomes += choose(part.shares, rows, with: runtime)
        }
        return (outcomes, true)
    }

    /// Fills the batch and decodes it. A failure ends the sequences that were in it.
    ///
    /// - Returns: for each share the row of its last token; `nil` after a failure.
    mutating func compute(
        _ shares: ArraySlice<StepShare>, padding: Int = 0, with runtime: Runtime
    ) -> [Int]? {
        var rows: [Int] = []
        for share in shares {
            let sequence = running[share.index]
            let slot = sequence.isIsolated ? 0 : sequence.slot
            var row = 0
            for position in share.range {
                row = runtime.append(
                    token: sequence.generation.tokens[position], position: position, sequence: slot,
                    wantsLogits: share.wantsToken && position == share.range.upperBound - 1)
            }
            rows.append(row)
        }
        if padding > 0 { pad(padding, with: runtime) }
        do {
            try runtime.decode()
            if padding > 0 { runtime.forget(paddingSequence, from: 0) }
            return rows
        } catch {
            if padding > 0 { runtime.forget(paddingSequence, from: 0) }
            // What the failed step left in the cache is nothing to build on.
            for key in shares.map({ running[$0.index].generation.key }) { abandon(key, error: Self.failure(error)) }
            return nil
        }
    }

    private func pad(_ count: Int, with runtime: Runtime) {
        for position in 0..<count {
            _ = runtime.append(token: 0, position: position, sequence: paddingSequence, wantsLogits: true)
        }
    }

    /// Measures what steps of different numbers of rows take, to group them well, on all threads and on one.
    ///
    /// Takes at most about two seconds, and nothing for a model so large that reading its weights is what counts.
    mutating func measureRows() {
        guard options.groupsRows, runtime.shape.memory == .cells else { return }
        for threads in Set([runtime.shape.threads, 1]).sorted(by: >) {
            runtime.setThreads(threads)
            rowGroups[threads] = measuredGroups()
        }
        runtime.setThreads(runtime.shape.threads)
    }

    /// - Returns: `nil` when one row takes so long that grouping is of no use, or when computing fails.
    private func measuredGroups() -> RowGroups? {
        var measured: [RowGroups.Measurement] = []
        let began = ContinuousClock.now
        for rows in RowGroups.sizes(rowsMax: options.sequencesMax) where rows <= options.batchTokensMax {
            var least = Duration.seconds(1_000)
            for _ in 0..<4 {
                let start = ContinuousClock.now
                pad(rows, with: runtime)
                do { try runtime.decode() } catch { return nil }
                least = min(least, .now - start)
                runtime.forget(paddingSequence, from: 0)
            }
            if rows == 1, least > Self.largeStep { return nil }
            measured.append(.init(rows: rows, seconds: least / .seconds(1)))
            if .now - began > .seconds(1) { break }
        }
        return RowGroups(measured, rowsMax: options.sequencesMax)
    }

    /// One row that takes longer than this is bound by reading weights.
    private static var largeStep: Duration { .milliseconds(40) }
}
