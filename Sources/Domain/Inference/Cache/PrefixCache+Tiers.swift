import Vocabulary

/// How states move between cells, ordinary memory and files.
extension PrefixCache {
    /// Makes room for cells by moving prefixes that nobody uses out of the key-value cache, the least worthy first.
    ///
    /// - Parameter count: cells that must be free.
    /// - Returns: whether they are.
    mutating func makeRoom(_ count: Int) -> Bool {
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
        // A state that cannot be read is a state that is not kept.
        if node.tokens.count >= Self.keepMin, mayKeepState(of: node), let state = saved(sequence) {
            keep(state, of: node)
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
    static var keepMin: Int { 16 }

    /// Whether a copy of a node's state has a place that it is not in yet.
    func mayKeepState(of node: PrefixNode) -> Bool {
        node.blob == nil && (limits.ramBytesMax > 0 || shelf != nil && node.file == nil)
    }

    /// Keeps a copy of a node's state: in ordinary memory if it may have that much, else on the shelf.
    mutating func keep(_ state: [UInt8], of node: PrefixNode) {
        guard state.count <= limits.ramBytesMax else { return shelve(state, of: node) }
        node.blob = state
        ramBytes += state.count
    }

    /// Copies one state to ordinary memory that would have to leave the cells soon, so that it takes no time then from answers
    /// that are being written. For moments without work. What was used a moment ago is left alone: a conversation that goes on
    /// makes it longer, and the copy would be of no use.
    ///
    /// - Returns: whether there may be another one.
    mutating func copyAhead(now: ContinuousClock.Instant) -> Bool {
        guard memory == .cells, runtime.shape.hasCellPerToken, limits.ramBytesMax > 0,
            cellsFree + cellsCopied < runtime.shape.cells / 2,
            let node = tree.leastWorthy(where: { node in
                node.needsCopy && now - node.lastUse >= Self.copiedAfter
                    && !node.children.values.contains(where: \.needsCopy)
            }), let sequence = node.sequence
        else { return false }
        let bytes = runtime.stateBytes(of: sequence)
        // A copy pushes out nothing that is in ordinary memory alone.
        guard bytes <= Self.copiedAheadMax, ramBytes + bytes <= limits.ramBytesMax, let state = saved(sequence) else {
            return false
        }
        keep(state, of: node)
        return true
    }

    /// Cells of states that are in ordinary memory, too, and that nobody uses.
    private var cellsCopied: Int {
        tree.nodes.values.reduce(0) { $0 + ($1.isHot && $1.blob != nil && $1.users == 0 ? $1.tokens.count : 0) }
    }

    private static var copiedAfter: Duration { .seconds(1) }

    /// Whoever comes in a quiet moment waits for one copy: some milliseconds.
    private static var copiedAheadMax: Int { 32 << 20 }

    func saved(_ sequence: Int) -> [UInt8]? {
        do { return try runtime.state(of: sequence) } catch { return nil }
    }

    /// Keeps states in ordinary memory below their bound: copies of what is in the cells go first, then the least worthy go to
    /// the shelf, or altogether.
    mutating func trimRAM() { _ = makeRoomInRAM(0) }

    /// Makes room for one more state in ordinary memory.
    ///
    /// - Parameter bytes: its size.
    /// - Returns: whether it fits.
    mutating func makeRoomInRAM(_ bytes: Int) -> Bool {
        guard bytes <= limits.ramBytesMax else { return false }
        while ramBytes + bytes > limits.ramBytesMax,
            let copied = tree.leastWorthy(includingUsed: true, where: { $0.isHot && $0.blob != nil })
        {
            copied.blob.map { ramBytes -= $0.count }
            copied.blob = nil
        }
        // Running sequences have copies of their own: a checkpoint may go although it is in use.
        while ramBytes + bytes > limits.ramBytesMax,
            let victim = tree.leastWorthy(includingUsed: memory == .checkpoints, where: { $0.blob != nil })
        {
            if let state = victim.blob {
                shelve(state, of: victim)
                ramBytes -= state.count
            }
            victim.blob = nil
            if !victim.hasState { letGo(victim) }
            if memory == .checkpoints { counts.evictions += 1 }
            tree.evicted(victim)
        }
        return ramBytes + bytes <= limits.ramBytesMax
    }

    /// Forgets a node that has lost its state, with what cannot be reached without it.
    private mutating func letGo(_ node: PrefixNode) {
        // Checkpoints below it hold everything by themselves.
        if memory == .cells { drop(node) } else { prune(from: node) }
    }

    /// Forgets a node and all below it, in every tier, and the runs before it that led nowhere else. Nodes in use stay as
    /// runs without a state to give.
    mutating func drop(_ node: PrefixNode) {
        let parent = node.parent
        for each in node.subtree.reversed() where !each.isRoot {
            release(each)
            if each.users == 0, each.children.isEmpty { tree.remove(each) }
        }
        if let parent { prune(from: parent) }
    }

    /// Forgets runs without a state that lead to nothing, from a node up.
    mutating func prune(from node: PrefixNode) {
        var next = node
        while let parent = next.parent, !next.hasState, next.users == 0, next.children.isEmpty {
            tree.remove(next)
            next = parent
        }
    }

    mutating func release(_ node: PrefixNode) {
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
        // A state that the model does not take, although there is room for it, will not get better.
        var isLost = false
        node.users += 1
        defer {
            node.users -= 1
            if isLost { drop(node) }
        }
        guard makeRoom(node.tokens.count), let sequence = takeSequence() else { return false }
        guard runtime.restore(state, to: sequence) else {
            runtime.forget(sequence, from: 0)
            freeSequences.append(sequence)
            isLost = true
            return false
        }
        node.sequence = sequence
        useCells(node.tokens.count)
        return true
    }

    /// Cuts a node with cells in two; copies elsewhere are of the whole and go.
    mutating func split(_ node: PrefixNode, at count: Int, now: ContinuousClock.Instant) -> PrefixNode? {
        guard let tailSequence = node.sequence else { return nil }
        node.users += 1
        let taken = takeSequence()
        node.users -= 1
        guard let headSequence = taken else { return nil }
        let head = tree.split(node, at: count, now: now)
        runtime.share(head.positions, of: tailSequence, with: headSequence)
        runtime.forget(tailSequence, range: head.positions)
        head.sequence = headSequence
        node.blob.map { ramBytes -= $0.count }
        node.blob = nil
        if node.file != nil || node.belongsOnShelf { (head.belongsOnShelf, node.belongsOnShelf) = (true, true) }
        removeFile(of: node)
        return head
    }
}
