/// Strings that match several expressions, or one within a length, written as one rule for each state.
extension SchemaCompiler {
    mutating func intersection(_ shape: StringShape, name: String) throws(GrammarError) -> String {
        let place = shape.patterns[0].place
        let refusal = GrammarError(
            .unsupported,
            "'pattern' cannot be enforced together with another 'pattern' or with 'minLength' and "
                + "'maxLength': there would be too many states.", place: place)
        var machines: [PatternMachine] = []
        for pattern in shape.patterns {
            let node = try known(pattern.text, place: pattern.place).node
            guard let machine = PatternMachine(node) else { throw refusal }
            machines.append(machine)
        }
        // Beyond this the count makes no difference.
        let cap = shape.lengthMax ?? shape.lengthMin
        var product = Product(machines: machines, lengthMin: shape.lengthMin, lengthMax: shape.lengthMax, cap: cap)
        guard product.explore(SchemaLimits.countedStatesMax) else { throw refusal }
        let living = product.living()
        guard living.contains(0) else {
            throw GrammarError(
                .unsupported, "The schema cannot be satisfied: no text matches this 'pattern' and the other limits.",
                place: place)
        }
        var rules: [Int: String] = [:]
        for state in living.sorted() { rules[state] = text.reserve("\(name)-state") }
        for state in living.sorted() {
            guard let rule = rules[state] else { continue }
            var alternatives = product.ends[state] ? ["\"\""] : []
            for edge in product.edges[state] {
                guard let next = rules[edge.target] else { continue }
                let element = try RegexLowering(isInsideJSON: true).whole(.set(edge.set))
                let written = GBNFText.expression(element)
                alternatives.append("(\(written)) \(next)")
            }
            text.define(rule, alternatives.joined(separator: " | "))
        }
        return "\"\\\"\" \(rules[0] ?? "") \"\\\"\""
    }
}

/// All machines and the length at the same time.
private struct Product {
    let machines: [PatternMachine]
    let lengthMin: Int
    let lengthMax: Int?
    let cap: Int
    var edges: [[(set: ScalarSet, target: Int)]] = []
    var ends: [Bool] = []
    private var numbers: [[Int]: Int] = [:]

    init(machines: [PatternMachine], lengthMin: Int, lengthMax: Int?, cap: Int) {
        self.machines = machines
        self.lengthMin = lengthMin
        self.lengthMax = lengthMax
        self.cap = cap
    }

    /// Finds every state from the start. False when there are more than `statesMax`.
    mutating func explore(_ statesMax: Int) -> Bool {
        var waiting = [[Int](repeating: 0, count: machines.count + 1)]
        numbers[waiting[0]] = 0
        var index = 0
        while index < waiting.count {
            let state = waiting[index]
            index += 1
            let length = state[machines.count]
            ends.append(length >= lengthMin && zip(machines, state).allSatisfy { $0.isEnd(of: $1) })
            var found: [(set: ScalarSet, target: Int)] = []
            if length < lengthMax ?? .max {
                for (set, targets) in steps(state) {
                    let next = targets + [min(length + 1, lengthMax == nil ? cap : length + 1)]
                    if numbers[next] == nil {
                        guard waiting.count < statesMax else { return false }
                        numbers[next] = waiting.count
                        waiting.append(next)
                    }
                    found.append((set, numbers[next] ?? 0))
                }
            }
            edges.append(found)
        }
        return true
    }

    private func steps(_ state: [Int]) -> [(set: ScalarSet, targets: [Int])] {
        var result: [(set: ScalarSet, targets: [Int])] = [(.all, [])]
        for (machine, position) in zip(machines, state) {
            var next: [(set: ScalarSet, targets: [Int])] = []
            for (set, targets) in result {
                for edge in machine.edges[position] {
                    let both = set.intersection(edge.set)
                    if !both.isEmpty { next.append((both, targets + [edge.target])) }
                }
            }
            result = next
        }
        return result
    }

    /// The states from which an end can be reached.
    func living() -> Set<Int> {
        var result = Set(ends.indices.filter { ends[$0] })
        var isChanged = true
        while isChanged {
            isChanged = false
            for state in ends.indices.reversed() where !result.contains(state) {
                if edges[state].contains(where: { result.contains($0.target) }) {
                    result.insert(state)
                    isChanged = true
                }
            }
        }
        return result
    }
}
