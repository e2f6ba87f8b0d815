import Vocabulary

/// The shelf: what goes there and when, and how the tree knows it again after a restart.
extension PrefixCache {
    /// Puts a copy of a node's state on the shelf, if it is not there.
    func shelve(_ state: [UInt8], of node: PrefixNode) {
        guard let shelf, node.file == nil else { return }
        node.file = shelf.put(
            ShelvedState(
                tenant: node.scope.tenant, adapters: node.scope.adapters, tokens: node.path,
                start: shelfStart(of: node), state: state))
    }

    /// Where the tokens begin that a node's state is for. Where cells cannot be cut it is the whole path's, whatever nodes
    /// the path is made of.
    private func shelfStart(of node: PrefixNode) -> Int { memory == .cells ? node.start : 0 }

    func removeFile(of node: PrefixNode) {
        if let file = node.file { shelf?.remove(file) }
        node.file = nil
    }

    /// A node's state from ordinary memory or from the shelf.
    func fetchState(of node: PrefixNode) -> [UInt8]? {
        if let blob = node.blob { return blob }
        guard let file = node.file else { return nil }
        // A name that came back with other tokens, or another's, is not this node's state.
        guard let shelved = shelf?.get(file), shelved.start == shelfStart(of: node), shelved.tokens == node.path,
            shelved.tenant == node.scope.tenant, shelved.adapters == node.scope.adapters
        else {
            removeFile(of: node)
            return nil
        }
        return shelved.state
    }

    // MARK: After a restart

    /// Brings back what the shelf has from before: the tree knows it again, and reads it when it is asked for. What cannot
    /// be reached any more is removed.
    mutating func restoreShelf(now: ContinuousClock.Instant) {
        guard let shelf else { return }
        let entries = shelf.contents().sorted { ($0.start, $0.tokens.count) < ($1.start, $1.tokens.count) }
        for entry in entries where !place(entry, now: now) { shelf.remove(entry.name) }
    }

    private mutating func place(_ entry: ShelfEntry, now: ContinuousClock.Instant) -> Bool {
        let scope = CacheScope(tenant: entry.tenant, adapters: entry.adapters)
        guard (0..<entry.tokens.count).contains(entry.start) else { return false }
        var match = tree.match(entry.tokens, scope: scope)
        if memory == .checkpoints {
            guard entry.start == 0 else { return false }
            if !match.isWhole {
                let head = tree.split(match.node, at: match.countInNode, now: now)
                match = PrefixTree.Match(node: head, countInNode: head.tokens.count)
            }
            if match.length == entry.tokens.count {
                // A tenant's state is not for everybody, even where the tokens are.
                guard match.node.scope == scope, match.node.file == nil else { return false }
                match.node.file = entry.name
                return true
            }
        } else {
            // Its path must be there, and it must not be there itself.
            guard match.isWhole, match.length == entry.start else { return false }
        }
        guard tree.canAdd(entry.tokens[match.length...], after: match.node, scope: scope) else { return false }
        let node = tree.add(Array(entry.tokens[match.length...]), after: match.node, scope: scope, now: now)
        node.file = entry.name
        return true
    }

    // MARK: Before the end

    /// Puts one state on the shelf that would be missed if the process were killed: one that left the cells, one that was
    /// used again and again, one whose file was for more tokens than it has now, or one without which what is there already
    /// could not be reached. For moments without work.
    ///
    /// - Returns: whether there may be another one.
    func shelveOne() -> Bool {
        guard shelf != nil else { return false }
        var best: PrefixNode?
        for node in tree.nodes.values where isMissed(node) {
            if let other = best, (other.worth, node.id) >= (node.worth, other.id) { continue }
            best = node
        }
        guard let best else { return false }
        let first = statesNeeded(for: best).first { $0.file == nil } ?? best
        if let state = first.blob ?? first.sequence.flatMap(saved) { shelve(state, of: first) }
        // What the shelf has no room for now waits until the end.
        if first.file == nil { best.isKeptOffShelf = true }
        return first.file != nil
    }

    private func isMissed(_ node: PrefixNode) -> Bool {
        guard node.file == nil, !node.isKeptOffShelf, node.blob != nil || node.isHot else { return false }
        if memory == .cells, node.children.values.contains(where: { $0.file != nil }) { return true }
        guard node.users == 0 else { return false }
        if node.belongsOnShelf { return true }
        let isOften = node.hits >= Self.reuseMin
        // Checkpoints are whole sequences, many of each: only those go that are used.
        guard memory == .cells else { return isOften && node.end >= Self.keepMin }
        return node.tokens.count >= Self.keepMin && (isOften || !node.isHot)
    }

    /// What was used so often will be used again.
    private static var reuseMin: Int { 2 }

    /// The nodes whose states a node's state is worth nothing without, and itself, the first one first.
    private func statesNeeded(for node: PrefixNode) -> [PrefixNode] {
        guard memory == .cells else { return [node] }
        var path: [PrefixNode] = []
        var next: PrefixNode? = node
        while let each = next, !each.isRoot {
            path.append(each)
            next = each.parent
        }
        return path.reversed()
    }

    /// Puts everything on the shelf that it may hold, the worthiest first, before the engine ends.
    ///
    /// - Parameter patience: how long to wait altogether while the shelf cannot take more.
    func shelveAll(within patience: Duration) {
        guard let shelf else { return }
        let deadline = ContinuousClock.now + patience
        // More than the shelf holds would push out what was put there first.
        var bytesLeft = shelf.bytesMax
        let worthiest = tree.nodes.values.sorted { ($0.worth, $1.id) > ($1.worth, $0.id) }
        for node in worthiest {
            for each in statesNeeded(for: node) where each.file == nil {
                // Without this state the ones after it cannot be reached.
                guard let state = each.blob ?? each.sequence.flatMap(saved) else { break }
                bytesLeft -= state.count
                guard bytesLeft >= 0 else { return }
                shelve(state, of: each)
                if each.file != nil { continue }
                guard shelf.settle(within: deadline - .now) else { return }
                shelve(state, of: each)
            }
        }
    }
}
