/// The largest number of characters from each node to the end of its rule; `Program.endless` where there is no largest
/// one.
struct LongestLengths {
    private enum Mark { case new, open, done }

    private var marks: [Mark]
    private var lengths: [Int]

    static func find(_ program: inout Program) {
        var search = LongestLengths(
            marks: Array(repeating: .new, count: program.nodes.count),
            lengths: Array(repeating: 0, count: program.nodes.count))
        for node in program.nodes.indices { search.visit(Int32(node), program) }
        program.longest = search.lengths
    }

    /// Depth first, without recursion. A node that leads back to one that is open lies on a ring, and has no end.
    private mutating func visit(_ node: Int32, _ program: Program) {
        var pending = [node]
        while let node = pending.last {
            switch marks[Int(node)] {
            case .done: pending.removeLast()
            case .new:
                marks[Int(node)] = .open
                for next in next(node, program) where marks[Int(next)] == .new { pending.append(next) }
            case .open:
                marks[Int(node)] = .done
                lengths[Int(node)] = length(node, program)
                pending.removeLast()
            }
        }
    }

    /// The nodes that a length is made of. Those that lead nowhere do not count.
    private func next(_ index: Int32, _ program: Program) -> [Int32] {
        let node = program.nodes[Int(index)]
        guard program.shortest[Int(index)] != Program.never else { return [] }
        switch node.kind {
        case .final: return []
        case .bytes: return program.ranges(of: node).map(\.target).filter { program.shortest[Int($0)] != Program.never }
        case .split: return program.targets(of: node).filter { program.shortest[Int($0)] != Program.never }
        case .token: return [node.second]
        case .call: return [program.starts[Int(node.first)], node.second]
        case .loop: return [program.starts[Int(program.loops[Int(node.first)].body)], node.second]
        }
    }

    private func length(_ index: Int32, _ program: Program) -> Int {
        let next = next(index, program)
        // Still open: above it on the path, so this is a ring.
        guard next.allSatisfy({ marks[Int($0)] == .done }) else { return Program.endless }
        let node = program.nodes[Int(index)]
        guard program.shortest[Int(index)] != Program.never else { return 0 }
        switch node.kind {
        case .final: return 0
        // What a token stands for is not known here.
        case .token: return Program.endless
        case .bytes:
            let ways = program.ranges(of: node).map { range in
                // A byte that continues a character adds none.
                Program.sum(range.low & 0xC0 == 0x80 ? 0 : 1, lengths[Int(range.target)])
            }
            return ways.max() ?? 0
        case .split: return next.map { lengths[Int($0)] }.max() ?? 0
        case .call: return Program.sum(lengths[Int(next[0])], lengths[Int(next[1])])
        case .loop:
            let loop = program.loops[Int(node.first)]
            let body = lengths[Int(next[0])]
            let rounds = loop.max == .max && body > 0 ? Program.endless : Program.product(Int(loop.max), body)
            return Program.sum(rounds, lengths[Int(next[1])])
        }
    }
}
