/// A nondeterministic automaton over characters that matches the whole text when the text contains a match.
///
/// Source: Glushkov's construction (1961): one state for each character of the expression, and no empty moves. State 0 is
/// the start.
struct PatternMachine: Sendable {
    private(set) var edges: [[(set: ScalarSet, target: Int)]] = [[]]
    private var finals: Set<Int> = []
    private var sets: [ScalarSet] = [.all]
    private static let statesMax = 2_000

    func isEnd(of state: Int) -> Bool { finals.contains(state) }

    private struct Part {
        var first: [Int] = []
        var last: [Int] = []
        var isNullable = true
        /// Pairs of states where the second may follow the first.
        var follows: [(Int, Int)] = []
    }

    /// - Returns: `nil` when there are too many states, or an anchor stands inside.
    init?(_ node: RegexNode) {
        var branches: [RegexNode] = []
        Self.flatten(node, into: &branches)
        var whole: Part?
        for branch in branches {
            guard let part = line(branch) else { return nil }
            whole = whole.map { Self.either($0, part) } ?? part
        }
        guard let whole else { return nil }
        edges = [[(set: ScalarSet, target: Int)]](repeating: [], count: sets.count)
        for state in whole.first { edges[0].append((sets[state], state)) }
        for (from, to) in whole.follows where !edges[from].contains(where: { $0.target == to }) {
            edges[from].append((sets[to], to))
        }
        finals = Set(whole.last)
        if whole.isNullable { finals.insert(0) }
    }

    /// The branches of the outermost choice, which may have anchors of their own.
    private static func flatten(_ node: RegexNode, into result: inout [RegexNode]) {
        switch node {
        case .choice(let parts): for part in parts { flatten(part, into: &result) }
        case .group(let part, _) where part.hasAnchor: flatten(part, into: &result)
        default: result.append(node)
        }
    }

    /// A branch with its anchors, or with any text where there is none.
    private mutating func line(_ node: RegexNode) -> Part? {
        var parts: [RegexNode] = [node]
        if case .sequence(let inner) = node { parts = inner }
        let any = RegexNode.repetition(.set(.all), min: 0, max: nil)
        if parts.first == .start { parts.removeFirst() } else { parts.insert(any, at: 0) }
        if parts.last == .end { parts.removeLast() } else { parts.append(any) }
        return part(.sequence(parts))
    }

    private mutating func part(_ node: RegexNode) -> Part? {
        switch node {
        case .set(let set):
            guard sets.count < Self.statesMax else { return nil }
            sets.append(set)
            let state = sets.count - 1
            return Part(first: [state], last: [state], isNullable: false)
        case .group(let inner, _): return part(inner)
        case .sequence(let parts):
            var result = Part()
            for node in parts {
                guard let next = part(node) else { return nil }
                result = Self.joined(result, next)
            }
            return result
        case .choice(let parts):
            var result: Part?
            for node in parts {
                guard let next = part(node) else { return nil }
                result = result.map { Self.either($0, next) } ?? next
            }
            return result ?? Part()
        case .repetition(let inner, let least, let most): return repeated(inner, least, most)
        case .start, .end: return nil
        }
    }

    private mutating func repeated(_ node: RegexNode, _ least: Int, _ most: Int?) -> Part? {
        guard max(least, most ?? 0) <= Self.statesMax else { return nil }
        var result = Part()
        for _ in 0..<least {
            guard let next = part(node) else { return nil }
            result = Self.joined(result, next)
        }
        guard let most else {
            guard var next = part(node) else { return nil }
            for last in next.last { next.follows += next.first.map { (last, $0) } }
            next.isNullable = true
            return Self.joined(result, next)
        }
        // From the end, so that each one may be the last.
        var tail = Part()
        for _ in least..<max(most, least) {
            guard let next = part(node) else { return nil }
            tail = Self.joined(next, tail)
            tail.isNullable = true
        }
        return Self.joined(result, tail)
    }

    private static func joined(_ left: Part, _ right: Part) -> Part {
        var result = Part()
        result.first = left.first + (left.isNullable ? right.first : [])
        result.last = right.last + (right.isNullable ? left.last : [])
        result.isNullable = left.isNullable && right.isNullable
        result.follows = left.follows + right.follows
        for last in left.last { result.follows += right.first.map { (last, $0) } }
        return result
    }

    private static func either(_ left: Part, _ right: Part) -> Part {
        Part(
            first: left.first + right.first, last: left.last + right.last,
            isNullable: left.isNullable || right.isNullable, follows: left.follows + right.follows)
    }
}
