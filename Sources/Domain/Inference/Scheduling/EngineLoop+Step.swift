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
        var shares = zip(active, counts).compactMap { share($0, count: Self.tiled($1, of: running[$0].pending)) }
        // One that computes by itself takes a step of a fixed size in each round, whatever runs beside it.
        if let index = running.firstIndex(where: { $0.isIsolated && !$0.isBlocked }) {
            let count = min(running[index].pending, running[index].isWriting ? 1 : Self.isolatedChunk)
            if let share = share(index, count: count) { shares.append(share) }
        }
        return shares
    }

    /// Rounds a piece of a prompt to whole tiles of attention: a tile that is begun costs as much as a whole one, and a
    /// few tokens more than a whole one are cheaper by themselves.
    private static func tiled(_ count: Int, of pending: Int) -> Int {
        let tile = 64
        let rest = count % tile
        guard count > tile, rest > 0, count < pending || rest <= 8 else { return count }
        return count - rest
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
        let stop = sequence.lease?.stops.first { $0 > sequence.computed } ?? .max
        let range = sequence.computed..<min(sequence.computed + count, stop)
        return StepShare(
            index: index, range: range, wantsToken: range.upperBound == sequence.generation.tokens.count)
    }

    /// Computes the shares, then chooses a token for each sequence that is due, and hands out what it says.
    mutating func step(_ shares: [StepShare]) {
        let together = shares.filter { !running[$0.index].isIsolated }
        let alone = shares.first { running[$0.index].isIsolated }.map { running[$0.index].generation.key }
        let size = alone == nil ? 0 : shares.last?.range.count ?? 0
        guard ensureRoom(for: together) else { return }
        if !together.isEmpty { stepTogether(together) }
        if let alone { stepAlone(alone, count: size) }
    }

    private mutating func stepTogether(_ shares: [StepShare]) {
        let began = ContinuousClock.now
        let load = StepPolicy.load(
            of: shares.map { candidate(running[$0.index]) }, shares: shares.map(\.range.count))
        let prompting = shares.filter { promptTokens(of: $0) > 0 }.map { running[$0.index].generation.key }
        let prompts = shares.reduce(0) { $0 + promptTokens(of: $1) }
        let predicted = stepPolicy.costs.predicted(load)
        let rows = shares.reduce(0) { $0 + $1.range.count }
        let threads = threadPolicies.next(rows: rows)
        runtime.setThreads(threads)
        let (outcomes, isWhole) = computeTogether(shares, threads: threads)
        if isWhole {
            let duration = ContinuousClock.now - began
            if stepPolicy.costs.isLearned {
                threadPolicies.observed(ratio: duration / .seconds(1) / predicted, rows: rows)
            }
            stepPolicy.observed(load, duration: duration)
        }
        leavePrefixes(prompting, except: Set(outcomes.filter { $0.error != nil }.map(\.key)))
        for outcome in outcomes { handOut(outcome) }
        cache.counts.tokensComputed += prompts
        heartbeat.stepped(running: running.count, promptTokens: prompts, completionTokens: outcomes.count)
    }

    private mutating func stepAlone(_ key: UInt64, count: Int) {
        guard let isolatedRuntime, let index = running.firstIndex(where: { $0.generation.key == key }),
            let share = share(index, count: count)
        else { return }
        let prompts = promptTokens(of: share)
        guard let rows = compute([share], with: isolatedRuntime) else { return }
        running[index].computed = share.range.upperBound
        let outcomes = choose([share], rows, with: isolatedRuntime)
        for outcome in outcomes { handOut(outcome) }
        cache.counts.tokensComputed += prompts
        heartbeat.stepped(running: running.count, promptTokens: prompts, completionTokens: outcomes.count)
    }

    private func promptTokens(of share: StepShare) -> Int {
        max(0, min(share.range.upperBound, running[share.index].generation.promptCount) - share.range.lowerBound)
    }

    /// Ends a generation without leaving what it computed to anybody: it is not to be trusted.
    mutating func abandon(_ key: UInt64, last: [GenerationEvent] = [], error: ServiceError) {
        if let index = running.firstIndex(where: { $0.generation.key == key }), let lease = running[index].lease {
            let sequence = running[index]
            sequence.generation.work += sequence.workHere
            cache.detach(lease, sequence: sequence.slot, computed: sequence.computed)
            running[index].lease = nil
            running[index].computed = 0
            running[index].computedBefore = 0
        }
        remove(key, last: last, error: error)
    }

    /// Chooses the next tokens of all sequences that are due.
    mutating func choose(
        _ shares: ArraySlice<StepShare>, _ rows: [Int], with runtime: Runtime
    ) -> [StepOutcome] {
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
            abandon(outcome.key, last: outcome.events, error: error)
        } else if let reason = outcome.finish {
            remove(outcome.key, last: outcome.events + [running[index].generation.end(reason)])
        } else if !outcome.events.isEmpty {
            deliver(outcome.events, at: index)
        }
    }

    /// Leaves prompts for others as soon as they are computed, long ones piece by piece.
    private mutating func leavePrefixes(_ keys: [UInt64], except failed: Set<UInt64>) {
        for key in keys where !failed.contains(key) {
            guard let index = running.firstIndex(where: { $0.generation.key == key }), let lease = running[index].lease
            else { continue }
            let sequence = running[index]
            let isDue =
                lease.stops.isEmpty
                ? sequence.computed >= sequence.generation.promptCount : lease.stops.contains(sequence.computed)
            if isDue || sequence.computed - lease.node.end >= Self.prefixPiece { commit(at: index) }
            tellProgress(index)
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
            if let last = others.first?.generation { remove(last.key, last: last.close(.length, model: model)) }
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
