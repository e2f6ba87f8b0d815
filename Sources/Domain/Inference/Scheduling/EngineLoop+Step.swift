import Vocabulary

/// The tokens of one sequence for the next step.
struct StepShare {
    /// Which of `running`.
    let index: Int
    /// Positions in the sequence.
    let range: Range<Int>
    /// Whether a token is to be chosen after the last position.
    let wantsToken: Bool
}

/// What became of one sequence's token.
struct StepOutcome {
    let key: UInt64
    var events: [GenerationEvent] = []
    var finish: FinishReason?
    var error: ServiceError?
}

/// Planning a step, computing it, and choosing tokens.
extension EngineLoop {
    /// What the next step computes; empty when nothing can go on.
    mutating func plan() -> [StepShare] {
        let active = running.indices.filter { !running[$0].isBlocked && !running[$0].isIsolated }
        let counts = stepPolicy.plan(active.map { candidate(running[$0]) }, waiting: room.count)
        var shares = zip(active, counts).compactMap { share($0, count: $1) }
        // One that computes by itself takes a step of a fixed size in each round, whatever runs beside it.
        if let index = running.firstIndex(where: { $0.isIsolated && !$0.isBlocked }) {
            let count = min(running[index].pending, running[index].isWriting ? 1 : Self.isolatedChunk)
            if let share = share(index, count: count) { shares.append(share) }
        }
        return shares
    }

    private func candidate(_ sequence: RunningSequence) -> StepCandidate {
        let options = sequence.generation.request.scheduling
        return StepCandidate(
            key: sequence.generation.key, pending: sequence.pending, computed: sequence.computed,
            isWriting: sequence.isWriting, tenant: options.tenant, weight: options.weight, priority: options.priority)
    }

    /// Tokens of a prompt that are computed together in the isolated memory: always the same, because kernels round
    /// differently for batches of different size.
    private static var isolatedChunk: Int { 128 }

    private func share(_ index: Int, count: Int) -> StepShare? {
        guard count > 0 else { return nil }
        let sequence = running[index]
        let range = sequence.computed..<(sequence.computed + count)
        return StepShare(
            index: index, range: range, wantsToken: range.upperBound == sequence.generation.tokens.count)
    }

    /// Computes the shares, then chooses a token for each sequence that is due.
    mutating func step(_ shares: [StepShare]) {
        let together = shares.filter { !running[$0.index].isIsolated }
        guard ensureRoom(for: together) else { return }
        var outcomes: [StepOutcome] = []
        if !together.isEmpty {
            let began = ContinuousClock.now
            let load = StepPolicy.load(
                of: together.map { candidate(running[$0.index]) }, shares: together.map(\.range.count))
            guard let rows = compute(together, with: runtime) else { return }
            for share in together {
                cache.useCells(share.range.count)
                running[share.index].computed = share.range.upperBound
            }
            outcomes = choose(together, rows, with: runtime)
            stepPolicy.observed(load, duration: .now - began)
        }
        if let alone = shares.first(where: { running[$0.index].isIsolated }), let isolatedRuntime {
            guard let rows = compute([alone], with: isolatedRuntime) else { return }
            running[alone.index].computed = alone.range.upperBound
            outcomes += choose([alone], rows, with: isolatedRuntime)
        }
        let prompts = shares.reduce(0) { sum, share in
            sum
                + max(
                    0, min(share.range.upperBound, running[share.index].generation.promptCount) - share.range.lowerBound
                )
        }
        cache.counts.tokensComputed += prompts
        leavePrefixes(shares)
        for outcome in outcomes { handOut(outcome) }
        heartbeat.stepped(running: running.count, promptTokens: prompts, completionTokens: outcomes.count)
    }

    /// Fills the batch and decodes it. A failure ends the sequences that were in it.
    ///
    /// - Returns: for each share the row of its last token; `nil` after a failure.
    private mutating func compute(_ shares: [StepShare], with runtime: Runtime) -> [Int]? {
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
        do {
            try runtime.decode()
            return rows
        } catch {
            let keys = shares.map { running[$0.index].generation.key }
            // What the failed step left in the cache is nothing to build on.
            for key in keys { abandon(key, error: Self.failure(error)) }
            return nil
        }
    }

    private mutating func abandon(_ key: UInt64, error: ServiceError) {
        if let index = running.firstIndex(where: { $0.generation.key == key }), let lease = running[index].lease {
            let sequence = running[index]
            cache.detach(lease, sequence: sequence.slot, computed: sequence.computed)
            running[index].lease = nil
            running[index].computed = 0
        }
        remove(key, error: error)
    }

    /// Chooses the next tokens of all sequences that are due.
    private mutating func choose(_ shares: [StepShare], _ rows: [Int], with runtime: Runtime) -> [StepOutcome] {
        var outcomes: [StepOutcome] = []
        for (share, row) in zip(shares, rows) where share.wantsToken {
            let generation = running[share.index].generation
            var outcome = StepOutcome(key: generation.key)
            do {
                let token = try runtime.withLogits(row: row) { logits in
                    try generation.choose(from: logits, scratch)
                }
                if case .complete(let reason) = generation.take(token, into: &outcome.events, model: model) {
                    outcome.finish = reason
                }
            } catch {
                outcome.error = Self.failure(error)
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    private mutating func handOut(_ outcome: StepOutcome) {
        guard let index = running.firstIndex(where: { $0.generation.key == outcome.key }) else { return }
        if let error = outcome.error {
            remove(outcome.key, last: outcome.events, error: error)
        } else if let reason = outcome.finish {
            remove(outcome.key, last: outcome.events + [running[index].generation.end(reason)])
        } else if !outcome.events.isEmpty {
            deliver(outcome.events, at: index)
        }
    }

    /// Leaves prompts for others as soon as they are computed, long ones piece by piece.
    private mutating func leavePrefixes(_ shares: [StepShare]) {
        for share in shares {
            let sequence = running[share.index]
            guard let lease = sequence.lease, share.range.lowerBound < sequence.generation.promptCount else { continue }
            let isWhole = sequence.computed >= sequence.generation.promptCount
            if isWhole || sequence.computed - lease.node.end >= Self.prefixPiece { commit(at: share.index) }
            tellProgress(share.index)
        }
    }

    /// Tokens of a long prompt after which others may use what there is of it.
    private static var prefixPiece: Int { 1_024 }

    /// Makes room for a step: idle prefixes go first, then the least urgent sequence is parked, and one that is alone
    /// ends with what it has.
    ///
    /// - Returns: `false` when something had to go and the step must be planned again.
    private mutating func ensureRoom(for shares: [StepShare]) -> Bool {
        guard runtime.shape.memory == .cells else { return true }
        let needed = shares.reduce(0) { $0 + $1.range.count }
        if cache.makeRoom(needed) { return true }
        let others = running.filter { !$0.isIsolated }
        guard others.count > 1 else {
            if let last = others.first {
                let events: [GenerationEvent] =
                    last.generation.prefilled == nil
                    ? [.started(GenerationStart(model: model, promptTokens: last.generation.promptCount))] : []
                remove(last.generation.key, last: events + [last.generation.end(.length)])
            }
            return false
        }
        // The last one to come among the least urgent gives way.
        let index = running.indices.filter { !running[$0].isIsolated }.min { left, right in
            let (first, second) = (running[left].generation, running[right].generation)
            let priorities = (first.request.scheduling.priority, second.request.scheduling.priority)
            return priorities.0 == priorities.1 ? first.key > second.key : priorities.0 < priorities.1
        }
        if let index, !park(at: index) {
            remove(running[index].generation.key, error: .noMemory)
        }
        return false
    }
}
