import Vocabulary

/// Models whose memory cannot be cut: recurrent ones, and those that forget what slid out of a window. A node's state is
/// then the whole sequence's at the node's end, kept in ordinary memory and on the shelf.
extension PrefixCache {
    /// Gives a sequence the state of the deepest node on a matched path that has one.
    mutating func restoreBest(
        _ match: PrefixTree.Match, _ sequence: Int, now: ContinuousClock.Instant
    ) -> (node: PrefixNode, tier: CacheReport.Tier) {
        var next: PrefixNode? = match.isWhole ? match.node : match.node.parent
        while let node = next, !node.isRoot {
            let tier = node.tier
            if let state = fetchState(of: node), runtime.restore(state, to: sequence) {
                node.hits += 1
                tree.touch(node, now: now)
                return (node, tier)
            }
            next = node.parent
        }
        // A state that could not be restored may have left something behind.
        runtime.forget(sequence, from: 0)
        return (tree.root, .none)
    }

    /// Where a prompt leaves its state while it is computed.
    ///
    /// Before its last token, which is always computed anew, so that the same prompt finds all that it can use. And
    /// where it parts from another one: what two prompts have in common, such as a system prompt, a third is likely to
    /// begin with too (after Marconi, Pan et al. 2024: admission at branch points).
    ///
    /// - Parameters:
    ///   - start: tokens that came from the cache.
    ///   - branch: tokens that are known from earlier prompts, with or without a state.
    ///   - end: tokens that may ever come from the cache.
    /// - Returns: ascending positions after `start`. Each costs a step of its own, so short runs have none.
    static func stops(after start: Int, branch: Int, end: Int) -> [Int] {
        var stops: [Int] = []
        for stop in [branch, end] where stop - (stops.last ?? start) >= stopMin { stops.append(stop) }
        return stops
    }

    /// Fewer tokens than this are computed again faster than a state is copied.
    private static var stopMin: Int { 16 }

    /// Keeps a sequence's state as it is now.
    mutating func checkpoint(
        _ known: [Int32], of sequence: Int, _ lease: inout CacheLease, now: ContinuousClock.Instant
    ) {
        let match = tree.match(known, scope: lease.scope)
        // Splitting moves the matched node's start.
        let (length, isWhole) = (match.length, match.isWhole)
        var node = match.node
        if !isWhole {
            // The tail keeps its state, which is the whole path's; the head has none of its own.
            node = tree.split(match.node, at: match.countInNode, now: now)
        }
        if length < known.count {
            node = tree.add(Array(known[length...]), after: node, scope: lease.scope, now: now)
        }
        if node.blob == nil, limits.ramBytesMax > 0, let state = snapshot(sequence), state.count <= limits.ramBytesMax {
            node.blob = state
            ramBytes += state.count
        }
        tree.changeUsers(from: node, by: 1)
        tree.changeUsers(from: lease.node, by: -1)
        lease.node = node
        tree.touch(node, now: now)
        trimRAM()
    }

    /// Keeps states below their bound. Running sequences have copies of their own, so any state may go, and what lies
    /// below it stays: each state is of the whole path.
    mutating func trimCheckpoints() {
        while ramBytes > limits.ramBytesMax,
            let victim = tree.leastWorthy(includingUsed: true, where: { $0.blob != nil })
        {
            spill(victim)
            victim.blob.map { ramBytes -= $0.count }
            victim.blob = nil
            counts.evictions += 1
            tree.evicted(victim)
            prune(victim)
        }
    }

    /// Takes out runs that have no state to give and lead nowhere, from a node up.
    mutating func prune(_ node: PrefixNode) {
        var next: PrefixNode? = node
        while let node = next, !node.isRoot, !node.hasState, node.users == 0, node.children.isEmpty {
            next = node.parent
            tree.remove(node)
        }
    }

    private func snapshot(_ sequence: Int) -> [UInt8]? {
        do { return try runtime.state(of: sequence) } catch { return nil }
    }
}
