import JSONText

/// One way to satisfy a conjunction: every reference followed, one branch of every choice taken.
struct SchemaAlternative: Sendable {
    /// Something that must not hold, and the keyword that says so.
    struct Exclusion: Sendable {
        var node: Int
        var keyword: String
        var place: String
    }

    /// The schemas whose own keywords hold, in the order in which they were met.
    var nodes: [Int] = []
    /// For each of them, the schemas that brought it here.
    var origins: [Int: Set<Int>] = [:]
    var exclusions: [Exclusion] = []
    var types = SchemaTypes.all
    /// The only values that are possible, when a `const` or `enum` lists them.
    var values: [JSONValue]?
}

/// Follows references and takes branches.
extension SchemaCompiler {
    private struct Pending {
        var node: Int
        var origins: Set<Int>
    }

    /// One or more branches of which one is taken.
    private struct Choice {
        var branches: [Branch]
        var origins: Set<Int>
    }

    struct Branch {
        var nodes: [Int]
        var exclusions: [SchemaAlternative.Exclusion] = []
    }

    /// Every way to satisfy all of `conjunction`. None when it cannot be satisfied.
    mutating func alternatives(of conjunction: Conjunction) throws(GrammarError) -> [SchemaAlternative] {
        if let known = alternativesKnown[conjunction] { return known }
        var result: [SchemaAlternative] = []
        try expand(
            SchemaAlternative(), pending: conjunction.map { Pending(node: $0, origins: []) }, choices: [],
            all: conjunction, into: &result)
        alternativesKnown[conjunction] = result
        return result
    }

    /// Every way to go on from `start` so that `more` holds as well.
    mutating func alternatives(
        from start: SchemaAlternative, adding more: [Int], all: Conjunction
    ) throws(GrammarError) -> [SchemaAlternative] {
        var result: [SchemaAlternative] = []
        try expand(
            start, pending: more.map { Pending(node: $0, origins: []) }, choices: [], all: all, into: &result)
        return result
    }

    private mutating func expand(
        _ alternative: SchemaAlternative, pending: [Pending], choices: [Choice], all: Conjunction,
        into result: inout [SchemaAlternative]
    ) throws(GrammarError) {
        var alternative = alternative
        var pending = pending
        var choices = choices
        while let next = pending.first {
            pending.removeFirst()
            guard try take(next, into: &alternative, pending: &pending, choices: &choices) else { return }
        }
        if try lists(&alternative, all: all) {
            if alternative.values?.isEmpty == false { result.append(alternative) }
            return
        }
        guard let choice = choices.popLast() else {
            result.append(alternative)
            guard result.count <= SchemaLimits.alternativeCountMax else {
                throw GrammarError(
                    .tooLarge, "More than \(SchemaLimits.alternativeCountMax) combinations of branches are possible.",
                    place: all.first.map { document.node($0).pointer })
            }
            return
        }
        for branch in choice.branches {
            var copy = alternative
            copy.exclusions += branch.exclusions
            try expand(
                copy, pending: branch.nodes.map { Pending(node: $0, origins: choice.origins) }, choices: choices,
                all: all, into: &result)
        }
    }

    /// Adds one schema and what it brings. False when nothing satisfies it together with the others.
    private mutating func take(
        _ next: Pending, into alternative: inout SchemaAlternative, pending: inout [Pending],
        choices: inout [Choice]
    ) throws(GrammarError) -> Bool {
        try step(at: next.node)
        let node = document.node(next.node)
        if next.origins.contains(next.node) {
            throw GrammarError(.unresolved, "The schema refers to itself without an end.", place: node.pointer)
        }
        if case .bool(let holds) = node.schema { return holds }
        if let origins = alternative.origins[next.node] {
            alternative.origins[next.node] = origins.union(next.origins)
            return true
        }
        alternative.nodes.append(next.node)
        alternative.origins[next.node] = next.origins
        alternative.types.formIntersection(try SchemaTypes.of(node))
        if alternative.types.isEmpty { return false }

        let origins = next.origins.union([next.node])
        pending.insert(contentsOf: try forced(by: next.node).map { Pending(node: $0, origins: origins) }, at: 0)
        for branches in try self.branches(of: next.node) {
            choices.insert(Choice(branches: branches, origins: origins), at: 0)
        }
        if let keyword = keywords(of: next.node)["not"] {
            let excluded = try document.child(next.node, "not", schema: keyword)
            alternative.exclusions.append(
                .init(node: excluded, keyword: "not", place: document.node(excluded).pointer))
        }
        return true
    }

    private mutating func step(at node: Int) throws(GrammarError) {
        steps += 1
        guard steps <= SchemaLimits.stepCountMax else {
            throw GrammarError(
                .tooLarge,
                "The schema's references and combinations need more than \(SchemaLimits.stepCountMax) steps.",
                place: document.node(node).pointer)
        }
    }

    /// When a `const` or `enum` lists the values, whatever else is asked is answered by looking at each.
    private mutating func lists(_ alternative: inout SchemaAlternative, all: Conjunction) throws(GrammarError) -> Bool {
        for number in alternative.nodes {
            let keywords = keywords(of: number)
            guard let listed = keywords["const"].map({ [$0] }) ?? keywords["enum"]?.array else { continue }
            let place = document.node(number).pointer
            guard listed.count <= SchemaLimits.enumCountMax else {
                throw GrammarError(
                    .tooLarge, "'enum' lists more than \(SchemaLimits.enumCountMax) values.", place: place + "/enum")
            }
            var left: [JSONValue] = []
            for value in listed where try allows(all + alternative.nodes, value, depth: 0) { left.append(value) }
            alternative.values = left
            alternative.exclusions = []
            return true
        }
        return false
    }
}

/// What a schema says about the same value in other places.
extension SchemaCompiler {
    /// The keywords of a schema. Up to draft 7 a reference stands alone.
    func keywords(of number: Int) -> JSONObject {
        guard case .object(let members) = document.node(number).schema else { return JSONObject() }
        if document.dialect <= .draft7, let reference = members["$ref"] { return ["$ref": reference] }
        return members
    }

    /// The schemas that hold whenever this one does.
    mutating func forced(by number: Int) throws(GrammarError) -> [Int] {
        let keywords = keywords(of: number)
        let pointer = document.node(number).pointer
        var result: [Int] = []
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            guard let reference = keywords[key] else { continue }
            let place = "\(pointer)/\(key)"
            guard let text = reference.string else {
                throw GrammarError(.syntax, "'\(key)' must be a string.", place: place)
            }
            let isAmbiguous =
                key == "$dynamicRef"
                ? (document.dynamicAnchors[text.filter { $0 != "#" }] ?? 0) > 1
                : key == "$recursiveRef" && document.node(number).resource != "#"
            guard !isAmbiguous else {
                throw GrammarError(
                    .unsupported, "'\(key)' can mean several schemas here, which a grammar cannot enforce.",
                    place: place)
            }
            result.append(try document.target(of: text, from: number, place: place))
        }
        for (index, schema) in try list("allOf", of: number).enumerated() {
            result.append(try document.child(number, "allOf", String(index), schema: schema))
        }
        return result
    }

    /// The non-empty list of schemas under a keyword, or an empty one when it is absent.
    func list(_ keyword: String, of number: Int) throws(GrammarError) -> [JSONValue] {
        guard let value = keywords(of: number)[keyword] else { return [] }
        guard let list = value.array, !list.isEmpty else {
            throw GrammarError(
                .syntax, "'\(keyword)' must be a list of at least one schema.",
                place: "\(document.node(number).pointer)/\(keyword)")
        }
        return list
    }

    /// The choices that a schema offers: of each, one branch must be taken.
    mutating func branches(of number: Int) throws(GrammarError) -> [[Branch]] {
        var result: [[Branch]] = []
        let keywords = keywords(of: number)
        for keyword in ["anyOf", "oneOf"] {
            var numbers: [Int] = []
            for (index, schema) in try list(keyword, of: number).enumerated() {
                numbers.append(try document.child(number, keyword, String(index), schema: schema))
            }
            guard !numbers.isEmpty else { continue }
            let place = "\(document.node(number).pointer)/\(keyword)"
            result.append(
                numbers.map { chosen in
                    let others = keyword == "oneOf" ? numbers.filter { $0 != chosen } : []
                    return Branch(
                        nodes: [chosen],
                        exclusions: others.map { .init(node: $0, keyword: keyword, place: place) })
                })
        }
        if document.dialect >= .draft7, let condition = keywords["if"],
            keywords["then"] != nil || keywords["else"] != nil
        {
            let test = try document.child(number, "if", schema: condition)
            let place = document.node(test).pointer
            let then = try keywords["then"].map { schema throws(GrammarError) in
                try document.child(number, "then", schema: schema)
            }
            let otherwise = try keywords["else"].map { schema throws(GrammarError) in
                try document.child(number, "else", schema: schema)
            }
            result.append([
                Branch(nodes: [test] + (then.map { [$0] } ?? [])),
                Branch(
                    nodes: otherwise.map { [$0] } ?? [],
                    exclusions: [.init(node: test, keyword: "if", place: place)]),
            ])
        }
        return try result + dependencies(of: number)
    }

    /// `dependentRequired`, `dependentSchemas` and the older `dependencies`: the property is absent, or more holds.
    private mutating func dependencies(of number: Int) throws(GrammarError) -> [[Branch]] {
        var result: [[Branch]] = []
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            guard let value = keywords(of: number)[keyword] else { continue }
            let place = "\(document.node(number).pointer)/\(keyword)"
            guard let members = value.object else {
                throw GrammarError(.syntax, "'\(keyword)' must be an object.", place: place)
            }
            for (name, demand) in members {
                var present: JSONObject = ["required": [.string(name)]]
                if let names = demand.array {
                    present["required"] = .array([.string(name)] + names)
                } else {
                    present["allOf"] = [demand]
                }
                let absent: JSONValue = ["properties": .object([name: false])]
                result.append([
                    Branch(nodes: [
                        try rewritten(.object(present), of: number, note: "\(keyword)/\(name)+")
                    ]),
                    Branch(nodes: [try rewritten(absent, of: number, note: "\(keyword)/\(name)-")]),
                ])
            }
        }
        return result
    }

    /// A schema of our own making that stands beside another.
    mutating func rewritten(_ schema: JSONValue, of number: Int, note: String) throws(GrammarError) -> Int {
        let node = document.node(number)
        return try document.add(
            schema, pointer: "\(node.pointer)/\(note)", resource: node.resource, isRewritten: true)
    }
}
