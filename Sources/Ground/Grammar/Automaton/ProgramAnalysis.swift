/// What must be known of a program before it runs: which rules may be nothing, how short each can be, and that none
/// begins with itself.
///
/// Every step is linear in the program (the shortest lengths: times a logarithm) and none recurses, so that a grammar
/// of a hundred
/// thousand rules that lead to one another is nothing special.
enum ProgramAnalysis {
    static func run(_ program: inout Program) throws(GrammarError) {
        let reverse = ReverseEdges(program)
        findNullable(&program, reverse)
        // A round that may be nothing fills up any number of rounds.
        for index in program.loops.indices where program.isNullable[Int(program.loops[index].body)] {
            program.loops[index].min = 0
        }
        try refuseLeftRecursion(program)
        ShortestLengths.find(&program, reverse)
        LongestLengths.find(&program)
        for index in program.loops.indices {
            let start = Int(program.starts[Int(program.loops[index].body)])
            program.loops[index].shortest = program.shortest[start]
            program.loops[index].longest = program.longest[start]
        }
        guard program.shortest[Int(program.starts[Int(program.root)])] != Program.never else {
            let name = program.names[Int(program.root)]
            throw GrammarError(
                .unresolved, "The rule \(name) can never end: every way through it leads to itself again.")
        }
    }

    /// Marks each rule whose end can be reached without reading, backwards from the ends.
    private static func findNullable(_ program: inout Program, _ reverse: ReverseEdges) {
        var reachesEnd = [Bool](repeating: false, count: program.nodes.count)
        program.isNullable = [Bool](repeating: false, count: program.starts.count)
        var pending: [Int32] = []
        for (index, node) in program.nodes.enumerated() where node.kind == .final { pending.append(Int32(index)) }
        while let node = pending.popLast() {
            guard !reachesEnd[Int(node)] else { continue }
            reachesEnd[Int(node)] = true
            for before in reverse.before(node) {
                let origin = program.nodes[Int(before)]
                switch origin.kind {
                case .split: pending.append(before)
                case .call where program.isNullable[Int(origin.first)]: pending.append(before)
                case .loop where program.isNullable(program.loops[Int(origin.first)]): pending.append(before)
                default: break
                }
            }
            for rule in reverse.rulesStarting(at: node) {
                program.isNullable[Int(rule)] = true
                for caller in reverse.callers(of: rule) {
                    if reachesEnd[Int(program.nodes[Int(caller)].second)] { pending.append(caller) }
                }
            }
        }
    }

    /// A rule that can begin with itself, with nothing read before, would never get anywhere.
    private static func refuseLeftRecursion(_ program: Program) throws(GrammarError) {
        enum Mark { case new, open, done }
        var marks = [Mark](repeating: .new, count: program.starts.count)
        for rule in program.starts.indices where marks[rule] == .new {
            var path = [(rule: rule, corners: program.leftCorners(of: rule), next: 0)]
            marks[rule] = .open
            while let top = path.last {
                guard top.next < top.corners.count else {
                    marks[top.rule] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let corner = Int(top.corners[top.next])
                switch marks[corner] {
                case .done: break
                case .new:
                    marks[corner] = .open
                    path.append((corner, program.leftCorners(of: corner), 0))
                case .open:
                    let from = path.firstIndex { $0.rule == corner } ?? 0
                    throw leftRecursion(path[from...].map { program.names[$0.rule] }.filter { !$0.isEmpty })
                }
            }
        }
    }

    private static func leftRecursion(_ names: [String]) -> GrammarError {
        let shown = names.prefix(8) + (names.count > 8 ? ["…"] : [])
        let circle = (shown + names.prefix(1)).joined(separator: " → ")
        return GrammarError(
            .unsupported,
            "The grammar is left-recursive: \(circle). Let the rule begin with something else than itself.")
    }
}

extension Program {
    /// The rules that may come first in a rule.
    func leftCorners(of rule: Int) -> [Int32] {
        var corners: [Int32] = []
        var seen: Set<Int32> = []
        var pending = [starts[rule]]
        while let index = pending.popLast() {
            guard seen.insert(index).inserted else { continue }
            let node = nodes[Int(index)]
            switch node.kind {
            case .final, .bytes, .token: break
            case .split: pending += targets(of: node)
            case .call:
                corners.append(node.first)
                if isNullable[Int(node.first)] { pending.append(node.second) }
            case .loop:
                let loop = loops[Int(node.first)]
                corners.append(loop.body)
                if isNullable(loop) { pending.append(node.second) }
            }
        }
        return corners
    }
}

/// Which nodes lead to a node, and which call a rule.
struct ReverseEdges {
    private let nodes: Lists
    private let calls: Lists
    private let starting: Lists

    init(_ program: Program) {
        var edges: [(to: Int32, from: Int32)] = []
        var calls: [(to: Int32, from: Int32)] = []
        for (index, node) in program.nodes.enumerated() {
            let from = Int32(index)
            switch node.kind {
            case .final: break
            case .bytes: edges += program.ranges(of: node).map { ($0.target, from) }
            case .split: edges += program.targets(of: node).map { ($0, from) }
            case .token: edges.append((node.second, from))
            case .call:
                edges.append((node.second, from))
                calls.append((node.first, from))
            case .loop:
                edges.append((node.second, from))
                calls.append((program.loops[Int(node.first)].body, from))
            }
        }
        nodes = Lists(edges, count: program.nodes.count)
        self.calls = Lists(calls, count: program.starts.count)
        starting = Lists(
            program.starts.enumerated().map { ($0.element, Int32($0.offset)) }, count: program.nodes.count)
    }

    func before(_ node: Int32) -> ArraySlice<Int32> { nodes[node] }
    func callers(of rule: Int32) -> ArraySlice<Int32> { calls[rule] }
    func rulesStarting(at node: Int32) -> ArraySlice<Int32> { starting[node] }

    /// Many short lists in one array.
    private struct Lists {
        private var firsts: [Int]
        private var values: [Int32]

        init(_ edges: [(to: Int32, from: Int32)], count: Int) {
            firsts = [Int](repeating: 0, count: count + 1)
            for edge in edges { firsts[Int(edge.to) + 1] += 1 }
            for index in 0..<count { firsts[index + 1] += firsts[index] }
            var next = firsts
            values = [Int32](repeating: 0, count: edges.count)
            for edge in edges {
                values[next[Int(edge.to)]] = edge.from
                next[Int(edge.to)] += 1
            }
        }

        subscript(index: Int32) -> ArraySlice<Int32> { values[firsts[Int(index)]..<firsts[Int(index) + 1]] }
    }
}
