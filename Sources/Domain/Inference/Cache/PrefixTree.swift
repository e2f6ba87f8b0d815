import Vocabulary

/// A radix tree over token ids: which prefixes were computed, for whom, and what they are worth. Pure: it holds names of
/// states, not states.
///
/// A path goes through shared nodes first and then through nodes of one tenant, so that a tenant's prompt can continue
/// an operator's prefix and yet be seen by nobody else. Paths of different adapters part at the root.
struct PrefixTree {
    let root: PrefixNode
    private(set) var nodes: [UInt64: PrefixNode] = [:]
    private var nextID: UInt64 = 1
    /// The worth of what was evicted last: whatever is touched later is worth more. Makes old worth fade without a clock.
    private var floor = 0.0

    init(now: ContinuousClock.Instant) {
        root = PrefixNode(id: 0, scope: .shared, parent: nil, tokens: [], start: 0, now: now)
    }

    /// The longest known prefix of some tokens, as it was found: it stays so when the node is split.
    struct Match {
        /// The deepest node of the path; the root when nothing is known.
        let node: PrefixNode
        /// How many of the node's own tokens match; all of them, or fewer when the tokens part within it.
        let countInNode: Int
        /// How many tokens match altogether.
        let length: Int
        /// Whether the node is matched to its end.
        let isWhole: Bool

        init(node: PrefixNode, countInNode: Int) {
            self.node = node
            self.countInNode = countInNode
            length = node.start + countInNode
            isWhole = countInNode == node.tokens.count
        }
    }

    /// Finds the longest prefix that somebody who sees `scope` may use.
    ///
    /// - Parameters:
    ///   - tokens: the prompt.
    ///   - scope: whose nodes are visible beside the shared ones.
    ///   - from: a node whose path is known to match already.
    /// - Returns: the deepest match; its state may be in any tier, or gone.
    func match(_ tokens: [Int32], scope: CacheScope, from: PrefixNode? = nil) -> Match {
        let origin = from ?? root
        var best = Match(node: origin, countInNode: origin.tokens.count)
        for next in visible(from: origin, tokens, scope) {
            let count = Self.commonCount(next.tokens, tokens, from: next.start)
            let found =
                count == next.tokens.count
                ? match(tokens, scope: scope, from: next) : Match(node: next, countInNode: count)
            if found.length > best.length { best = found }
        }
        return best
    }

    /// The children that continue with the next token, of which there are at most one shared and one of the tenant.
    private func visible(from node: PrefixNode, _ tokens: [Int32], _ scope: CacheScope) -> [PrefixNode] {
        guard node.end < tokens.count else { return [] }
        let token = tokens[node.end]
        let own = scope.isShared ? nil : node.child(scope, token)
        let shared = node.scope.isShared ? node.child(scope.shared, token) : nil
        return [shared, own].compactMap { $0 }
    }

    private static func commonCount(_ run: [Int32], _ tokens: [Int32], from start: Int) -> Int {
        let count = min(run.count, tokens.count - start)
        var index = 0
        while index < count, run[index] == tokens[start + index] { index += 1 }
        // A chunk that begins alike is not the same chunk: none of it is common.
        if index < run.count {
            while index > 0, StandIn.isContinuation(run[index]) { index -= 1 }
        }
        return index
    }

    /// Adds a run of tokens after a node. There must be no child in this scope that begins with the same token.
    mutating func add(
        _ tokens: [Int32], after parent: PrefixNode, scope: CacheScope, now: ContinuousClock.Instant
    ) -> PrefixNode {
        precondition(parent.child(scope, tokens[0]) == nil, "the caller matches first")
        let node = PrefixNode(
            id: nextID, scope: scope, parent: parent, tokens: tokens, start: parent.end, now: now)
        nextID += 1
        parent.add(node)
        nodes[node.id] = node
        touch(node, now: now)
        return node
    }

    /// Cuts a node in two. The node keeps its id, its children and its end; the new one holds its first `count` tokens and
    /// has the same users.
    ///
    /// - Returns: the new node, which has no state yet.
    mutating func split(_ node: PrefixNode, at count: Int, now: ContinuousClock.Instant) -> PrefixNode {
        precondition(count > 0 && count < node.tokens.count, "both halves have tokens")
        guard let parent = node.parent else { preconditionFailure("the root has no tokens to split") }
        parent.remove(node)
        let head = PrefixNode(
            id: nextID, scope: node.scope, parent: parent, tokens: Array(node.tokens.prefix(count)), start: node.start,
            now: node.lastUse)
        nextID += 1
        head.users = node.users
        head.hits = node.hits
        head.worth = node.worth
        nodes[head.id] = head
        parent.add(head)
        node.dropFirst(count)
        head.add(node)
        return head
    }

    /// Whether a run of tokens can be added after a node: no child in this scope begins with the same token. Where tokens
    /// do not match, another one can only begin alike with a stand-in that happens to be the same.
    func canAdd(_ tokens: some Collection<Int32>, after parent: PrefixNode, scope: CacheScope) -> Bool {
        tokens.first.map { parent.child(scope, $0) == nil } ?? false
    }

    /// Takes a node without children out.
    mutating func remove(_ node: PrefixNode) {
        precondition(node.children.isEmpty && node.users == 0, "the caller removes leaves that nobody uses")
        node.parent?.remove(node)
        nodes[node.id] = nil
    }

    /// Notes a use of a node: its worth is what computing it again would cost, per token that it holds, times how often it
    /// was used, on top of what was thrown away last.
    ///
    /// Greedy-Dual-Size-Frequency (Cherkasova, 1998), with attention's growth over the position as the cost.
    func touch(_ node: PrefixNode, now: ContinuousClock.Instant) {
        let middle = Double(node.start) + Double(node.tokens.count) / 2
        let costPerToken = 1 + middle / Self.attentionEqualsRest
        node.worth = floor + costPerToken * Double(1 + node.hits).squareRoot()
        node.lastUse = now
    }

    /// The position at which attention costs as much as everything else; about right for small and middle models.
    private static let attentionEqualsRest = 8_192.0

    /// The least worthy node that satisfies a condition and is used by nobody, or by whomever with `includingUsed`.
    func leastWorthy(includingUsed: Bool = false, where condition: (PrefixNode) -> Bool) -> PrefixNode? {
        var least: PrefixNode?
        for node in nodes.values where (includingUsed || node.users == 0) && condition(node) {
            if let best = least, (best.worth, best.id) <= (node.worth, node.id) { continue }
            least = node
        }
        return least
    }

    /// Notes that a node was evicted for its worth.
    mutating func evicted(_ node: PrefixNode) { floor = max(floor, node.worth) }

    /// Counts a running request in or out, from a node up to the root.
    func changeUsers(from node: PrefixNode, by change: Int) {
        var next: PrefixNode? = node
        while let node = next, !node.isRoot {
            node.users += change
            next = node.parent
        }
    }
}
