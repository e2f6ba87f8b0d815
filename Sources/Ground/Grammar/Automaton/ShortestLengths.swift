/// The least number of characters from each node to the end of its rule.
///
/// Source: D. E. Knuth, "A generalization of Dijkstra's algorithm" (1977): the smallest unsettled value is final, also
/// where a value
/// is the sum of others.
struct ShortestLengths {
    private var heap: [(length: Int, node: Int32)] = []
    private var isSettled: [Bool]
    private let reverse: ReverseEdges

    static func find(_ program: inout Program, _ reverse: ReverseEdges) {
        var search = ShortestLengths(isSettled: Array(repeating: false, count: program.nodes.count), reverse: reverse)
        search.run(&program)
    }

    private init(isSettled: [Bool], reverse: ReverseEdges) {
        self.isSettled = isSettled
        self.reverse = reverse
    }

    private mutating func run(_ program: inout Program) {
        program.shortest = Array(repeating: Program.never, count: program.nodes.count)
        for (index, node) in program.nodes.enumerated() where node.kind == .final { push(0, Int32(index)) }
        while let (length, node) = pop() {
            guard !isSettled[Int(node)] else { continue }
            isSettled[Int(node)] = true
            program.shortest[Int(node)] = length
            for before in reverse.before(node) { offer(before, settled: node, program) }
            for rule in reverse.rulesStarting(at: node) {
                for caller in reverse.callers(of: rule) { offer(caller, settled: node, program) }
            }
        }
    }

    /// Puts a node on the heap with what it costs by way of one that is settled. A choice may have many ways, so the
    /// others are not
    /// looked at again.
    private mutating func offer(_ index: Int32, settled: Int32, _ program: Program) {
        guard !isSettled[Int(index)] else { return }
        let length = length(program.nodes[Int(index)], settled: settled, program)
        if length != Program.never { push(length, index) }
    }

    private func length(_ node: Program.Node, settled: Int32, _ program: Program) -> Int {
        switch node.kind {
        case .final: return 0
        case .bytes:
            // A byte that continues a character adds none.
            let isContinuation = program.ranges(of: node).allSatisfy { $0.target != settled || $0.low & 0xC0 == 0x80 }
            return Program.sum(isContinuation ? 0 : 1, program.shortest[Int(settled)])
        case .split, .token: return program.shortest[Int(settled)]
        case .call:
            return Program.sum(
                program.shortest[Int(program.starts[Int(node.first)])], program.shortest[Int(node.second)])
        case .loop: return loopLength(node, program)
        }
    }

    private func loopLength(_ node: Program.Node, _ program: Program) -> Int {
        let loop = program.loops[Int(node.first)]
        let body = program.shortest[Int(program.starts[Int(loop.body)])]
        let rounds = loop.min == 0 ? 0 : Program.product(Int(loop.min), body)
        return Program.sum(rounds, program.shortest[Int(node.second)])
    }

    private mutating func push(_ length: Int, _ node: Int32) {
        heap.append((length, node))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].length > heap[child].length {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> (length: Int, node: Int32)? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return top }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].length < heap[least].length { least = child }
            }
            guard least != parent else { return top }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
