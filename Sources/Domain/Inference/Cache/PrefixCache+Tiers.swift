import Vocabulary

/// How states move between cells, ordinary memory and files.
extension PrefixCache {
    /// Makes room for cells by moving prefixes that nobody uses out of the key-value cache, the least worthy first.
    ///
    /// - Parameter count: cells that must be free.
    /// - Returns: whether they are.
    mutating func makeRoom(_ count: Int) -> Bool {
        guard memory == .cells else { return true }
        while cellsFree < count {
            guard let victim = coldestHot() else { return false }
            demote(victim)
        }
        return true
    }

    /// Keeps what idles in the key-value cache below its bound.
    mutating func trimIdle() {
        guard memory == .cells, limits.idleCellsMax < runtime.shape.cells else { return }
        var idle = tree.nodes.values.reduce(0) { $0 + ($1.isHot && $1.users == 0 ? $1.tokens.count : 0) }
        while idle > limits.idleCellsMax, let victim = coldestHot() {
            idle -= victim.tokens.count
            demote(victim)
        }
    }

    private func coldestHot() -> PrefixNode? {
        tree.leastWorthy { node in node.isHot && !node.children.values.contains(where: \.isHot) }
    }

    /// A sequence for a new node, if need be one that another node has.
    mutating func takeSequence() -> Int? {
        if freeSequences.isEmpty, let victim = coldestHot() { demote(victim) }
        return freeSequences.popLast()
    }

    /// Frees a node's cells. Its state goes to ordinary memory when it may, else the node goes with everything below it.
    private mutating func demote(_ node: PrefixNode) {
        guard let sequence = node.sequence else { return }
        counts.evictions += 1
        if node.blob == nil, limits.ramBytesMax > 0, node.tokens.count >= Self.keepMin {
            // A state that cannot be read is a state that is not kept.
            if let state = saved(sequence), state.count <= limits.ramBytesMax {
                node.blob = state
                ramBytes += state.count
            }
        }
        runtime.forget(sequence, from: 0)
        node.sequence = nil
        freeSequences.append(sequence)
        freeCells(node.tokens.count)
        if !node.hasState { drop(node) }
        tree.evicted(node)
        trimRAM()
    }

    /// Runs shorter than this are computed again faster than they are fetched.
    private static var keepMin: Int { 16 }

    private func saved(_ sequence: Int) -> [UInt8]? {
        do { return try runtime.state(of: sequence) } catch { return nil }
    }

    /// Keeps states in ordinary memory below their bound: the least worthy go to the shelf, or altogether.
    mutating func trimRAM() {
        guard memory == .cells else { return trimCheckpoints() }
        while ramBytes > limits.ramBytesMax, let victim = tree.leastWorthy(where: { $0.blob != nil }) {
            spill(victim)
            victim.blob.map { ramBytes -= $0.count }
            victim.blob = nil
            if !victim.hasState { drop(victim) }
            tree.evicted(victim)
        }
    }

    /// Puts a node's state on the shelf, if it is not there.
    func spill(_ node: PrefixNode) {
        guard let shelf, node.file == nil, let state = node.blob else { return }
        let tenant: TenantID? = if case .tenant(let tenant) = node.scope { tenant } else { nil }
        node.file = shelf.put(ShelvedState(tenant: tenant, tokens: node.path, start: node.start, state: state))
    }

    /// Forgets a node and all below it, in every tier. Nodes in use stay as runs without a state to give.
    mutating func drop(_ node: PrefixNode) {
        for each in node.subtree.reversed() {
            release(each)
            if each.users == 0, each.children.isEmpty, !each.isRoot { tree.remove(each) }
        }
    }

    private mutating func release(_ node: PrefixNode) {
        if let sequence = node.sequence, node.users == 0 {
            runtime.forget(sequence, from: 0)
            node.sequence = nil
            freeSequences.append(sequence)
            freeCells(node.tokens.count)
        }
        node.blob.map { ramBytes -= $0.count }
        node.blob = nil
        removeFile(of: node)
    }

    func removeFile(of node: PrefixNode) {
        if let file = node.file { shelf?.remove(file) }
        node.file = nil
    }

    /// Brings a node's state into the key-value cache.
    ///
    /// - Returns: `false` when there is no room, no free sequence, or no state that can be read.
    mutating func makeHot(_ node: PrefixNode) -> Bool {
        guard node.sequence == nil else { return true }
        guard let state = fetchState(of: node) else {
            // Nothing can be reached below a run that is lost.
            if node.users == 0 { drop(node) }
            return false
        }
        node.users += 1
        defer { node.users -= 1 }
        guard makeRoom(node.tokens.count), let sequence = takeSequence() else { return false }
        guard runtime.restore(state, to: sequence) else {
            runtime.forget(sequence, from: 0)
            freeSequences.append(sequence)
            return false
        }
        node.sequence = sequence
        useCells(node.tokens.count)
        return true
    }

    /// A node's state from ordinary memory or from the shelf.
    func fetchState(of node: PrefixNode) -> [UInt8]? {
        if let blob = node.blob { return blob }
        guard let file = node.file, let shelved = shelf?.get(file) else { return nil }
        // A name that came back with other tokens is not this node's state.
        guard shelved.start == node.start, shelved.tokens == node.path else { return nil }
        return shelved.state
    }

    /// Cuts a node with cells in two; copies elsewhere are of the whole and go.
    mutating func split(_ node: PrefixNode, at count: Int, now: ContinuousClock.Instant) -> PrefixNode? {
        guard let tailSequence = node.sequence else { return nil }
        node.users += 1
        let taken = takeSequence()
        node.users -= 1
        guard let headSequence = taken else { return nil }
        let head = tree.split(node, at: count, now: now)
        runtime.share(head.range, of: tailSequence, with: headSequence)
        runtime.forget(tailSequence, range: head.range)
        head.sequence = headSequence
        node.blob.map { ramBytes -= $0.count }
        node.blob = nil
        removeFile(of: node)
        return head
    }

    /// Brings back what the shelf has from before: the tree knows it again, and reads it when it is asked for.
    mutating func restoreShelf(now: ContinuousClock.Instant) {
        guard let shelf else { return }
        for entry in shelf.contents().sorted(by: { $0.start < $1.start }) {
            let scope = entry.tenant.map(CacheScope.tenant) ?? .shared
            let match = tree.match(entry.tokens, scope: scope)
            // Its path must be there, and it must not be there itself.
            guard match.isWhole, match.length == entry.start, entry.start < entry.tokens.count else {
                if memory == .cells || match.length != entry.start { shelf.remove(entry.name) }
                continue
            }
            let node = tree.add(
                Array(entry.tokens[entry.start...]), after: match.node, scope: scope, now: now)
            node.file = entry.name
        }
    }

    /// Puts everything that is worth it on the shelf, before the engine ends.
    mutating func shelveAll() {
        guard shelf != nil else { return }
        for node in tree.nodes.values.sorted(by: { $0.start < $1.start }) where node.file == nil {
            if node.blob == nil, let sequence = node.sequence, let state = saved(sequence) {
                node.blob = state
                ramBytes += state.count
            }
            spill(node)
        }
    }
}
