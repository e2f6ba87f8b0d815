import Vocabulary

/// Who may reuse what a node holds, and what it was computed with.
struct CacheScope: Hashable, Sendable {
    /// `nil` is everyone: prefixes that the operator owns.
    let tenant: TenantID?
    /// `AdapterLease.key`: keys and values of other adapters are of no use.
    let adapters: String

    init(tenant: TenantID?, adapters: String = "") {
        self.tenant = tenant
        self.adapters = adapters
    }

    /// Everyone's, without adapters.
    static let shared = CacheScope(tenant: nil)
    /// One tenant's, without adapters.
    static func tenant(_ tenant: TenantID) -> CacheScope { CacheScope(tenant: tenant) }

    var isShared: Bool { tenant == nil }
    /// Everyone's, with the same adapters.
    var shared: CacheScope { CacheScope(tenant: nil, adapters: adapters) }
}

/// A run of tokens in the prefix tree, with the keys and values that the model computed for it, wherever they are.
///
/// Confined to the engine's thread. A node's state belongs to its whole path: tokens are only the last part of it.
final class PrefixNode {
    let id: UInt64
    let scope: CacheScope
    private(set) unowned var parent: PrefixNode?
    /// At least one, except at the root.
    private(set) var tokens: [Int32]
    /// Place of the first token in prompt and answer.
    private(set) var start: Int
    /// Position of the first token: its place, unless images before it take fewer positions than rows.
    private var startPosition: Int
    /// How many of the tokens do not move the position on.
    private var folded: Int
    private(set) var children: [ChildKey: PrefixNode] = [:]

    /// The sequence of the key-value cache that holds this run.
    var sequence: Int?
    /// The same in ordinary memory.
    var blob: [UInt8]?
    /// The name of the file that has the same.
    var file: String?
    /// It had a file before its tokens were parted, and is to have one again.
    var belongsOnShelf = false
    /// The shelf had no room for it in a quiet moment.
    var isKeptOffShelf = false

    /// Running requests whose prompts go through this node.
    var users = 0
    var hits = 0
    /// Worth by the eviction rule; see `PrefixTree.touch`.
    var worth = 0.0
    var lastUse: ContinuousClock.Instant

    struct ChildKey: Hashable {
        let scope: CacheScope
        let token: Int32
    }

    init(
        id: UInt64, scope: CacheScope, parent: PrefixNode?, tokens: [Int32], start: Int, now: ContinuousClock.Instant
    ) {
        self.id = id
        self.scope = scope
        self.parent = parent
        self.tokens = tokens
        self.start = start
        startPosition = parent?.positions.upperBound ?? 0
        folded = StandIn.foldedCount(tokens)
        lastUse = now
    }

    /// The position after the last token.
    var end: Int { start + tokens.count }
    var isHot: Bool { sequence != nil }
    /// In the cells alone, and worth keeping when it leaves them.
    var needsCopy: Bool { isHot && blob == nil && tokens.count >= PrefixCache.keepMin }
    var hasState: Bool { sequence != nil || blob != nil || file != nil }
    var isRoot: Bool { parent == nil }
    var range: Range<Int> { start..<end }
    /// What the model's memory knows the tokens by.
    var positions: Range<Int> { startPosition..<startPosition + tokens.count - folded }

    /// Where the state is that is reached fastest.
    var tier: CacheReport.Tier {
        if sequence != nil { return .memory }
        if blob != nil { return .ram }
        return file != nil ? .disk : .none
    }

    func child(_ scope: CacheScope, _ token: Int32) -> PrefixNode? { children[ChildKey(scope: scope, token: token)] }

    func hasChild(visibleTo scope: CacheScope) -> Bool {
        children.keys.contains { $0.scope == scope || $0.scope == scope.shared }
    }

    func add(_ child: PrefixNode) {
        children[ChildKey(scope: child.scope, token: child.tokens[0])] = child
        child.parent = self
    }

    func remove(_ child: PrefixNode) { children[ChildKey(scope: child.scope, token: child.tokens[0])] = nil }

    func extend(by more: some Collection<Int32>) {
        tokens += more
        folded += StandIn.foldedCount(more)
    }

    /// Cuts the first `count` tokens off, for a node that comes between.
    func dropFirst(_ count: Int) {
        let first = StandIn.foldedCount(tokens.prefix(count))
        startPosition += count - first
        folded -= first
        tokens.removeFirst(count)
        start += count
    }

    /// Tokens of the whole path, from position 0.
    var path: [Int32] {
        var runs: [[Int32]] = []
        var node = self
        while let parent = node.parent {
            runs.append(node.tokens)
            node = parent
        }
        return Array(runs.reversed().joined())
    }

    /// This node and all below it, deepest last.
    var subtree: [PrefixNode] { [self] + children.values.flatMap(\.subtree) }
}
