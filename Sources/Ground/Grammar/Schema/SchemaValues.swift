import JSONText

/// Whether one given value is valid: for the values of `const` and `enum`, and for names.
extension SchemaCompiler {
    mutating func allows(_ numbers: [Int], _ value: JSONValue, depth: Int) throws(GrammarError) -> Bool {
        for number in numbers where try !allows(number, value, depth: depth) { return false }
        return true
    }

    private mutating func allows(_ number: Int, _ value: JSONValue, depth: Int) throws(GrammarError) -> Bool {
        let node = document.node(number)
        steps += 1
        guard depth < 200, steps <= SchemaLimits.stepCountMax else {
            throw GrammarError(.tooLarge, "The schema's values need too many steps to check.", place: node.pointer)
        }
        if case .bool(let holds) = node.schema { return holds }
        guard try !SchemaTypes.of(node).isDisjoint(with: SchemaTypes.of(value)) else { return false }
        let keywords = keywords(of: number)
        for (keyword, argument) in keywords {
            let place = "\(node.pointer)/\(keyword)"
            let holds: Bool
            switch keyword {
            case "const": holds = argument.isSame(as: value)
            case "enum": holds = argument.array?.contains { $0.isSame(as: value) } ?? true
            case "~others" where node.isRewritten: holds = argument.array?.contains { $0.isSame(as: value) } != true
            default:
                switch SchemaTypes.of(value) {
                case .string: holds = try string(value, keyword, argument, place: place)
                case .whole, .fraction: holds = try self.number(value, keyword, argument, place: place)
                default: holds = true
                }
            }
            if !holds { return false }
        }
        if case .array(let elements) = value, try !array(elements, number, depth: depth) { return false }
        if case .object(let members) = value, try !object(members, number, depth: depth) { return false }
        return try combined(number, value, depth: depth)
    }

    private mutating func string(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, place: String
    ) throws(GrammarError) -> Bool {
        guard let text = value.string else { return true }
        switch keyword {
        case "minLength": return text.unicodeScalars.count >= argument.integer ?? 0
        case "maxLength": return text.unicodeScalars.count <= argument.integer ?? .max
        case "pattern": return try matches(argument.string ?? "", text, place: place)
        case "format":
            guard let name = argument.string, SchemaFormat.isKnown(name) else { return true }
            guard let format = SchemaFormat.named(name) else {
                throw GrammarError(.unsupported, "The format '\(name)' cannot be enforced.", place: place)
            }
            let grammar = try Grammar(gbnf: "root ::= " + format.expression)
            var matcher = GrammarMatcher(grammar)
            return matcher.accept(text.utf8) && matcher.canEnd
        default: return true
        }
    }

    private func number(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, place: String
    ) throws(GrammarError) -> Bool {
        guard ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].contains(keyword) else {
            return true
        }
        let isLow = keyword == "minimum" || keyword == "exclusiveMinimum"
        guard let number = DecimalNumber(bound: value, inwards: isLow ? -1 : 1),
            let bound = DecimalNumber(bound: argument, inwards: isLow ? 1 : -1)
        else { return true }
        switch keyword {
        case "minimum": return number >= bound
        case "maximum": return number <= bound
        case "exclusiveMinimum": return number > bound
        case "exclusiveMaximum": return number < bound
        default: return try isMultiple(number, of: bound, place: place)
        }
    }

    private func isMultiple(_ number: DecimalNumber, of step: DecimalNumber, place: String) throws(GrammarError) -> Bool
    {
        let places = max(number.fraction.count, step.fraction.count)
        guard let left = number.scaled(places), let right = step.scaled(places), right > 0 else {
            throw GrammarError(.unsupported, "'multipleOf' cannot be checked for numbers of this size.", place: place)
        }
        return left % right == 0
    }

    private mutating func array(_ elements: [JSONValue], _ number: Int, depth: Int) throws(GrammarError) -> Bool {
        // The schemas of each place are those of the array's shape.
        let own = SchemaAlternative(nodes: [number], origins: [number: []])
        let shape = try arrayShape(own)
        guard elements.count >= shape.countMin, elements.count <= shape.countMax ?? .max else { return false }
        for (index, element) in elements.enumerated() {
            let schemas = index < shape.first.count ? shape.first[index] : shape.rest ?? []
            guard try allows(schemas, element, depth: depth + 1) else { return false }
        }
        if let contains = shape.contains {
            var isFound = false
            for element in elements where !isFound {
                isFound = try allows(contains.conjunction, element, depth: depth + 1)
            }
            guard isFound else { return false }
        }
        guard shape.uniquePlace != nil else { return true }
        return !elements.indices.contains { later in
            elements[..<later].contains { $0.isSame(as: elements[later]) }
        }
    }

    private mutating func object(_ members: JSONObject, _ number: Int, depth: Int) throws(GrammarError) -> Bool {
        let own = SchemaAlternative(nodes: [number], origins: [number: []])
        guard members.count >= (try count("minProperties", of: number)) ?? 0,
            members.count <= (try count("maxProperties", of: number)) ?? .max
        else { return false }
        for name in keywords(of: number)["required"]?.array ?? [] {
            guard let name = name.string, members[name] != nil else { return false }
        }
        for (name, value) in members {
            guard let schemas = try schemas(of: name, own) else { return false }
            guard try allows(schemas, value, depth: depth + 1) else { return false }
        }
        return true
    }

    /// What other schemas say about the same value.
    private mutating func combined(_ number: Int, _ value: JSONValue, depth: Int) throws(GrammarError) -> Bool {
        let keywords = keywords(of: number)
        for keyword in ["unevaluatedProperties", "unevaluatedItems"] where keywords[keyword] != nil {
            guard SchemaTypes.byKeyword[keyword] == SchemaTypes.of(value) else { continue }
            throw GrammarError(
                .unsupported, "'\(keyword)' cannot be enforced for listed values.",
                place: "\(document.node(number).pointer)/\(keyword)")
        }
        guard try allows(forced(by: number), value, depth: depth + 1) else { return false }
        if let schema = keywords["not"] {
            let child = try document.child(number, "not", schema: schema)
            if try allows([child], value, depth: depth + 1) { return false }
        }
        for branches in try branches(of: number) {
            var isTaken = false
            for branch in branches where !isTaken {
                guard try allows(branch.nodes, value, depth: depth + 1) else { continue }
                var isExcluded = false
                for exclusion in branch.exclusions where !isExcluded {
                    isExcluded = try allows([exclusion.node], value, depth: depth + 1)
                }
                isTaken = !isExcluded
            }
            if !isTaken { return false }
        }
        return true
    }
}

extension DecimalNumber {
    /// The number times 10 to the power of `places`, if that is whole and fits.
    fileprivate func scaled(_ places: Int) -> Int64? {
        let digits = whole + fraction + [UInt8](repeating: 0, count: places - fraction.count)
        guard digits.count <= 18 else { return nil }
        return digits.reduce(Int64(0)) { $0 * 10 + Int64($1) }
    }
}

extension JSONValue {
    /// Equal by JSON Schema: 1 is 1.0, and the order of members does not matter.
    func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer, .number), (.number, .integer):
            return integer != nil && integer == other.integer
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { member in right[member.key].map { $0.isSame(as: member.value) } ?? false }
        case (.string(let left), .string(let right)):
            return left.unicodeScalars.elementsEqual(right.unicodeScalars)
        default: return self == other
        }
    }
}
