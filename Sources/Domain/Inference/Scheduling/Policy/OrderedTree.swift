/// A place in an order: by a number first (a virtual time, a moment in seconds), then by arrival.
struct QueuePlace: Sendable, Equatable, Comparable {
    let order: Double
    let sequence: UInt64

    init(_ order: Double = 0, sequence: UInt64) {
        self.order = order
        self.sequence = sequence
    }

    static func < (left: QueuePlace, right: QueuePlace) -> Bool {
        left.order < right.order || (left.order == right.order && left.sequence < right.sequence)
    }
}

/// A sorted collection that can tell how many elements, and how much cost, stand before any of them.
///
/// A treap with sizes and sums: every change and question takes O(log n) steps on average. The random ranks come from a
/// counter, so that the same calls build the same tree.
///
/// Source: Seidel, Aragon 1996, "Randomized Search Trees".
struct OrderedTree: Sendable {
    struct Element: Sendable {
        let place: QueuePlace
        let value: UInt64
        /// What it adds to `sumBefore` of those behind it.
        let cost: Int
    }

    private struct Node {
        var element: Element
        var rank: UInt64
        var left = OrderedTree.none
        var right = OrderedTree.none
        var count: Int
        var sum: Int
    }

    private static let none = -1

    private var nodes: [Node] = []
    private var free: [Int] = []
    private var root = OrderedTree.none
    private var ranks: UInt64 = 0

    var isEmpty: Bool { root == Self.none }
    var count: Int { root == Self.none ? 0 : nodes[root].count }

    var first: Element? {
        guard root != Self.none else { return nil }
        var node = root
        while nodes[node].left != Self.none { node = nodes[node].left }
        return nodes[node].element
    }

    /// Adds an element. Its place must be free.
    mutating func insert(_ place: QueuePlace, value: UInt64, cost: Int = 0) {
        let node = makeNode(Element(place: place, value: value, cost: cost))
        let (before, after) = split(root, at: place)
        root = merge(merge(before, node), after)
    }

    /// Takes out the element at a place; `false` when there is none.
    @discardableResult
    mutating func remove(_ place: QueuePlace) -> Bool {
        guard let (newRoot, removed) = removing(place, from: root) else { return false }
        root = newRoot
        free.append(removed)
        return true
    }

    /// The first element in order that fits.
    func first(where fits: (Element) -> Bool) -> Element? { first(in: root, where: fits) }

    /// How many elements stand before a place, and the sum of their costs.
    func before(_ place: QueuePlace) -> (count: Int, cost: Int) {
        count { element, _ in element.place < place }
    }

    /// How many elements at the beginning fit, and the sum of their costs.
    ///
    /// - Parameter fits: told the element and the cost before it; once it says no, it must say no to all that follow.
    /// - Returns: number and cost of the elements before the first that does not fit.
    func count(while fits: (Element, _ costBefore: Int) -> Bool) -> (count: Int, cost: Int) {
        var node = root
        var count = 0
        var cost = 0
        while node != Self.none {
            let left = nodes[node].left
            let costBefore = cost + sum(left)
            if fits(nodes[node].element, costBefore) {
                count += size(left) + 1
                cost = costBefore + nodes[node].element.cost
                node = nodes[node].right
            } else {
                node = left
            }
        }
        return (count, cost)
    }

    // MARK: - The treap

    private mutating func makeNode(_ element: Element) -> Int {
        ranks &+= 1
        let node = Node(element: element, rank: Self.mixed(ranks), count: 1, sum: element.cost)
        guard let index = free.popLast() else {
            nodes.append(node)
            return nodes.count - 1
        }
        nodes[index] = node
        return index
    }

    /// The finalizer of SplitMix64.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private func size(_ node: Int) -> Int { node == Self.none ? 0 : nodes[node].count }
    private func sum(_ node: Int) -> Int { node == Self.none ? 0 : nodes[node].sum }

    private mutating func update(_ node: Int) {
        let (left, right) = (nodes[node].left, nodes[node].right)
        nodes[node].count = size(left) + size(right) + 1
        nodes[node].sum = sum(left) + sum(right) + nodes[node].element.cost
    }

    /// Parts a tree into what stands before a place and the rest.
    private mutating func split(_ node: Int, at place: QueuePlace) -> (Int, Int) {
        guard node != Self.none else { return (Self.none, Self.none) }
        if nodes[node].element.place < place {
            let (before, after) = split(nodes[node].right, at: place)
            nodes[node].right = before
            update(node)
            return (node, after)
        }
        let (before, after) = split(nodes[node].left, at: place)
        nodes[node].left = after
        update(node)
        return (before, node)
    }

    /// Joins two trees, the first of which stands wholly before the second.
    private mutating func merge(_ left: Int, _ right: Int) -> Int {
        if left == Self.none { return right }
        if right == Self.none { return left }
        if nodes[left].rank > nodes[right].rank {
            nodes[left].right = merge(nodes[left].right, right)
            update(left)
            return left
        }
        nodes[right].left = merge(left, nodes[right].left)
        update(right)
        return right
    }

    /// The tree without a place, and the node that was there.
    private mutating func removing(_ place: QueuePlace, from node: Int) -> (root: Int, removed: Int)? {
        guard node != Self.none else { return nil }
        let here = nodes[node].element.place
        if here == place { return (merge(nodes[node].left, nodes[node].right), node) }
        if place < here {
            guard let (left, removed) = removing(place, from: nodes[node].left) else { return nil }
            nodes[node].left = left
            update(node)
            return (node, removed)
        }
        guard let (right, removed) = removing(place, from: nodes[node].right) else { return nil }
        nodes[node].right = right
        update(node)
        return (node, removed)
    }

    private func first(in node: Int, where fits: (Element) -> Bool) -> Element? {
        guard node != Self.none else { return nil }
        if let found = first(in: nodes[node].left, where: fits) { return found }
        if fits(nodes[node].element) { return nodes[node].element }
        return first(in: nodes[node].right, where: fits)
    }
}
