import Vocabulary

/// Going on where the context is full.
extension EngineLoop {
    /// Drops a part of what came before from each sequence whose next token has no position left, if its request goes on then.
    mutating func shiftContexts() {
        guard options.contextShift != nil else { return }
        let full = running.filter { $0.computed >= options.contextTokens && $0.pending > 0 && !$0.isBlocked }
        for key in full.map(\.generation.key) {
            guard let index = running.firstIndex(where: { $0.generation.key == key }) else { continue }
            shift(at: index)
        }
    }

    private mutating func shift(at index: Int) {
        let generation = running[index].generation
        // Positions of a compressed sequence have gaps: it ends here.
        guard runtime.shape.canShift, running[index].dropped == 0,
            let range = generation.request.shift?.dropped(of: running[index].computed),
            takeCellsOver(at: index, without: [range])
        else { return remove(generation.key, last: generation.close(.length, model: model)) }
        runtime.shift(running[index].slot, from: range.upperBound, by: -range.count)
        generation.drop(range)
        running[index].computed -= range.count
        running[index].computedBefore -= range.count
        running[index].isMoved = true
    }

    /// Makes a sequence forget positions, and own all others alone: cells that are moved must be nobody else's, and the
    /// prefix cache must never learn what is in them.
    ///
    /// - Parameters:
    ///   - index: which of `running`.
    ///   - ranges: what it forgets; it holds all of it.
    /// - Returns: `false` when there is no room for a copy of what it shares; the sequence holds nothing then.
    mutating func takeCellsOver(at index: Int, without ranges: [Range<Int>]) -> Bool {
        let sequence = running[index]
        let count = ranges.reduce(0) { $0 + $1.count }
        for range in ranges { runtime.forget(sequence.slot, range: range) }
        guard let lease = sequence.lease else {
            cache.freeCells(count)
            return true
        }
        let rest = sequence.held - count
        var state: [UInt8]?
        do { state = try runtime.state(of: sequence.slot) } catch {}
        cache.detach(lease, sequence: sequence.slot, computed: sequence.computed)
        running[index].lease = nil
        guard let state, cache.makeRoom(rest), runtime.restore(state, to: sequence.slot) else {
            runtime.forget(sequence.slot, from: 0)
            running[index].generation.work += sequence.workHere
            (running[index].computed, running[index].computedBefore, running[index].dropped) = (0, 0, 0)
            return false
        }
        cache.useCells(rest)
        return true
    }
}
