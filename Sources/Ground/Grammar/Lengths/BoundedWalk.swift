/// A walk over a trie that keeps to a grammar and to bounds of length.
struct BoundedWalk {
    private let trie: TokenTrie
    private let bounds: LengthBounds
    private var path: [Int32]
    private var counters: [LengthCounter]

    init(_ trie: TokenTrie, bounds: LengthBounds, counter: LengthCounter) {
        self.trie = trie
        self.bounds = bounds
        path = Array(repeating: AutomatonStates.dead, count: trie.depthMax + 1)
        counters = Array(repeating: counter, count: trie.depthMax + 1)
    }

    /// Keeps those tokens of the mask that are within the bounds, and those that have no bytes.
    mutating func run(_ matcher: GrammarMatcher, mask: inout TokenMask) -> GrammarError? {
        var kept = TokenMask(tokenCount: trie.tokenCount)
        let isWhole = matcher.automaton.withStates { states in walk(from: matcher.state, in: &states, into: &kept) }
        // Tokens that the grammar refers to by their ids are no characters, unless they also are in the trie.
        mask.forEach { token in
            if !trie.ordinary.contains(token) { kept.insert(token) }
        }
        mask = kept
        return isWhole ? nil : Grammar.tooLarge
    }

    private mutating func walk(
        from state: Int32, in states: inout AutomatonStates, into mask: inout TokenMask
    ) -> Bool {
        path[0] = state
        states.work = 0
        var node = 0
        while node < trie.bytes.count {
            let depth = Int(trie.depths[node])
            let byte = trie.bytes[node]
            let cell = Int(path[depth - 1]) * states.classCount + Int(states.program.classes[Int(byte)])
            var next = states.table[cell]
            if next == AutomatonStates.unknown {
                guard states.work <= states.limits.workMax, !states.isFull else { return false }
                next = states.step(path[depth - 1], byteClass: Int(states.program.classes[Int(byte)]))
            }
            counters[depth] = counters[depth - 1]
            counters[depth].count(byte)
            guard next > AutomatonStates.tooLarge,
                counters[depth].isWithin(
                    bounds, shortest: states.shortest[Int(next)], longest: states.longest[Int(next)])
            else {
                node = Int(trie.skips[node])
                continue
            }
            path[depth] = next
            for rank in Int(trie.firsts[node])..<Int(trie.firsts[node + 1]) { mask.insert(trie.sorted[rank]) }
            node += 1
        }
        return true
    }
}
