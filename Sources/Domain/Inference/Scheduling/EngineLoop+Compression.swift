import Vocabulary

/// Keeping long sequences to their budget of cells.
///
/// The last rows of a long prompt are computed in a step of their own that tells where they looked, and so are a few tokens of
/// an answer each time that it has grown beyond its budget again. Then the positions go that were looked at least. The
/// sequence owns what is left: the prefix cache keeps the whole prompt, and never what was compressed.
extension EngineLoop {
    /// The policy for a sequence; `nil` where it keeps everything.
    private func compression(of sequence: RunningSequence) -> CompressionPolicy? {
        guard let policy = sequence.generation.request.compression, runtime.shape.observedRowsMax > 0 else {
            return nil
        }
        return policy
    }

    /// Rows at a prompt's end that are observed.
    private var rowsObserved: Int {
        min(CompressionPolicy.window, runtime.shape.observedRowsMax, options.batchTokensMax)
    }

    /// How many tokens of a prompt may come from the cache: all but those whose attention is to be observed.
    func unobserved(of request: AdmittedRequest) -> Int {
        guard let policy = request.compression, runtime.shape.observedRowsMax > 0,
            request.prompt.count > policy.budget
        else { return .max }
        return request.prompt.count - rowsObserved
    }

    /// Where a prompt pauses so that its last rows can be observed.
    func observationStop(_ sequence: RunningSequence) -> Int? {
        guard let policy = compression(of: sequence), sequence.generation.promptHeld > policy.budget,
            !sequence.isWriting
        else { return nil }
        let stop = sequence.generation.promptHeld - rowsObserved
        return stop > sequence.computed ? stop : nil
    }

    /// What a sequence computes next in a step that is observed; `nil` when its next step is like any other.
    func observedRange(_ sequence: RunningSequence) -> Range<Int>? {
        guard let policy = compression(of: sequence), sequence.pending > 0 else { return nil }
        let end = sequence.generation.tokens.count
        if sequence.isWriting {
            let isFull = sequence.held >= policy.budget + policy.slack - CompressionPolicy.measuredMin
            return isFull && sequence.pending == 1 ? sequence.computed..<end : nil
        }
        // With a state of its own before the last token the prompt pauses once more.
        let prompt = sequence.generation.promptHeld
        guard prompt > policy.budget, prompt == end, prompt - sequence.computed <= rowsObserved else { return nil }
        return sequence.computed..<end
    }

    func observedKeys(_ shares: [StepShare]) -> [UInt64] {
        guard options.compression != nil else { return [] }
        return shares.filter { observedRange(running[$0.index]) != nil }.map { running[$0.index].generation.key }
    }

    /// Computes the next rows of one sequence, and compresses it when it is beyond its budget.
    mutating func stepObserved(_ key: UInt64) {
        guard let index = running.firstIndex(where: { $0.generation.key == key }), let share = share(index, count: 1)
        else { return }
        let prompts = promptTokens(of: share)
        _ = adapterTurns.changes(to: running[index].adapters)
        guard applyAdapters(of: [share], to: runtime) else { return }
        var observed: ObservedAttention?
        guard let rows = compute([share], with: runtime, decode: { observed = try $0.decodeObserving() }) else {
            return
        }
        cache.useCells(share.range.count)
        running[index].computed = share.range.upperBound
        running[index].isMoved = false
        if let observed {
            if running[index].attention == nil {
                running[index].attention = observed
            } else {
                running[index].attention?.add(observed)
            }
        }
        let outcomes = choose([share], rows, with: runtime)
        if prompts > 0 { leavePrefixes([key], except: Set(outcomes.filter { $0.error != nil }.map(\.key))) }
        for outcome in outcomes { handOut(outcome) }
        compress(key)
        cache.counts.tokensComputed += prompts
        heartbeat.stepped(running: running.count, promptTokens: prompts, completionTokens: outcomes.count)
    }

    private mutating func compress(_ key: UInt64) {
        guard let index = running.firstIndex(where: { $0.generation.key == key }),
            let policy = compression(of: running[index]), let attention = running[index].attention
        else { return }
        let sequence = running[index]
        let isPrompt = sequence.computed == sequence.generation.promptHeld
        guard sequence.held > policy.budget, isPrompt || sequence.held >= policy.budget + policy.slack else { return }
        running[index].attention = nil
        var positions: [Int] = []
        // Positions that cannot be read are all kept: more cells, and nothing worse.
        do { positions = try runtime.positions(of: sequence.slot) } catch {}
        guard let weights = attention.weights(of: positions) else { return }
        let ranges = policy.dropped(of: weights)
        let count = ranges.reduce(0) { $0 + $1.count }
        guard count > 0 else { return }
        guard takeCellsOver(at: index, without: ranges) else {
            return remove(key, last: sequence.generation.close(.length, model: model))
        }
        running[index].dropped += count
        cache.counts.tokensDropped += count
    }
}
