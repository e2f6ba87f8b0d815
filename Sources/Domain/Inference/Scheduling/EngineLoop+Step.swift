import Vocabulary

/// The tokens of one sequence for the next step.
struct StepShare {
    /// Which of `running`.
    let index: Int
    /// Positions in the sequence.
    let range: Range<Int>
    /// Whether a token is to be chosen after the last position.
    let wantsToken: Bool
    /// Guessed tokens that are computed after the last position, to be taken as far as they are what is chosen.
    var guess: [Int32] = []
    var source: DraftSource?
}

/// What became of one sequence's token.
struct StepOutcome {
    let key: UInt64
    var events: [GenerationEvent] = []
    var finish: FinishReason?
    var error: ServiceError?
    /// Tokens that were chosen.
    var tokens = 0
}

/// Planning a step, computing it, and handing out what it says.
extension EngineLoop {
    /// What the next step computes; empty when nothing can go on.
    mutating func plan() -> [StepShare] {
        shiftContexts()
        // Loops rather than closures here and below: those that call methods of this struct copy all of it, in each step.
        var ready: [Int] = []
        for index in running.indices where !running[index].isBlocked && !running[index].isIsolated {
            if Self.isReady(running[index]) { ready.append(index) }
        }
        let active = adapterTurn(among: ready)
        var candidates: [StepCandidate] = []
        for index in active { candidates.append(Self.candidate(running[index])) }
        let counts = stepPolicy.plan(candidates, waiting: room.count)
        var shares: [StepShare] = []
        for (index, count) in zip(active, counts) {
            if let share = share(index, count: Self.tiled(count, of: running[index].pending)) { shares.append(share) }
        }
        // One that computes by itself takes a step of a fixed size in each round, whatever runs beside it.
        if let index = running.firstIndex(where: { $0.isIsolated && !$0.isBlocked }), Self.isReady(running[index]) {
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

    private static func candidate(_ sequence: RunningSequence) -> StepCandidate {
        let options = sequence.generation.request.scheduling
        return StepCandidate(
            key: sequence.generation.key, pending: sequence.pending, computed: sequence.computed,
            isWriting: sequence.isWriting,
            isShort: sequence.generation.promptHeld - sequence.computedBefore <= StepPolicy.shortPrompt,
            tenant: options.tenant, weight: options.weight, priority: options.priority)
    }

    /// Tokens of a prompt that are computed together in the isolated memory: always the same, because kernels round
    /// differently for batches of different size.
    private static var isolatedChunk: Int { 128 }

    func share(_ index: Int, count: Int) -> StepShare? {
        guard count > 0 else { return nil }
        let sequence = running[index]
        if let range = observedRange(sequence) {
            return StepShare(index: index, range: range, wantsToken: true)
        }
        let count = Self.scored(count, of: sequence)
        let leaseStop = sequence.lease?.stops.first { $0 > sequence.computed } ?? .max
        let stop = min(leaseStop, observationStop(sequence) ?? .max)
        var range = sequence.computed..<min(sequence.computed + count, stop)
        let media = sequence.generation.request.media
        if !media.isEmpty { range = media.computable(range) }
        return StepShare(
            index: index, range: range, wantsToken: range.upperBound == sequence.generation.tokens.count)
    }

    /// Computes the shares, then chooses a token for each sequence that is due, and hands out what it says.
    mutating func step(_ shares: [StepShare]) {
        let together = shares.filter { !running[$0.index].isIsolated }
        let alone = shares.first { running[$0.index].isIsolated }.map { running[$0.index].generation.key }
        let size = alone == nil ? 0 : shares.last?.range.count ?? 0
        guard ensureRoom(for: together) else { return }
        let observed = observedKeys(together)
        let others = observed.isEmpty ? together : together.filter { observedRange(running[$0.index]) == nil }
        if !others.isEmpty { stepTogether(others) }
        guard !observed.isEmpty || alone != nil else { return }
        // What else is computed takes its time.
        readersMaySleep = false
        wakeReaders()
        for key in observed { stepObserved(key) }
        if let alone { stepAlone(alone, count: size) }
    }

    private mutating func stepTogether(_ shares: [StepShare]) {
        let began = ContinuousClock.now
        let hadCore = ThreadTime.now
        var load = StepLoad()
        var prompting: [UInt64] = []
        var prompts = 0
        for share in shares {
            let sequence = running[share.index]
            load.add(share.range.count, after: sequence.computed, isWriting: sequence.isWriting)
            let count = promptTokens(of: share)
            prompts += count
            if count > 0 { prompting.append(sequence.generation.key) }
        }
        let predicted = stepPolicy.costs.predicted(load)
        let isChange = adapterTurns.changes(to: shares.first.map { running[$0.index].adapters })
        guard applyAdapters(of: shares, to: runtime) else { return }
        let expected = stepPolicy.costs.isLearned ? predicted : nil
        if !sending.mayWait(for: expected, now: began) { wakeReaders() }
        let step = guessed(shares, load: load)
        let threads = threadPolicies.next(rows: step.rows)
        runtime.setThreads(threads)
        let (outcomes, isWhole) = computeTogether(step, threads: threads, next: expected)
        if isWhole {
            let duration = ContinuousClock.now - began
            adapterTurns.computed(for: duration)
            speculator?.allowance.accrue(duration / .seconds(1))
            // A change of adapters is not what steps usually cost, and what guesses cost is followed elsewhere.
            if !isChange, !step.hasGuesses {
                if stepPolicy.costs.isLearned {
                    threadPolicies.observed(
                        ratio: duration / .seconds(1) / predicted, rows: step.rows,
                        share: (ThreadTime.now - hadCore) / duration)
                }
                stepPolicy.observed(load, duration: duration)
            }
        }
        if !prompting.isEmpty {
            leavePrefixes(prompting, except: Set(outcomes.filter { $0.error != nil }.map(\.key)))
        }
        // A prompt that was read brings a first token.
        readersMaySleep = isWhole && prompting.isEmpty
        for outcome in outcomes { handOut(outcome) }
        cache.counts.tokensComputed += prompts
        heartbeat.stepped(
            running: running.count, promptTokens: prompts, completionTokens: outcomes.reduce(0) { $0 + $1.tokens })
    }

    private mutating func stepAlone(_ key: UInt64, count: Int) {
        guard let isolatedRuntime, let index = running.firstIndex(where: { $0.generation.key == key }),
            let share = share(index, count: count)
        else { return }
        let prompts = promptTokens(of: share)
        guard applyAdapters(of: [share], to: isolatedRuntime) else { return }
        guard let rows = compute([share], with: isolatedRuntime) else { return }
        running[index].computed = share.range.upperBound
        let outcomes = choose([share], rows, with: isolatedRuntime)
        for outcome in outcomes { handOut(outcome) }
        cache.counts.tokensComputed += prompts
        heartbeat.stepped(running: running.count, promptTokens: prompts, completionTokens: outcomes.count)
    }

    func promptTokens(of share: StepShare) -> Int {
        max(0, min(share.range.upperBound, running[share.index].generation.promptHeld) - share.range.lowerBound)
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
            running[index].dropped = 0
        }
        remove(key, last: last, error: error)
    }

    mutating func handOut(_ outcome: StepOutcome) {
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
    mutating func leavePrefixes(_ keys: [UInt64], except failed: Set<UInt64>) {
        for key in keys where !failed.contains(key) {
            guard let index = running.firstIndex(where: { $0.generation.key == key }) else { continue }
            tellProgress(index)
            guard let lease = running[index].lease else { continue }
            let sequence = running[index]
            let isDue =
                lease.stops.isEmpty
                ? sequence.computed >= sequence.generation.promptHeld : lease.stops.contains(sequence.computed)
            if isDue || sequence.computed - lease.node.end >= prefixPiece { commit(at: index) }
        }
    }

    /// Tokens of a long prompt after which others may use what there is of it.
    private var prefixPiece: Int {
        runtime.shape.memory == .cells ? 1_024 : options.cache.checkpoints.pieceTokens
    }

    /// Makes room for a step: idle prefixes go first, then the least urgent sequence is parked, and one that is alone
    /// ends with what it has.
    ///
    /// - Returns: `false` when something had to go and the step must be planned again.
    private mutating func ensureRoom(for shares: [StepShare]) -> Bool {
        if cache.makeRoom(shares.reduce(0) { $0 + $1.range.count }) { return true }
        let others = running.filter { !$0.isIsolated }.map(\.generation)
        guard let key = RoomPolicy.givingWay(among: others.map { ($0.key, $0.request.scheduling.priority) }) else {
            if let last = others.first { remove(last.key, last: last.close(.length, model: model)) }
            return false
        }
        if let index = running.firstIndex(where: { $0.generation.key == key }), !park(at: index) {
            remove(key, error: .noMemory)
        }
        return false
    }
}
