import JSONText

extension SchemaCompiler {
    /// How one schema speaks of the elements of an array.
    private struct Elements {
        var first: [Int] = []
        var rest: Int?
    }

    mutating func arrayShape(_ alternative: SchemaAlternative) throws(GrammarError) -> ArrayShape {
        var shape = ArrayShape()
        var parts: [Elements] = []
        for number in alternative.nodes {
            try count(number, into: &shape)
            parts.append(try elements(of: number))
        }
        let firstCount = parts.map(\.first.count).max() ?? 0
        guard firstCount <= SchemaLimits.propertyCountMax else {
            throw GrammarError(
                .tooLarge, "'prefixItems' lists more than \(SchemaLimits.propertyCountMax) schemas.",
                place: document.node(alternative.nodes[0]).pointer)
        }
        for index in 0..<firstCount {
            shape.first.append(
                unique(
                    parts.compactMap { $0.first.indices.contains(index) ? $0.first[index] : $0.rest }
                        + (try unevaluatedItems(alternative, at: index))))
        }
        shape.rest = unique(
            parts.compactMap(\.rest) + (try unevaluatedItems(alternative, at: .max)))
        // A tuple that says nothing of what follows ends there, unless more is asked for.
        if firstCount > 0, shape.rest == [], shape.countMin <= firstCount,
            !alternative.nodes.contains(where: { hasRest($0) })
        {
            shape.rest = nil
        }
        return shape
    }

    private func hasRest(_ number: Int) -> Bool {
        let keywords = keywords(of: number)
        return keywords["additionalItems"] != nil || keywords["prefixItems"] != nil && keywords["items"] != nil
            || keywords["unevaluatedItems"] != nil
    }

    private mutating func count(_ number: Int, into shape: inout ArrayShape) throws(GrammarError) {
        let keywords = keywords(of: number)
        let pointer = document.node(number).pointer
        if let least = try count("minItems", of: number), least > shape.countMin {
            shape.countMin = least
            shape.countPlace = pointer + "/minItems"
        }
        if let most = try count("maxItems", of: number), most < shape.countMax ?? .max {
            shape.countMax = most
            shape.countPlace = pointer + "/maxItems"
        }
        if keywords["uniqueItems"] == .bool(true) { shape.uniquePlace = pointer + "/uniqueItems" }
        guard let contained = keywords["contains"] else { return }
        let isCounted = document.dialect >= .draft2019
        if isCounted, let most = keywords["maxContains"] {
            throw GrammarError(
                .unsupported, "'maxContains' \(most.text) cannot be enforced.", place: pointer + "/maxContains")
        }
        switch isCounted ? try count("minContains", of: number) ?? 1 : 1 {
        case 0: break
        case 1:
            guard shape.contains == nil else {
                throw GrammarError(
                    .unsupported, "'contains' cannot be enforced twice for one array.", place: pointer + "/contains")
            }
            shape.contains = ([try document.child(number, "contains", schema: contained)], pointer + "/contains")
        default:
            throw GrammarError(
                .unsupported, "'minContains' above 1 cannot be enforced.", place: pointer + "/minContains")
        }
    }

    /// `prefixItems` and `items`, or the older list form of `items` and `additionalItems`.
    private mutating func elements(of number: Int) throws(GrammarError) -> Elements {
        let keywords = keywords(of: number)
        var result = Elements()
        var listed = "prefixItems"
        var behind = "items"
        if keywords["items"]?.array != nil, keywords["prefixItems"] == nil {
            guard document.dialect < .draft2020 || !document.hasDialect else {
                throw GrammarError(
                    .syntax, "'items' must be a schema in 2020-12; lists are called 'prefixItems'.",
                    place: document.node(number).pointer + "/items")
            }
            (listed, behind) = ("items", "additionalItems")
        } else if document.dialect < .draft2020 {
            listed = ""
        }
        for (index, schema) in (keywords[listed]?.array ?? []).enumerated() {
            result.first.append(try document.child(number, listed, String(index), schema: schema))
        }
        if let schema = keywords[behind] { result.rest = try document.child(number, behind, schema: schema) }
        return result
    }

    /// The schemas of `unevaluatedItems` that speak of the element at a place.
    private mutating func unevaluatedItems(
        _ alternative: SchemaAlternative, at index: Int
    ) throws(GrammarError) -> [Int] {
        var result: [Int] = []
        for number in alternative.nodes {
            guard let schema = keywords(of: number)["unevaluatedItems"], document.dialect >= .draft2019 else {
                continue
            }
            var isEvaluated = false
            for other in evaluating(number, alternative) where !isEvaluated {
                let elements = try elements(of: other)
                isEvaluated =
                    index < elements.first.count || elements.rest != nil
                    || other != number && keywords(of: other)["unevaluatedItems"] != nil
            }
            if !isEvaluated { result.append(try document.child(number, "unevaluatedItems", schema: schema)) }
        }
        return result
    }

    /// A schema and those that it brought along: what they speak of counts as evaluated for it.
    func evaluating(_ number: Int, _ alternative: SchemaAlternative) -> [Int] {
        alternative.nodes.filter { $0 == number || alternative.origins[$0]?.contains(number) == true }
    }

    /// Without repetitions and without schemas that allow everything.
    func unique(_ numbers: [Int]) -> Conjunction {
        var result: Conjunction = []
        for number in numbers where !result.contains(number) {
            let schema = document.node(number).schema
            if schema == .bool(true) || schema.object?.isEmpty == true { continue }
            result.append(number)
        }
        return result
    }
}
