extension GrammarMatcher {
    /// The topmost nodes of a trie where the grammar's text would be complete, and whether all could be looked at.
    func completions(in trie: TokenTrie) -> (nodes: [Int], isWhole: Bool) {
        automaton.withStates { states in
            var nodes: [Int] = []
            var path = [Int32](repeating: AutomatonStates.dead, count: trie.depthMax + 1)
            path[0] = state
            states.work = 0
            var node = 0
            while node < trie.bytes.count {
                let depth = Int(trie.depths[node])
                let byteClass = Int(states.program.classes[Int(trie.bytes[node])])
                var next = states.table[Int(path[depth - 1]) * states.classCount + byteClass]
                if next == AutomatonStates.unknown {
                    guard states.work <= states.limits.workMax, !states.isFull else { return (nodes, false) }
                    next = states.step(path[depth - 1], byteClass: byteClass)
                }
                let isComplete = next > AutomatonStates.tooLarge && states.canEnd(next)
                if isComplete { nodes.append(node) }
                if isComplete || next <= AutomatonStates.tooLarge {
                    node = Int(trie.skips[node])
                } else {
                    path[depth] = next
                    node += 1
                }
            }
            return (nodes, true)
        }
    }
}

extension TokenTrie {
    /// The bytes on the way to a node.
    func pathBytes(_ node: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var depth = Int(depths[node])
        var index = node
        while depth > 0 {
            if Int(depths[index]) == depth {
                bytes.append(self.bytes[index])
                depth -= 1
            }
            index -= 1
        }
        return bytes.reversed()
    }

    /// The ranks of the tokens at and below a node.
    func ranks(under node: Int) -> Range<Int> { Int(firsts[node])..<Int(firsts[Int(skips[node])]) }
}
