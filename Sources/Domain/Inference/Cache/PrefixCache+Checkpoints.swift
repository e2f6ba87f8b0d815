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
                if tier == .disk, state.count <= limits.ramBytesMax {
                    keep(state, of: node)
                    trimRAM()
                }
                return (node, tier)
            }
            next = node.parent
        }
        return (tree.root, .none)
    }

    /// Keeps a sequence's state as it is now.
    mutating func checkpoint(
        _ known: [Int32], of sequence: Int, _ lease: inout CacheLease, now: ContinuousClock.Instant
    ) {
        var node = tree.match(known, scope: lease.scope).node
        let match = tree.match(known, scope: lease.scope)
        if !match.isWhole {
            // The tail keeps its state, which is the whole path's; the head has none of its own.
            node = tree.split(match.node, at: match.countInNode, now: now)
        }
        if match.length < known.count {
            node = tree.add(Array(known[match.length...]), after: node, scope: lease.scope, now: now)
        }
        if mayKeepState(of: node), let state = saved(sequence) { keep(state, of: node) }
        tree.changeUsers(from: node, by: 1)
        tree.changeUsers(from: lease.node, by: -1)
        lease.node = node
        tree.touch(node, now: now)
        trimRAM()
    }
}
