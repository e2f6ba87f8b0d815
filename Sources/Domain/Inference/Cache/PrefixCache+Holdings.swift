import Vocabulary

/// Looking up and forgetting what one conversation left, as a whole.
extension PrefixCache {
    /// Gives a sequence as much of some tokens as the cache has, up to the last one. Not counted as a request's use.
    ///
    /// - Parameters:
    ///   - tokens: what to look for.
    ///   - scope: whose nodes are visible.
    ///   - sequence: an empty sequence of the runtime.
    ///   - now: the time.
    /// - Returns: the lease, whose node ends where what was found ends.
    mutating func attachAll(
        _ tokens: [Int32], scope: CacheScope, to sequence: Int, now: ContinuousClock.Instant
    ) -> CacheLease {
        let match = tree.match(tokens, scope: scope)
        let found = memory == .cells ? sharePath(to: match, sequence, now: now) : restoreBest(match, sequence, now: now)
        tree.changeUsers(from: found.node, by: 1)
        return CacheLease(node: found.node, scope: scope)
    }

    /// Forgets a path from its end, as far as nobody else goes through it.
    mutating func erase(_ tokens: [Int32], scope: CacheScope) {
        let match = tree.match(tokens, scope: scope)
        var next = match.isWhole ? match.node : nil
        while let node = next, !node.isRoot, node.scope == scope, node.users == 0, node.children.isEmpty {
            next = node.parent
            release(node)
            tree.remove(node)
        }
        if let next { prune(from: next) }
    }
}
