/// What is reached without reading a byte: the work of computing one state.
struct Closure {
    typealias Item = AutomatonStates.Item
    typealias Edge = AutomatonStates.Edge

    /// A frame that is being made: the rule that is called here, by whom.
    struct Draft {
        var edges: [Edge] = []
        /// Frames whose callers are this one's callers too: the calling rule had nothing left to do.
        var tails: [Int32] = []
        var number: Int32?
    }

    var pending: [Item] = []
    var seen: Set<Item> = []
    /// Items that wait for a byte or a token.
    var kernel: [Item] = []
    var canEnd = false
    var drafts: [Draft] = []
    /// The draft of each rule that is called here.
    var callees: [Int32: Int] = [:]
    var edgeCount = 0

    mutating func begin() {
        pending.removeAll(keepingCapacity: true)
        seen.removeAll(keepingCapacity: true)
        kernel.removeAll(keepingCapacity: true)
        drafts.removeAll(keepingCapacity: true)
        callees.removeAll(keepingCapacity: true)
        canEnd = false
        edgeCount = 0
    }

    mutating func push(_ node: Int32, _ frame: Int32) { pending.append(Item(node: node, frame: frame)) }

    static func draftFrame(_ draft: Int) -> Int32 { -1 - Int32(draft) }
    static func draft(_ frame: Int32) -> Int { Int(-1 - frame) }
}

extension AutomatonStates {
    /// Follows everything that is pending, and numbers what comes of it.
    mutating func close() -> Int32 {
        while let item = closure.pending.popLast() {
            guard closure.seen.insert(item).inserted else { continue }
            guard program.shortest[Int(item.node)] != Program.never else { continue }
            guard closure.seen.count <= limits.itemsMax, closure.edgeCount <= 4 * limits.itemsMax else {
                work += closure.seen.count
                return Self.tooLarge
            }
            follow(item)
        }
        work += closure.seen.count
        guard numberDrafts() else { return Self.tooLarge }
        let items = closure.kernel.map { item in
            guard item.frame < 0 else { return item }
            return Item(node: item.node, frame: closure.drafts[Closure.draft(item.frame)].number ?? Self.rootFrame)
        }
        return state(of: StateKey(items: Self.unique(items.sorted()), canEnd: closure.canEnd))
    }

    private mutating func follow(_ item: Item) {
        let node = program.nodes[Int(item.node)]
        switch node.kind {
        case .bytes, .token: closure.kernel.append(item)
        case .split:
            for target in program.targets(of: node) { closure.push(target, item.frame) }
        case .call:
            if program.isNullable[Int(node.first)] { closure.push(node.second, item.frame) }
            enter(node.first, Edge(node: node.second, frame: item.frame, rounds: -1))
        case .loop:
            let loop = program.loops[Int(node.first)]
            if loop.min == 0 { closure.push(node.second, item.frame) }
            enter(loop.body, Edge(node: item.node, frame: item.frame, rounds: 0))
        case .final:
            // A rule that was called here and is already over was nothing, which its caller has gone past on its own.
            if item.frame >= 0 { leave(item.frame) }
        }
    }

    /// Begins a rule on behalf of a caller.
    private mutating func enter(_ rule: Int32, _ edge: Edge) {
        let start = program.starts[Int(rule)]
        guard program.shortest[Int(start)] != Program.never else { return }
        let draft: Int
        if let known = closure.callees[rule] {
            draft = known
        } else {
            draft = closure.drafts.count
            closure.drafts.append(Closure.Draft())
            closure.callees[rule] = draft
            closure.push(start, Closure.draftFrame(draft))
        }
        closure.edgeCount += 1
        if edge.rounds < 0, program.nodes[Int(edge.node)].kind == .final {
            closure.drafts[draft].tails.append(edge.frame)
        } else {
            closure.drafts[draft].edges.append(edge)
        }
    }

    /// Goes on in every caller of a rule that is over.
    private mutating func leave(_ frame: Int32) {
        for edge in frames[Int(frame)] {
            if edge.node == Edge.end {
                closure.canEnd = true
            } else if edge.rounds < 0 {
                closure.push(edge.node, edge.frame)
            } else {
                let node = program.nodes[Int(edge.node)]
                let loop = program.loops[Int(node.first)]
                let rounds = edge.rounds + 1
                if rounds >= loop.min { closure.push(node.second, edge.frame) }
                // Without an end, rounds beyond the least number are all alike.
                let counted = loop.max == .max ? min(rounds, max(loop.min - 1, 0)) : rounds
                if rounds < loop.max { enter(loop.body, Edge(node: edge.node, frame: edge.frame, rounds: counted)) }
            }
        }
    }

    /// Numbers the drafts that an item needs, callers first. There is no circle: no rule begins with itself.
    private mutating func numberDrafts() -> Bool {
        var pending = closure.kernel.lazy.filter { $0.frame < 0 }.map { Closure.draft($0.frame) }.reversed() as [Int]
        while let draft = pending.last {
            guard closure.drafts[draft].number == nil else {
                pending.removeLast()
                continue
            }
            let count = pending.count
            for edge in closure.drafts[draft].edges { require(edge.frame, &pending) }
            for tail in closure.drafts[draft].tails { require(tail, &pending) }
            guard pending.count == count else { continue }
            var edges = closure.drafts[draft].edges.map { edge in
                Edge(node: edge.node, frame: number(edge.frame), rounds: edge.rounds)
            }
            for tail in closure.drafts[draft].tails { edges += frames[Int(number(tail))] }
            guard edges.count <= 4 * limits.itemsMax, let frame = frame(of: pruned(Self.unique(edges.sorted()))) else {
                return false
            }
            work += edges.count
            closure.drafts[draft].number = frame
        }
        return true
    }

    private func require(_ frame: Int32, _ pending: inout [Int]) {
        if frame < 0, closure.drafts[Closure.draft(frame)].number == nil { pending.append(Closure.draft(frame)) }
    }

    private func number(_ frame: Int32) -> Int32 {
        frame < 0 ? closure.drafts[Closure.draft(frame)].number ?? Self.rootFrame : frame
    }

    /// Leaves out rounds that can do nothing another count of the same repetition cannot: once enough rounds are
    /// complete, fewer are
    /// better, as more may follow; without an end, more are better.
    private func pruned(_ edges: [Edge]) -> [Edge] {
        guard edges.count > 1, edges.contains(where: { $0.rounds >= 0 }) else { return edges }
        var kept: [Edge] = []
        for edge in edges {
            guard edge.rounds >= 0, let last = kept.last, last.rounds >= 0, last.node == edge.node,
                last.frame == edge.frame
            else {
                kept.append(edge)
                continue
            }
            let loop = program.loops[Int(program.nodes[Int(edge.node)].first)]
            if loop.max == .max {
                kept[kept.count - 1] = edge
            } else if last.rounds + 1 < loop.min {
                kept.append(edge)
            }
        }
        return kept
    }

    private static func unique<Value: Equatable>(_ sorted: [Value]) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(sorted.count)
        for value in sorted where value != result.last { result.append(value) }
        return result
    }
}
