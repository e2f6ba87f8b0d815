import JSONText

extension SchemaCompiler {
    /// The expression of an array.
    mutating func array(_ shape: ArrayShape, name: String) throws(GrammarError) -> String {
        if shape.uniquePlace != nil, shape.countMax ?? .max > 1 {
            return try distinct(shape, name: name)
        }
        if shape.contains != nil { return try containing(shape, name: name) }
        let most = shape.countMax ?? .max
        guard most > 0 else { return "\"[\" \(text.gap())\"]\"" }
        var first: [String] = []
        for (index, place) in shape.first.prefix(most).enumerated() {
            first.append(try rule(for: place, named: "\(name)-\(index)"))
        }
        var content = ""
        if let rest = shape.rest, most > first.count {
            let item = try rule(for: rest, named: name + "-item")
            let least = max(shape.countMin - first.count, 0)
            let limit = shape.countMax.map { $0 - first.count }
            content = try repeated(item, least, limit, isFirst: first.isEmpty, place: shape.countPlace)
        }
        for (index, item) in first.enumerated().reversed() {
            let comma = index == 0 ? "" : "\",\" \(text.gap())"
            let part = comma + item + (content.isEmpty ? "" : " " + content)
            content = index < shape.countMin ? part : "(\(part))?"
        }
        return "\"[\" \(text.gap())\(content) \(text.gap())\"]\""
    }

    /// `item` so many times, with commas between, and before the first one unless it is the first of all.
    private mutating func repeated(
        _ item: String, _ least: Int, _ most: Int?, isFirst: Bool, place: String
    ) throws(GrammarError) -> String {
        guard max(least, most ?? 0) <= SchemaLimits.repetitionMax else {
            throw GrammarError(
                .tooLarge, "More than \(SchemaLimits.repetitionMax) elements cannot be counted.", place: place)
        }
        let next = "(\",\" \(text.gap())\(item))"
        guard isFirst else { return next + Self.counted(least, most) }
        let several = "\(item) \(next)" + Self.counted(max(least - 1, 0), most.map { $0 - 1 })
        return least == 0 ? "(\(several))?" : several
    }

    static func counted(_ least: Int, _ most: Int?) -> String {
        guard let most else { return least == 0 ? "*" : least == 1 ? "+" : "{\(least),}" }
        return least == most ? "{\(least)}" : "{\(least),\(most)}"
    }

    /// At least one element that matches `contains`, at any place.
    private mutating func containing(_ shape: ArrayShape, name: String) throws(GrammarError) -> String {
        guard let contains = shape.contains, shape.first.isEmpty, let rest = shape.rest else {
            throw GrammarError(
                .unsupported, "'contains' cannot be enforced together with 'prefixItems'.",
                place: shape.contains?.place)
        }
        let matching = unique(rest + contains.conjunction)
        try ensureBuilt(matching)
        guard has(matching) else {
            throw GrammarError(
                .unsupported, "The schema cannot be satisfied: no element is allowed that 'contains' asks for.",
                place: contains.place)
        }
        let item = try rule(for: rest, named: name + "-item")
        let special = try rule(for: matching, named: name + "-contained")
        let comma = "\",\" \(text.gap())"
        let before = "(\(item) \(comma))"
        let after = "(\(comma)\(item))"
        var alternatives: [String] = []
        if let most = shape.countMax {
            guard most <= 64 else {
                throw GrammarError(
                    .unsupported, "'contains' cannot be enforced with a 'maxItems' above 64.", place: contains.place)
            }
            for position in 0..<most {
                let least = max(shape.countMin - position - 1, 0)
                alternatives.append(
                    "\(before){\(position)} \(special) \(after)" + Self.counted(least, most - position - 1))
            }
        } else {
            for position in 0..<max(shape.countMin - 1, 0) {
                alternatives.append(
                    "\(before){\(position)} \(special) \(after){\(shape.countMin - position - 1),}")
            }
            alternatives.append("\(before){\(max(shape.countMin - 1, 0)),} \(special) \(after)*")
        }
        return "\"[\" \(text.gap())(\(alternatives.joined(separator: " | "))) \(text.gap())\"]\""
    }

    /// Elements that all differ: only when an `enum` lists them. Up to 6 in any order, more in the order of the `enum`.
    private mutating func distinct(_ shape: ArrayShape, name: String) throws(GrammarError) -> String {
        let refusal = GrammarError(
            .unsupported, "'uniqueItems' cannot be enforced unless an 'enum' lists the elements.",
            place: shape.uniquePlace)
        guard shape.first.isEmpty, shape.contains == nil, let rest = shape.rest,
            let values = listed(rest), values.count <= 256
        else { throw refusal }
        var different: [JSONValue] = []
        for value in values where !different.contains(where: { $0.isSame(as: value) }) { different.append(value) }
        let most = min(shape.countMax ?? .max, different.count)
        guard shape.countMin <= most else {
            throw GrammarError(
                .unsupported, "The schema cannot be satisfied: there are fewer than 'minItems' different elements.",
                place: shape.countPlace)
        }
        let literals = different.map { text.value($0) }
        let content =
            literals.count <= 6
            ? permutations(literals, shape.countMin, most, name: name)
            : ordered(literals, shape.countMin, most, name: name)
        return "\"[\" \(text.gap())\(content) \(text.gap())\"]\""
    }

    /// One rule for each set of values that are left.
    private mutating func permutations(_ values: [String], _ least: Int, _ most: Int, name: String) -> String {
        var rules: [Int: String] = [:]
        for left in 0..<(1 << values.count) {
            let used = values.count - left.nonzeroBitCount
            let comma = used == 0 ? "" : "\",\" \(text.gap())"
            var alternatives = used >= least ? ["\"\""] : []
            if used < most {
                for (index, value) in values.enumerated() where left & 1 << index != 0 {
                    alternatives.append("\(comma)\(value) \(rules[left & ~(1 << index)] ?? "")")
                }
            }
            guard !alternatives.isEmpty else { continue }
            rules[left] = text.rule("\(name)-left-\(left)", alternatives.joined(separator: " | "))
        }
        return rules[(1 << values.count) - 1] ?? "\"\""
    }

    /// One rule for each position in the list and each count so far.
    private mutating func ordered(_ values: [String], _ least: Int, _ most: Int, name: String) -> String {
        let counts = most < values.count ? most : min(least, most)
        let isCapped = most < values.count
        var rules: [[Int]: String] = [:]
        for index in (0...values.count).reversed() {
            for count in 0...min(max(counts, 1), index) {
                var alternatives: [String] = []
                if index == values.count {
                    if count >= least { alternatives.append("\"\"") }
                } else {
                    if let skipped = rules[[index + 1, count]] { alternatives.append(skipped) }
                    let next = isCapped ? count + 1 : min(count + 1, max(counts, 1))
                    let comma = count == 0 ? "" : "\",\" \(text.gap())"
                    if !isCapped || count < most, let taken = rules[[index + 1, next]] {
                        alternatives.append("\(comma)\(values[index]) \(taken)")
                    }
                }
                guard !alternatives.isEmpty else { continue }
                rules[[index, count]] = text.rule(
                    "\(name)-from-\(index)-\(count)", alternatives.joined(separator: " | "))
            }
        }
        return rules[[0, 0]] ?? "\"\""
    }
}
