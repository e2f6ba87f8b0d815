import Vocabulary

/// What the cache tells about itself, and forgetting by hand.
extension PrefixCache {
    func listing(text: ([Int32]) -> String, now: ContinuousClock.Instant) -> CacheListing {
        let bytesPerCell = averageBytesPerCell
        let nodes = tree.nodes.values.sorted { ($0.start, $0.id) < ($1.start, $1.id) }
        func use(_ tier: CacheReport.Tier, _ bytes: Int, of bytesMax: Int) -> CacheListing.Use {
            CacheListing.Use(
                tier: tier, bytes: bytes, bytesMax: bytesMax, nodes: nodes.count(where: { $0.tier == tier }))
        }
        let hotTokens = nodes.reduce(0) { $0 + ($1.isHot ? $1.tokens.count : 0) }
        var listing = CacheListing(
            tiers: [
                use(.memory, hotTokens * bytesPerCell, of: runtime.shape.cells * bytesPerCell),
                use(.ram, ramBytes, of: limits.ramBytesMax),
                use(.disk, shelf?.bytes ?? 0, of: shelf?.bytesMax ?? 0),
            ],
            nodes: nodes.prefix(Self.nodesListedMax).map { node in
                CacheListing.Node(
                    id: node.id, parent: node.parent.flatMap { $0.isRoot ? nil : $0.id },
                    tenant: node.scope.tenant, start: node.start, tokens: node.tokens.count,
                    bytes: node.blob?.count ?? node.tokens.count * bytesPerCell, tier: node.tier, hits: node.hits,
                    users: node.users, children: node.children.count,
                    secondsSinceUse: (now - node.lastUse) / .seconds(1),
                    text: text(Array(node.tokens.prefix(Self.tokensShown))))
            },
            cells: runtime.shape.cells, cellsUsed: cellsUsed, lookups: counts.lookups, hits: counts.hits,
            tokensReused: counts.tokensReused, tokensComputed: counts.tokensComputed, evictions: counts.evictions,
            rejectedFiles: shelf?.rejectedCount ?? 0)
        listing.tokensDropped = counts.tokensDropped
        return listing
    }

    /// Forgets a node and everything below it.
    ///
    /// - Returns: how many nodes went; 0 when there is no such node.
    mutating func invalidate(_ id: UInt64) throws(ServiceError) -> Int {
        guard let node = tree.nodes[id] else { return 0 }
        guard node.subtree.allSatisfy({ $0.users == 0 }) else {
            throw ServiceError(
                .conflict, "Node \(id) of the cache is in use by \(node.users) running requests.",
                hint: "Try again when they have ended.")
        }
        let count = node.subtree.count
        drop(node)
        return count
    }

    private static var nodesListedMax: Int { 2_000 }
    private static var tokensShown: Int { 24 }

    /// What a cell weighs, by the first node that can tell; 0 when there is none.
    private var averageBytesPerCell: Int {
        for node in tree.nodes.values {
            let tokens = max(1, memory == .cells ? node.tokens.count : node.end)
            if let sequence = node.sequence { return runtime.stateBytes(of: sequence) / tokens }
            if let blob = node.blob { return blob.count / tokens }
        }
        return 0
    }
}
