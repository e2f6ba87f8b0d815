/// The states of a grammar's automaton that were met so far, and the known steps between them.
///
/// A state is everything the grammar may be in the middle of: items (a node, and a frame that tells where its rule was
/// called from).
/// A frame is a set of such callers, each with its own frame: a graph-structured stack, so that an ambiguous grammar's
/// many stacks
/// share what they have in common. Equal frames and equal states have one number, wherever in the text they arise; so
/// each step is
/// computed once and is a look into a table from then on.
///
/// Sources: E. Scott, A. Johnstone, "GLL Parsing" (2010) for the stack; J. Aycock, N. Horspool, "Practical Earley
/// Parsing" (2002) for
/// rules that may be nothing; R. Cox, "Regular Expression Matching in the Wild" (2010) for the table that fills as it
/// is used.
struct AutomatonStates {
    /// A node of the program within the rule that a frame called. While a state is being computed, new frames are
    /// negative.
    struct Item: Hashable, Comparable {
        var node: Int32
        var frame: Int32

        static func < (left: Item, right: Item) -> Bool { (left.node, left.frame) < (right.node, right.frame) }
    }

    /// A caller: where it goes on once the called rule ends, and its own frame.
    struct Edge: Hashable, Comparable {
        /// A node; `Edge.end` is the end of the whole text.
        var node: Int32
        var frame: Int32
        /// For a counted repetition, the rounds that are complete; -1 for a plain call.
        var rounds: Int32

        static let end = Int32(-1)

        static func < (left: Edge, right: Edge) -> Bool {
            (left.node, left.frame, left.rounds) < (right.node, right.frame, right.rounds)
        }
    }

    struct StateKey: Hashable {
        var items: [Item]
        var canEnd: Bool
    }

    /// Nothing can follow that would make the text a sentence.
    static let dead: Int32 = 0
    /// What follows is more than the limits allow to look at.
    static let tooLarge: Int32 = 1
    static let unknown: Int32 = -1
    static let rootFrame: Int32 = 0

    let program: Program
    let limits: GrammarLimits
    let classCount: Int

    /// For each state and each class of bytes the next state, or `unknown`.
    var table: [Int32] = []
    private(set) var keys: [StateKey] = []
    /// The least number of characters from each state to the end of the text.
    private(set) var shortest: [Int] = []
    /// The largest number, at most `Program.endless`.
    private(set) var longest: [Int] = []
    /// The largest of `shortest` and the least of `longest` over all states so far.
    private(set) var extremes = (shortest: 0, longest: Program.endless)
    private var stateNumbers: [StateKey: Int32] = [:]

    private(set) var frames: [[Edge]] = []
    private var frameDepths: [Int32] = []
    private var frameShortest: [Int] = []
    private var frameLongest: [Int] = []
    private var frameNumbers: [[Edge]: Int32] = [:]
    private var edgeCount = 0

    var closure = Closure()
    var masks = MaskCache()
    /// Items looked at since the last time it was set to 0.
    var work = 0

    init(program: Program, limits: GrammarLimits) {
        self.program = program
        self.limits = limits
        classCount = program.representatives.count
        _ = add(StateKey(items: [], canEnd: false), shortest: Program.never, longest: 0)
        _ = add(StateKey(items: [], canEnd: false), shortest: Program.never, longest: 0)
        for state in [Self.dead, Self.tooLarge] {
            for cell in 0..<classCount { table[Int(state) * classCount + cell] = state }
        }
        _ = frame(of: [Edge(node: Edge.end, frame: 0, rounds: -1)])
    }

    /// Whether no more states should be added: whoever needs one moves to fresh ones.
    var isFull: Bool { table.count + 8 * edgeCount > limits.cellsMax && keys.count > 64 }

    func canEnd(_ state: Int32) -> Bool { keys[Int(state)].canEnd }
    func items(_ state: Int32) -> [Item] { keys[Int(state)].items }

    /// The number of a state with these items, which are in order; `dead` if there is nothing left to do in it.
    mutating func state(of key: StateKey) -> Int32 {
        if key.items.isEmpty, !key.canEnd { return Self.dead }
        if let known = stateNumbers[key] { return known }
        var least = key.canEnd ? 0 : Program.never
        var most = 0
        for item in key.items {
            least = min(least, Program.sum(program.shortest[Int(item.node)], frameShortest[Int(item.frame)]))
            most = max(most, Program.sum(program.longest[Int(item.node)], frameLongest[Int(item.frame)]))
        }
        let number = add(key, shortest: least, longest: most)
        extremes = (max(extremes.shortest, least), min(extremes.longest, most))
        stateNumbers[key] = number
        return number
    }

    private mutating func add(_ key: StateKey, shortest: Int, longest: Int) -> Int32 {
        keys.append(key)
        self.shortest.append(shortest)
        self.longest.append(longest)
        table.append(contentsOf: repeatElement(Self.unknown, count: classCount))
        edgeCount += key.items.count
        return Int32(keys.count - 1)
    }

    /// The number of a frame with these edges, which are in order; `nil` if it is too deep.
    mutating func frame(of edges: [Edge]) -> Int32? {
        if let known = frameNumbers[edges] { return known }
        var depth: Int32 = 0
        var least = Program.never
        var most = 0
        for edge in edges where edge.node != Edge.end {
            depth = max(depth, frameDepths[Int(edge.frame)] + 1)
            least = min(least, Program.sum(shortestAfter(edge), frameShortest[Int(edge.frame)]))
            most = max(most, Program.sum(longestAfter(edge), frameLongest[Int(edge.frame)]))
        }
        guard Int(depth) <= limits.depthMax else { return nil }
        if edges.contains(where: { $0.node == Edge.end }) { least = 0 }
        let number = Int32(frames.count)
        frames.append(edges)
        frameDepths.append(depth)
        frameShortest.append(least)
        frameLongest.append(most)
        frameNumbers[edges] = number
        edgeCount += edges.count
        return number
    }

    /// The least number of characters from the end of the called rule to the end of its caller.
    private func shortestAfter(_ edge: Edge) -> Int {
        let node = program.nodes[Int(edge.node)]
        guard edge.rounds >= 0 else { return program.shortest[Int(edge.node)] }
        let loop = program.loops[Int(node.first)]
        let missing = Int(loop.min) - Int(edge.rounds) - 1
        return Program.sum(
            missing > 0 ? Program.product(missing, loop.shortest) : 0, program.shortest[Int(node.second)])
    }

    private func longestAfter(_ edge: Edge) -> Int {
        let node = program.nodes[Int(edge.node)]
        guard edge.rounds >= 0 else { return program.longest[Int(edge.node)] }
        let loop = program.loops[Int(node.first)]
        let rest =
            loop.max == .max && loop.longest > 0
            ? Program.endless : Program.product(Int(loop.max) - Int(edge.rounds) - 1, loop.longest)
        return Program.sum(rest, program.longest[Int(node.second)])
    }
}

extension AutomatonStates {
    /// The state a text begins in.
    mutating func initialState() -> Int32 {
        closure.begin()
        closure.push(program.starts[Int(program.root)], Self.rootFrame)
        return close()
    }

    /// The state after a byte of a class.
    mutating func step(_ state: Int32, byteClass: Int) -> Int32 {
        let cell = Int(state) * classCount + byteClass
        let known = table[cell]
        guard known == Self.unknown else { return known }
        let byte = program.representatives[byteClass]
        closure.begin()
        for item in keys[Int(state)].items {
            let node = program.nodes[Int(item.node)]
            guard node.kind == .bytes else { continue }
            for range in program.ranges(of: node) where range.low <= byte && byte <= range.high {
                closure.push(range.target, item.frame)
            }
        }
        let next = close()
        table[cell] = next
        return next
    }

    /// The state after a token: as what it is, or as the bytes that lead to `state`.
    mutating func step(_ state: Int32, token: Int32, orBytesTo other: Int32) -> Int32 {
        closure.begin()
        for item in keys[Int(state)].items {
            let node = program.nodes[Int(item.node)]
            guard node.kind == .token else { continue }
            let edge = program.tokens[Int(node.first)]
            if (edge.id == token) != edge.isExcluded { closure.push(node.second, item.frame) }
        }
        guard !closure.pending.isEmpty else { return other }
        closure.kernel = keys[Int(other)].items
        closure.canEnd = keys[Int(other)].canEnd
        return close()
    }

    /// A state as it is outside of these numbers, to be taken over by other states of the same program.
    struct Image {
        fileprivate var key: StateKey
        fileprivate var frames: [(number: Int32, edges: [Edge])]
    }

    func image(of state: Int32) -> Image {
        var seen: Set<Int32> = []
        var pending = keys[Int(state)].items.map(\.frame)
        while let frame = pending.popLast() {
            guard seen.insert(frame).inserted else { continue }
            pending += frames[Int(frame)].lazy.filter { $0.node != Edge.end }.map(\.frame)
        }
        // A frame's callers are older than itself.
        return Image(key: keys[Int(state)], frames: seen.sorted().map { ($0, frames[Int($0)]) })
    }

    mutating func adopt(_ image: Image) -> Int32 {
        var numbers: [Int32: Int32] = [:]
        for (number, edges) in image.frames {
            let moved = edges.map { edge in
                var edge = edge
                if edge.node != Edge.end { edge.frame = numbers[edge.frame] ?? Self.rootFrame }
                return edge
            }
            guard let adopted = frame(of: moved.sorted()) else { return Self.tooLarge }
            numbers[number] = adopted
        }
        let items = image.key.items.map { Item(node: $0.node, frame: numbers[$0.frame] ?? Self.rootFrame) }
        return state(of: StateKey(items: items.sorted(), canEnd: image.key.canEnd))
    }
}
