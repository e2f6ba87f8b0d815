/// Compiles rules into a `Program`.
///
/// Every part is built from its end: the node to go on with is known, the node to begin with is returned.
struct ProgramBuilder {
    private var program = Program()
    private let limits: GrammarLimits
    /// Bodies of counted repetitions that wait to be compiled, each into a rule of its own.
    private var pending: [Element] = []
    private var ruleCount = 0

    /// A counted repetition of at most so many nodes is written out; a larger one is counted.
    private static let unrolledMax = 24

    static func program(
        _ rules: [Rule], root: Int, limits: GrammarLimits
    ) throws(GrammarError) -> Program {
        var builder = ProgramBuilder(limits: limits)
        try builder.build(rules)
        builder.program.root = Int32(root)
        builder.program.findClasses()
        try ProgramAnalysis.run(&builder.program)
        return builder.program
    }

    private init(limits: GrammarLimits) { self.limits = limits }

    private mutating func build(_ rules: [Rule]) throws(GrammarError) {
        ruleCount = rules.count
        for rule in rules { try addRule(rule.body, name: rule.name) }
        // Compiling a body may find further ones.
        var next = 0
        while next < pending.count {
            try addRule(pending[next], name: "")
            next += 1
        }
    }

    private mutating func addRule(_ body: Element, name: String) throws(GrammarError) {
        let end = try add(.final, 0, 0)
        let start = try compile(body, next: end)
        program.starts.append(start)
        program.names.append(name)
    }

    private mutating func add(_ kind: Program.Kind, _ first: Int, _ second: Int32) throws(GrammarError) -> Int32 {
        guard program.nodes.count < limits.nodesMax,
            program.ranges.count + program.targets.count < limits.nodesMax * 4
        else {
            throw GrammarError(.tooLarge, "The grammar is too large: it needs more than \(limits.nodesMax) nodes.")
        }
        program.nodes.append(Program.Node(kind: kind, first: Int32(first), second: second))
        return Int32(program.nodes.count - 1)
    }

    private mutating func compile(_ element: Element, next: Int32) throws(GrammarError) -> Int32 {
        switch element {
        case .literal(let bytes):
            var next = next
            for byte in bytes.reversed() { next = try addBytes([(byte...byte, next)]) }
            return next
        case .characters(let set): return try compile(set, next: next)
        case .anyByte: return try addBytes([(0...255, next)])
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() { next = try compile(part, next: next) }
            return next
        case .choice(let parts):
            var targets: [Int32] = []
            for part in parts { targets.append(try compile(part, next: next)) }
            return try addSplit(targets)
        case .rule(let index): return try add(.call, index, next)
        case .token(let id, let isExcluded):
            program.tokens.append(Program.TokenEdge(id: id, isExcluded: isExcluded))
            return try add(.token, program.tokens.count - 1, next)
        case .repetition(let part, let min, let max):
            return try compileRepetition(part, min: min, max: max, next: next)
        }
    }

    private mutating func addSplit(_ targets: [Int32]) throws(GrammarError) -> Int32 {
        let first = program.targets.count
        program.targets += targets
        return try add(.split, first, Int32(targets.count))
    }

    private mutating func addBytes(_ ranges: [(ClosedRange<UInt8>, Int32)]) throws(GrammarError) -> Int32 {
        let first = program.ranges.count
        program.ranges += ranges.map {
            Program.ByteRange(low: $0.0.lowerBound, high: $0.0.upperBound, target: $0.1)
        }
        return try add(.bytes, first, Int32(ranges.count))
    }

    /// A trie of the set's byte sequences, whose equal tails are shared.
    private mutating func compile(_ set: ScalarSet, next: Int32) throws(GrammarError) -> Int32 {
        var tails: [[ClosedRange<UInt8>]: Int32] = [[]: next]
        return try compile(set.byteSequences[...], depth: 0, tails: &tails)
    }

    private mutating func compile(
        _ sequences: ArraySlice<[ClosedRange<UInt8>]>, depth: Int, tails: inout [[ClosedRange<UInt8>]: Int32]
    ) throws(GrammarError) -> Int32 {
        var edges: [(ClosedRange<UInt8>, Int32)] = []
        var rest = sequences
        while let first = rest.first {
            // Sequences are sorted: those that begin alike stand together.
            let group = rest.prefix { $0[depth] == first[depth] }
            rest = rest.dropFirst(group.count)
            let target: Int32
            if group.count == 1 {
                target = try compileTail(Array(first.dropFirst(depth + 1)), tails: &tails)
            } else {
                target = try compile(group, depth: depth + 1, tails: &tails)
            }
            if let last = edges.last, last.1 == target, last.0.upperBound &+ 1 == first[depth].lowerBound {
                edges[edges.count - 1].0 = last.0.lowerBound...first[depth].upperBound
            } else {
                edges.append((first[depth], target))
            }
        }
        return try addBytes(edges)
    }

    private mutating func compileTail(
        _ tail: [ClosedRange<UInt8>], tails: inout [[ClosedRange<UInt8>]: Int32]
    ) throws(GrammarError) -> Int32 {
        if let known = tails[tail] { return known }
        let rest = try compileTail(Array(tail.dropFirst()), tails: &tails)
        let node = try addBytes([(tail[0], rest)])
        tails[tail] = node
        return node
    }

    private mutating func compileRepetition(
        _ part: Element, min: Int, max: Int?, next: Int32
    ) throws(GrammarError) -> Int32 {
        switch (min, max) {
        case (_, 0): return next
        case (1, 1): return try compile(part, next: next)
        case (0, 1): return try addSplit([try compile(part, next: next), next])
        case (0...1, nil):
            // A ring: the node after the body leads into the body again, or on.
            let ring = try addSplit([next, next])
            let body = try compile(part, next: ring)
            program.targets[Int(program.nodes[Int(ring)].first)] = body
            return min == 0 ? ring : body
        default: break
        }
        let rounds = max ?? min
        let unrolled = Self.unrolledMax
        guard rounds > unrolled || Self.size(part, atMost: unrolled / rounds) > unrolled / rounds else {
            return try unroll(part, min: min, max: max, next: next)
        }
        program.loops.append(
            Program.Loop(body: Int32(ruleCount + pending.count), min: Int32(min), max: max.map(Int32.init) ?? .max))
        pending.append(part)
        return try add(.loop, program.loops.count - 1, next)
    }

    private mutating func unroll(
        _ part: Element, min: Int, max: Int?, next: Int32
    ) throws(GrammarError) -> Int32 {
        var start = next
        if let max {
            // Each optional round leads to the end or into the next one.
            for _ in 0..<(max - min) { start = try addSplit([try compile(part, next: start), next]) }
        } else {
            start = try compileRepetition(part, min: 0, max: nil, next: next)
        }
        for _ in 0..<min { start = try compile(part, next: start) }
        return start
    }

    /// About how many nodes a part becomes; counting stops above a number.
    private static func size(_ element: Element, atMost limit: Int) -> Int {
        switch element {
        case .literal(let bytes): return bytes.count
        case .characters(let set): return set.ranges.last.map { $0.upperBound > 0x7F ? 8 : 1 } ?? 1
        case .anyByte, .rule, .token: return 1
        case .sequence(let parts), .choice(let parts):
            var total = 1
            for part in parts where total <= limit { total += size(part, atMost: limit - total) }
            return total
        case .repetition(let part, let min, let max):
            return 1 + Swift.max(min, max ?? 1, 1) * size(part, atMost: limit)
        }
    }
}

extension Program {
    /// Finds which bytes are never told apart: those between two neighbouring ends of ranges.
    mutating func findClasses() {
        var isStart = [Bool](repeating: false, count: 257)
        isStart[0] = true
        // The bytes that begin a character and those that continue one are always told apart.
        for byte in [0x80, 0xC0] { isStart[byte] = true }
        for range in ranges {
            isStart[Int(range.low)] = true
            isStart[Int(range.high) + 1] = true
        }
        for byte in 0...255 {
            if isStart[byte] { representatives.append(UInt8(byte)) }
            classes.append(UInt8(representatives.count - 1))
        }
    }
}
