public import Vocabulary

/// How much the prefix cache may hold, and where.
public struct CacheLimits: Sendable, Equatable {
    /// Bytes of states in ordinary memory; 0 keeps none.
    public var ramBytesMax: Int
    /// Cells that prefixes may keep in the key-value cache while nobody uses them. Attention looks over every cell in
    /// use, so prefixes beyond this wait in ordinary memory.
    public var idleCellsMax: Int
    /// For models whose memory cannot be cut.
    public var checkpoints = CheckpointPolicy()

    public init(ramBytesMax: Int = 512 << 20, idleCellsMax: Int = .max) {
        self.ramBytesMax = ramBytesMax
        self.idleCellsMax = idleCellsMax
    }
}

/// What one running sequence holds of the cache.
struct CacheLease {
    /// The deepest node whose state the sequence has by reference; the root when there is none.
    var node: PrefixNode
    /// Whose nodes it may see and leave.
    let scope: CacheScope
    /// The leaf that this sequence made and may extend.
    var ownLeaf: PrefixNode?
    /// Positions of the prompt, ascending, at which the sequence pauses to leave its state, for models whose memory
    /// cannot be cut later.
    var stops: [Int] = []
}

/// The prefixes that were computed, in three tiers: cells of the key-value cache, ordinary memory, files.
///
/// Confined to the engine's thread. Cells are counted exactly: those of nodes with a sequence, and those of running
/// sequences beyond what they share with nodes.
struct PrefixCache {
    let runtime: any ModelRuntime
    let limits: CacheLimits
    let shelf: (any CacheShelf)?
    var tree: PrefixTree
    /// Sequences of the runtime that no node uses.
    var freeSequences: [Int]
    /// Cells that hold something: of nodes, and of running sequences beyond their nodes.
    private(set) var cellsUsed = 0
    /// Cells that can hold something, as far as one knows: fewer than there are after the model found no room.
    private(set) var cellsMax: Int
    var ramBytes = 0
    var counts = CacheCounts()

    /// - Parameters:
    ///   - runtime: the model's memory.
    ///   - sequences: the sequences that the cache may use; the others are the running ones'.
    ///   - limits: the bounds of the tiers.
    ///   - shelf: where states go that have no room in memory.
    ///   - now: the time.
    init(
        runtime: any ModelRuntime, sequences: Range<Int>, limits: CacheLimits, shelf: (any CacheShelf)?,
        now: ContinuousClock.Instant
    ) {
        self.runtime = runtime
        self.limits = limits
        self.shelf = shelf
        cellsMax = runtime.shape.cells
        tree = PrefixTree(now: now)
        freeSequences = sequences.reversed()
        restoreShelf(now: now)
    }

    var memory: RuntimeShape.Memory { runtime.shape.memory }
    var cellsFree: Int { runtime.shape.hasCellPerToken ? cellsMax - cellsUsed : .max }

    mutating func useCells(_ count: Int) { if runtime.shape.hasCellPerToken { cellsUsed += count } }
    mutating func freeCells(_ count: Int) { if runtime.shape.hasCellPerToken { cellsUsed -= count } }

    /// Notes that the model found no room for so many more cells, although there should have been some.
    mutating func overfilled(by count: Int) { cellsMax = max(1, min(cellsMax, cellsUsed + count - 1)) }

    /// Believes again in all cells, when nobody holds any.
    mutating func trustCells() { cellsMax = runtime.shape.cells }

    /// Finds the longest prefix of a prompt that this scope may use and gives it to a sequence.
    ///
    /// - Parameters:
    ///   - prompt: the prompt's tokens; the last one is never taken from the cache, because its logits are needed.
    ///   - scope: whose nodes are visible.
    ///   - sequence: an empty sequence of the runtime.
    ///   - now: the time.
    ///   - most: tokens that may be taken.
    /// - Returns: the lease, and what the answer reports.
    mutating func attach(
        _ prompt: [Int32], scope: CacheScope, to sequence: Int, now: ContinuousClock.Instant, most: Int = .max
    ) -> (lease: CacheLease, report: CacheReport) {
        let usable = Array(prompt.dropLast().prefix(most))
        counts.lookups += 1
        let match = tree.match(usable, scope: scope)
        let found = memory == .cells ? sharePath(to: match, sequence, now: now) : restoreBest(match, sequence, now: now)
        let length = found.node.end
        if length > 0 {
            counts.hits += 1
            counts.tokensReused += length
        }
        tree.changeUsers(from: found.node, by: 1)
        var report = CacheReport(cachedTokens: length, tier: length > 0 ? found.tier : .none)
        let isParted = !match.isWhole || match.node.hasChild(visibleTo: scope)
        if match.length < usable.count, isParted { report.firstDifference = match.length }
        let stops =
            memory == .cells ? [] : limits.checkpoints.stops(after: length, branch: match.length, end: prompt.count - 1)
        return (CacheLease(node: found.node, scope: scope, stops: stops), report)
    }

    /// A lease for a sequence that has its state from elsewhere.
    func emptyLease(_ scope: CacheScope) -> CacheLease { CacheLease(node: tree.root, scope: scope) }

    /// Gives a sequence all of a matched path by reference; as much of it as can be had.
    mutating func sharePath(
        to match: PrefixTree.Match, _ sequence: Int, now: ContinuousClock.Instant
    ) -> (node: PrefixNode, tier: CacheReport.Tier) {
        var path: [PrefixNode] = []
        var next: PrefixNode? = match.node
        while let node = next, !node.isRoot {
            path.insert(node, at: 0)
            next = node.parent
        }
        var last = tree.root
        var slowest = CacheReport.Tier.memory
        for node in path {
            let tier = node.tier
            // Whoever is promoted next must not push out what was promoted before.
            tree.changeUsers(from: last, by: 1)
            let isReady = makeHot(node)
            tree.changeUsers(from: last, by: -1)
            guard isReady else { break }
            var whole = node
            if node.id == match.node.id, !match.isWhole {
                guard match.countInNode >= Self.splitMin, let head = split(node, at: match.countInNode, now: now) else {
                    break
                }
                whole = head
            }
            guard let source = whole.sequence else { break }
            runtime.share(whole.positions, of: source, with: sequence)
            whole.hits += 1
            tree.touch(whole, now: now)
            slowest = max(slowest, tier)
            last = whole
        }
        return (last, slowest)
    }

    /// Shorter beginnings are cheaper to compute than to keep apart.
    private static var splitMin: Int { 4 }

    /// Leaves what a running sequence computed for those who come after it.
    ///
    /// - Parameters:
    ///   - tokens: prompt and answer of the sequence.
    ///   - computed: how many of them the sequence holds.
    ///   - sequence: the runtime's sequence.
    ///   - lease: what the sequence has of the cache; it moves on to the new end.
    ///   - now: the time.
    mutating func commit(
        _ tokens: [Int32], computed: Int, of sequence: Int, _ lease: inout CacheLease, now: ContinuousClock.Instant
    ) {
        guard computed > lease.node.end else { return }
        let known = Array(tokens.prefix(computed))
        guard memory == .cells else { return checkpoint(known, of: sequence, &lease, now: now) }
        guard follow(known, of: sequence, &lease, now: now) else { return }
        let node = lease.node
        guard computed > node.end else { return }
        let run = known[node.end..<computed]
        if let leaf = lease.ownLeaf, leaf === node, leaf.children.isEmpty, leaf.users == 1, let target = leaf.sequence {
            let before = leaf.positions.upperBound
            leaf.extend(by: run)
            runtime.share(before..<leaf.positions.upperBound, of: sequence, with: target)
            leaf.blob.map { ramBytes -= $0.count }
            leaf.blob = nil
            removeFile(of: leaf)
            tree.touch(leaf, now: now)
            return
        }
        guard tree.canAdd(run, after: node, scope: lease.scope), let target = takeSequence() else { return }
        let child = tree.add(Array(run), after: node, scope: lease.scope, now: now)
        runtime.share(child.positions, of: sequence, with: target)
        child.sequence = target
        child.users = 1
        lease.node = child
        lease.ownLeaf = child
    }

    /// Moves a lease along nodes that others left meanwhile: the sequence's own cells of that run are freed, or become the
    /// node's where it has none.
    ///
    /// - Returns: `false` when the tree cannot take the rest of the sequence.
    private mutating func follow(
        _ known: [Int32], of sequence: Int, _ lease: inout CacheLease, now: ContinuousClock.Instant
    ) -> Bool {
        // Each turn looks again: making room for one node may have thrown out the next one.
        while true {
            let match = tree.match(known, scope: lease.scope, from: lease.node)
            guard match.length > lease.node.end else { return true }
            var node = match.node
            while let parent = node.parent, parent !== lease.node { node = parent }
            if node === match.node, !match.isWhole {
                guard let head = split(node, at: match.countInNode, now: now) else { return false }
                node = head
            }
            guard node.isHot ? share(node, with: sequence) : fill(node, from: sequence) else { return false }
            node.users += 1
            lease.node = node
        }
    }

    /// Gives a sequence a node's cells in place of its own.
    private mutating func share(_ node: PrefixNode, with sequence: Int) -> Bool {
        guard let source = node.sequence else { return false }
        runtime.forget(sequence, range: node.positions)
        runtime.share(node.positions, of: source, with: sequence)
        freeCells(node.tokens.count)
        return true
    }

    /// Gives a node without cells those of a sequence that has computed the same.
    private mutating func fill(_ node: PrefixNode, from sequence: Int) -> Bool {
        node.users += 1
        let taken = takeSequence()
        node.users -= 1
        guard let target = taken else { return false }
        runtime.share(node.positions, of: sequence, with: target)
        node.sequence = target
        return true
    }

    /// Ends a lease; the sequence's cells beyond its node go with the sequence.
    mutating func detach(_ lease: CacheLease, sequence: Int, computed: Int) {
        tree.changeUsers(from: lease.node, by: -1)
        if memory == .cells {
            freeCells(max(0, computed - lease.node.end))
        } else {
            freeCells(computed)
            prune(from: lease.node)
        }
        runtime.forget(sequence, from: 0)
    }
}

/// What happened since the start.
struct CacheCounts: Equatable {
    var lookups = 0
    var hits = 0
    var tokensReused = 0
    var tokensComputed = 0
    var evictions = 0
    /// Positions of running sequences that were dropped to keep to a budget.
    var tokensDropped = 0
}

extension CacheReport.Tier: Comparable {
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    /// How long it takes to have it, from nothing to do to most.
    private var rank: Int {
        switch self {
        case .none: 0
        case .memory: 1
        case .ram: 2
        case .disk: 3
        }
    }
}
