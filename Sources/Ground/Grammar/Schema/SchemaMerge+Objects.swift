import JSONText

extension SchemaCompiler {
    private struct Pattern {
        var text: String
        var value: Int
        var owner: Int
        var place: String
    }

    mutating func objectShape(_ alternative: SchemaAlternative) throws(GrammarError) -> ObjectShape {
        var shape = ObjectShape()
        var names: [String] = []
        var required: Set<String> = []
        var patterns: [Pattern] = []
        for number in alternative.nodes {
            try count(number, into: &shape)
            names += try properties(of: number).keys
            required.formUnion(try self.required(of: number))
            patterns += try self.patterns(of: number)
        }
        for number in alternative.nodes { names += try self.required(of: number) }
        var seen: Set<String> = []
        names = names.filter { seen.insert($0).inserted }
        guard names.count <= SchemaLimits.propertyCountMax else {
            throw GrammarError(
                .tooLarge, "An object has more than \(SchemaLimits.propertyCountMax) properties.",
                place: document.node(alternative.nodes[0]).pointer)
        }
        for name in names {
            let value = try values(of: name, alternative, patterns)
            if let value, !value.contains(where: { document.node($0).schema == .bool(false) }) {
                shape.members.append(.init(name: name, value: value, isRequired: required.contains(name)))
            } else if required.contains(name) {
                contradict(
                    "the required property '\(name)' is forbidden", place: document.node(alternative.nodes[0]).pointer)
                // Kept with a value that nothing satisfies.
                shape.members.append(.init(name: name, value: [try nothing()], isRequired: true))
            } else {
                shape.forbidden.append(name)
            }
        }
        try addExtras(to: &shape, alternative, patterns)
        return shape
    }

    private mutating func nothing() throws(GrammarError) -> Int {
        try document.add(false, pointer: "#¬nothing", resource: "#", isRewritten: true)
    }

    private func count(_ number: Int, into shape: inout ObjectShape) throws(GrammarError) {
        let pointer = document.node(number).pointer
        if let least = try count("minProperties", of: number), least > shape.countMin {
            shape.countMin = least
            shape.countPlace = pointer + "/minProperties"
        }
        if let most = try count("maxProperties", of: number), most < shape.countMax ?? .max {
            shape.countMax = most
            shape.countPlace = pointer + "/maxProperties"
        }
    }

    private func members(_ keyword: String, of number: Int) throws(GrammarError) -> JSONObject {
        guard let value = keywords(of: number)[keyword] else { return JSONObject() }
        guard let members = value.object else {
            throw GrammarError(
                .syntax, "'\(keyword)' must be an object, not \(value.kind).",
                place: "\(document.node(number).pointer)/\(keyword)")
        }
        return members
    }

    /// The schemas of one member of an object that obeys `alternative`.
    mutating func schemas(of name: String, _ alternative: SchemaAlternative) throws(GrammarError) -> Conjunction? {
        var patterns: [Pattern] = []
        for number in alternative.nodes { patterns += try self.patterns(of: number) }
        return try values(of: name, alternative, patterns)
    }

    private func properties(of number: Int) throws(GrammarError) -> JSONObject {
        try members("properties", of: number)
    }

    private func required(of number: Int) throws(GrammarError) -> [String] {
        guard let value = keywords(of: number)["required"] else { return [] }
        guard let names = value.array, names.allSatisfy({ $0.string != nil }) else {
            throw GrammarError(
                .syntax, "'required' must be a list of names.", place: document.node(number).pointer + "/required")
        }
        return names.compactMap(\.string)
    }

    private mutating func patterns(of number: Int) throws(GrammarError) -> [Pattern] {
        var result: [Pattern] = []
        for (text, schema) in try members("patternProperties", of: number) {
            let value = try document.child(number, "patternProperties", text, schema: schema)
            result.append(Pattern(text: text, value: value, owner: number, place: document.node(value).pointer))
        }
        return result
    }

    /// The schemas for the member `name`; `nil` when the name itself is not allowed.
    private mutating func values(
        of name: String, _ alternative: SchemaAlternative, _ patterns: [Pattern]
    ) throws(GrammarError) -> Conjunction? {
        var result: [Int] = []
        for number in alternative.nodes {
            let keywords = keywords(of: number)
            if let allowed = keywords["propertyNames"] {
                let child = try document.child(number, "propertyNames", schema: allowed)
                guard try allows([child], .string(name), depth: 0) else { return nil }
            }
            if let schema = try properties(of: number)[name] {
                result.append(try document.child(number, "properties", name, schema: schema))
            }
            for pattern in patterns where pattern.owner == number {
                if try matches(pattern.text, name, place: pattern.place) { result.append(pattern.value) }
            }
            if let schema = keywords["additionalProperties"], try !lists(name, number, patterns) {
                result.append(try document.child(number, "additionalProperties", schema: schema))
            }
            if let schema = keywords["unevaluatedProperties"], document.dialect >= .draft2019,
                try !isEvaluated(name, by: number, alternative, patterns)
            {
                result.append(try document.child(number, "unevaluatedProperties", schema: schema))
            }
        }
        return unique(result)
    }

    private mutating func lists(_ name: String, _ number: Int, _ patterns: [Pattern]) throws(GrammarError) -> Bool {
        if try properties(of: number)[name] != nil { return true }
        for pattern in patterns where pattern.owner == number {
            if try matches(pattern.text, name, place: pattern.place) { return true }
        }
        return false
    }

    /// Whether a schema beside or below one with `unevaluatedProperties` speaks of `name`; `nil` is any other name.
    private mutating func isEvaluated(
        _ name: String?, by number: Int, _ alternative: SchemaAlternative, _ patterns: [Pattern]
    ) throws(GrammarError) -> Bool {
        for other in evaluating(number, alternative) {
            let keywords = keywords(of: other)
            if keywords["additionalProperties"] != nil { return true }
            if other != number, keywords["unevaluatedProperties"] != nil { return true }
            if let name, try lists(name, other, patterns) { return true }
        }
        return false
    }
}

// MARK: Names that are not listed
extension SchemaCompiler {
    private mutating func addExtras(
        to shape: inout ObjectShape, _ alternative: SchemaAlternative, _ patterns: [Pattern]
    ) throws(GrammarError) {
        var isListed = false
        var isAsked = shape.countMin > shape.members.count
        var names: [Int] = []
        var others: [Int] = []
        for number in alternative.nodes {
            let keywords = keywords(of: number)
            if try properties(of: number).contains(where: { $0.value != false }) { isListed = true }
            if let schema = keywords["propertyNames"] {
                isAsked = true
                names.append(try document.child(number, "propertyNames", schema: schema))
            }
            if let schema = keywords["additionalProperties"] {
                if schema != false { isAsked = true }
                others.append(try document.child(number, "additionalProperties", schema: schema))
            }
            if let schema = keywords["unevaluatedProperties"], document.dialect >= .draft2019,
                try !isEvaluated(nil, by: number, alternative, patterns)
            {
                if schema != false { isAsked = true }
                others.append(try document.child(number, "unevaluatedProperties", schema: schema))
            }
        }
        names = unique(names)
        if !patterns.isEmpty {
            guard names.isEmpty else {
                throw GrammarError(
                    .unsupported, "'propertyNames' cannot be enforced together with 'patternProperties'.",
                    place: document.node(names[0]).pointer)
            }
            return try addPatterns(to: &shape, alternative, patterns)
        }
        guard isAsked || !isListed else { return }
        let value = unique(others)
        if value.contains(where: { document.node($0).schema == false }) { return }
        if names.isEmpty {
            shape.extras = [.init(name: .other, value: value)]
        } else {
            try addNames(names, value: value, to: &shape, alternative, patterns)
        }
    }

    /// Names by `propertyNames`. Those that an `enum` lists become members like the listed ones.
    private mutating func addNames(
        _ names: Conjunction, value: Conjunction, to shape: inout ObjectShape, _ alternative: SchemaAlternative,
        _ patterns: [Pattern]
    ) throws(GrammarError) {
        let known = Set(shape.members.map(\.name) + shape.forbidden)
        let ways = try alternatives(of: names)
        if ways.allSatisfy({ $0.values != nil }) {
            for name in ways.flatMap({ $0.values ?? [] }).compactMap(\.string) where !known.contains(name) {
                guard !shape.members.contains(where: { $0.name == name }) else { continue }
                shape.members.append(.init(name: name, value: value, isRequired: false))
            }
            return
        }
        // A name that is listed has a schema of its own. If it could be written here as well, none is.
        for name in known where try allows(names, .string(name), depth: 0) { return }
        let text = try rewritten(["type": "string"], of: names[0], note: "string")
        shape.extras = [.init(name: .matching(names + [text]), value: value)]
    }

    /// Names by `patternProperties`. A name may match several patterns, so that its value obeys all that may match.
    private mutating func addPatterns(
        to shape: inout ObjectShape, _ alternative: SchemaAlternative, _ patterns: [Pattern]
    ) throws(GrammarError) {
        for pattern in patterns {
            var isCollision = false
            for name in shape.members.map(\.name) + shape.forbidden
            where try matches(pattern.text, name, place: pattern.place) { isCollision = true }
            if isCollision { continue }
            var value: [Int] = []
            for other in patterns where !PatternText.areDisjoint(pattern.text, other.text) { value.append(other.value) }
            for number in alternative.nodes {
                let owns = patterns.contains { $0.owner == number && $0.text == pattern.text }
                if !owns, let schema = keywords(of: number)["additionalProperties"] {
                    value.append(try document.child(number, "additionalProperties", schema: schema))
                }
                let speaking = evaluating(number, alternative)
                let isEvaluated = patterns.contains { $0.text == pattern.text && speaking.contains($0.owner) }
                if !isEvaluated, let schema = keywords(of: number)["unevaluatedProperties"],
                    document.dialect >= .draft2019
                {
                    value.append(try document.child(number, "unevaluatedProperties", schema: schema))
                }
            }
            guard !shape.extras.contains(where: { $0.isPattern(pattern.text) }) else { continue }
            let conjunction = unique(value)
            if conjunction.contains(where: { document.node($0).schema == false }) { continue }
            shape.extras.append(.init(name: .pattern(pattern.text, place: pattern.place), value: conjunction))
        }
    }
}

extension ObjectShape.Extra {
    func isPattern(_ text: String) -> Bool {
        if case .pattern(text, _) = name { true } else { false }
    }
}
