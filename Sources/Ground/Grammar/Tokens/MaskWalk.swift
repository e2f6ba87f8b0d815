extension GrammarMatcher {
    /// Finds which tokens may come next.
    ///
    /// Tokens that end an answer are allowed exactly when `canEnd`. Every token of the mask is allowed; if the
    /// grammar's limits cut
    /// the search short, others may be as well.
    ///
    /// - Parameters:
    ///   - mask: for the vocabulary of `trie`; what it held is replaced.
    ///   - trie: the vocabulary.
    /// - Returns: why some tokens could not be looked at, or that no token can follow; else `nil`.
    /// - Complexity: a copy for a state that was asked for lately, else about one step for each node of the trie that
    /// is reached.
    @discardableResult public func fill(_ mask: inout TokenMask, from trie: TokenTrie) -> GrammarError? {
        if mask.tokenCount != trie.tokenCount { mask = TokenMask(tokenCount: trie.tokenCount) }
        var place = self
        place.makeRoom()
        if let words = place.automaton.withStates({ [state = place.state] in $0.masks.words(state, trie) }) {
            mask.copyWords(words)
        } else {
            mask.removeAll()
            let isWhole = place.walk(trie, into: &mask)
            guard isWhole else {
                end(&mask, trie)
                return Grammar.tooLarge
            }
        }
        end(&mask, trie)
        return mask.isEmpty ? Self.stuck : nil
    }

    /// The mask of the allowed tokens.
    public func mask(of trie: TokenTrie) -> TokenMask {
        var mask = TokenMask(tokenCount: trie.tokenCount)
        fill(&mask, from: trie)
        return mask
    }

    private func end(_ mask: inout TokenMask, _ trie: TokenTrie) {
        guard canEnd else { return }
        for token in trie.endTokens { mask.insert(token) }
    }

    /// How often one walk may use up the room for states.
    private static let movesMax = 16

    /// Walks the whole trie, on fresh states whenever there are too many. Returns whether everything could be looked
    /// at.
    private mutating func walk(_ trie: TokenTrie, into mask: inout TokenMask) -> Bool {
        var walk = TrieWalk(trie)
        automaton.withStates { $0.work = 0 }
        var isOver = automaton.withStates { [state] in walk.run(from: state, in: &$0, into: &mask) }
        for _ in 0..<Self.movesMax where !isOver {
            makeRoom()
            isOver = automaton.withStates { [state] states in
                walk.resume(from: state, in: &states)
                return walk.run(from: state, in: &states, into: &mask)
            }
        }
        if !isOver { walk.giveUp() }
        return automaton.withStates { [state] states in
            states.addTokens(of: state, trie, into: &mask)
            if !walk.metLimit { states.masks.store(mask.words, state, trie, entriesMax: states.limits.masksMax) }
            return !walk.metLimit
        }
    }
}

/// A walk over a trie together with the states of an automaton.
struct TrieWalk {
    private let trie: TokenTrie
    private var node = 0
    /// The state at each depth of the path to the present node.
    private var path: [Int32]
    /// Whether something was left out because of the grammar's limits.
    private(set) var metLimit = false

    init(_ trie: TokenTrie) {
        self.trie = trie
        path = Array(repeating: AutomatonStates.dead, count: trie.depthMax + 1)
    }

    mutating func giveUp() { metLimit = true }

    /// Finds the states of the path again after a move to other states.
    mutating func resume(from state: Int32, in states: inout AutomatonStates) {
        path[0] = state
        guard node < trie.bytes.count else { return }
        let ancestors = trie.pathBytes(node).dropLast()
        for (depth, byte) in ancestors.enumerated() {
            path[depth + 1] = states.step(path[depth], byteClass: Int(states.program.classes[Int(byte)]))
        }
    }

    /// Goes on until the end, or until there is no room for more states. Returns whether it is the end.
    mutating func run(from state: Int32, in states: inout AutomatonStates, into mask: inout TokenMask) -> Bool {
        path[0] = state
        while true {
            glide(states, into: &mask)
            guard node < trie.bytes.count else { return true }
            if states.isFull { return false }
            let before = path[Int(trie.depths[node]) - 1]
            let byteClass = Int(states.program.classes[Int(trie.bytes[node])])
            guard states.work <= states.limits.workMax else {
                metLimit = true
                return true
            }
            _ = states.step(before, byteClass: byteClass)
        }
    }

    /// Goes on as long as every step is known.
    private mutating func glide(_ states: borrowing AutomatonStates, into mask: inout TokenMask) {
        let classCount = states.classCount
        let count = trie.bytes.count
        var node = node
        var metLimit = metLimit
        let trie = trie
        mask.withWords { words in
            path.withUnsafeMutableBufferPointer { path in
                states.table.withUnsafeBufferPointer { table in
                    states.program.classes.withUnsafeBufferPointer { classes in
                        trie.withNodes { bytes, depths, skips, firsts, sorted in
                            while node < count {
                                let depth = Int(depths[node])
                                let next = table[Int(path[depth - 1]) * classCount + Int(classes[Int(bytes[node])])]
                                if next <= AutomatonStates.tooLarge {
                                    if next == AutomatonStates.unknown { break }
                                    if next == AutomatonStates.tooLarge { metLimit = true }
                                    node = Int(skips[node])
                                    continue
                                }
                                path[depth] = next
                                var rank = Int(firsts[node])
                                let end = Int(firsts[node + 1])
                                while rank < end {
                                    let token = Int(sorted[rank])
                                    words[token >> 6] |= 1 << UInt64(token & 63)
                                    rank += 1
                                }
                                node += 1
                            }
                        }
                    }
                }
            }
        }
        self.node = node
        self.metLimit = metLimit
    }
}

extension TokenTrie {
    typealias Nodes<Value> = UnsafeBufferPointer<Value>

    func withNodes(
        _ body: (Nodes<UInt8>, Nodes<UInt16>, Nodes<Int32>, Nodes<Int32>, Nodes<Int32>) -> Void
    ) {
        bytes.withUnsafeBufferPointer { bytes in
            depths.withUnsafeBufferPointer { depths in
                skips.withUnsafeBufferPointer { skips in
                    firsts.withUnsafeBufferPointer { firsts in
                        sorted.withUnsafeBufferPointer { body(bytes, depths, skips, firsts, $0) }
                    }
                }
            }
        }
    }
}

extension AutomatonStates {
    /// Adds the tokens that the grammar refers to by themselves.
    func addTokens(of state: Int32, _ trie: TokenTrie, into mask: inout TokenMask) {
        for item in items(state) {
            let node = program.nodes[Int(item.node)]
            guard node.kind == .token else { continue }
            let edge = program.tokens[Int(node.first)]
            if !edge.isExcluded {
                if !trie.endTokens.contains(edge.id) { mask.insert(edge.id) }
                continue
            }
            let isAllowed = mask.contains(edge.id)
            mask.formUnion(trie.ordinary)
            if !isAllowed { mask.remove(edge.id) }
        }
    }
}
