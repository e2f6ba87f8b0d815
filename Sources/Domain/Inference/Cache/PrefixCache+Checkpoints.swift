import Vocabulary

/// Models whose memory cannot be cut: recurrent ones, and those that forget what slid out of a window. A node's state is
/// then the whole sequence's at the node's end, kept in ordinary memory and on the shelf.
extension PrefixCache {
    /// Gives a sequence the state of the deepest node on a matched path that has one.
    mutating func restoreBest(
        _ match: PrefixTree.Match, _ sequence: Int, now: ContinuousClock.Instant
    ) -> (node: PrefixNode, tier: CacheReport.Tier) {
        var path: [PrefixNode] = []
        var next: PrefixNode? = match.isWhole ? match.node : match.node.parent
        while let node = next, !node.isRoot {
            path.append(node)
            next = node.parent
        }
        for node in path where node.hasState {
            let tier = node.tier
            if let state = fetchState(of: node), runtime.restore(state, to: sequence) {
                node.hits += 1
                tree.touch(node, now: now)
                if tier == .disk, makeRoomInRAM(state.count) { keep(state, of: node) }
                return (node, tier)
            }
            // What the model does not take will not get better; what is below it stands for itself.
            runtime.forget(sequence, from: 0)
            release(node)
            prune(from: node)
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

    /// Keeps a sequence's state as it is now, if there is room for it.
    mutating func checkpoint(
        _ tokens: [Int32], of sequence: Int, _ lease: inout CacheLease, now: ContinuousClock.Instant
    ) {
        let known = tree.match(tokens, scope: lease.scope)
        if known.length == tokens.count, known.isWhole, known.node.blob != nil {
            return move(&lease, to: known.node, now: now)
        }
        guard let state = saved(sequence) else { return }
        let hasRoom = makeRoomInRAM(state.count)
        guard hasRoom || shelf != nil else { return }
        // Making room may have thrown out what was known.
        let match = tree.match(tokens, scope: lease.scope)
        var node = match.node
        if !match.isWhole {
            // The tail keeps its state, which is the whole path's; the head has none of its own.
            node = tree.split(match.node, at: match.countInNode, now: now)
        }
        if match.length < tokens.count {
            guard tree.canAdd(tokens[match.length...], after: node, scope: lease.scope) else { return }
            node = tree.add(Array(tokens[match.length...]), after: node, scope: lease.scope, now: now)
        }
        if hasRoom {
            node.blob = state
            ramBytes += state.count
        } else {
            shelve(state, of: node)
        }
        move(&lease, to: node, now: now)
    }

    private func move(_ lease: inout CacheLease, to node: PrefixNode, now: ContinuousClock.Instant) {
        tree.changeUsers(from: node, by: 1)
        tree.changeUsers(from: lease.node, by: -1)
        lease.node = node
        tree.touch(node, now: now)
    }
}
