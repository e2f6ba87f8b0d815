import JSONText

/// Schemas that allow what another forbids.
extension SchemaCompiler {
    /// A schema that allows only values that `number` refuses, or `nil` when there is none that a grammar can enforce.
    ///
    /// The opposite of many keywords together is the opposite of one of them (De Morgan).
    mutating func negation(of number: Int) throws(GrammarError) -> Int? {
        let node = document.node(number)
        let pointer = "#¬" + node.pointer.dropFirst()
        guard pointer.utf8.count < 4_000, let schema = try opposite(of: number) else { return nil }
        return try document.add(schema, pointer: pointer, resource: node.resource, isRewritten: true)
    }

    private mutating func opposite(of number: Int) throws(GrammarError) -> JSONValue? {
        let node = document.node(number)
        if case .bool(let holds) = node.schema { return .bool(!holds) }
        var branches: [JSONValue] = []
        for (keyword, value) in keywords(of: number) {
            guard let opposite = try opposite(of: keyword, value, in: number) else { return nil }
            branches += opposite
        }
        switch branches.count {
        case 0: return false
        case 1: return branches[0]
        default: return ["anyOf": .array(branches)]
        }
    }

    /// Schemas for the values that break one keyword; none for a keyword that nothing breaks. `nil` when unknown.
    private mutating func opposite(
        of keyword: String, _ value: JSONValue, in number: Int
    ) throws(GrammarError) -> [JSONValue]? {
        switch keyword {
        case "type":
            let types = SchemaTypes.all.subtracting(try SchemaTypes.of(document.node(number)))
            return types.isEmpty ? [] : [["type": types.keyword]]
        case "const": return [["~others": [value]]]
        case "enum": return [["~others": value]]
        case "~others": return [["enum": value]]
        case "not": return [value]
        case "allOf": return value.array?.map { ["not": $0] }
        case "anyOf": return value.array.map { [["allOf": .array($0.map { ["not": $0] })]] }
        case "$ref":
            // Rewritten schemas belong to the whole document, so references into parts with an own `$id` are left alone.
            guard let text = value.string, document.node(number).resource == "#" else { return nil }
            let target = try document.target(of: text, from: number, place: document.node(number).pointer)
            let pointer = document.node(target).pointer.split(separator: "%", omittingEmptySubsequences: false)
            return [["not": ["$ref": .string(pointer.joined(separator: "%25"))]]]
        case "properties":
            return value.object?.map { name, schema in
                [
                    "type": "object", "required": [.string(name)],
                    "properties": .object([name: ["not": schema]]),
                ]
            }
        case "required":
            return value.array?.compactMap { name in
                name.string.map { ["type": "object", "properties": .object([$0: false])] }
            }
        case "items" where value.array == nil:
            return nil
        default: return oppositeOfBound(keyword, value)
        }
    }

    private func oppositeOfBound(_ keyword: String, _ value: JSONValue) -> [JSONValue]? {
        switch keyword {
        case "minimum": return [["type": "number", "exclusiveMaximum": value]]
        case "maximum": return [["type": "number", "exclusiveMinimum": value]]
        case "exclusiveMinimum": return [["type": "number", "maximum": value]]
        case "exclusiveMaximum": return [["type": "number", "minimum": value]]
        case "minLength": return value.integer.map { below($0, type: "string", keyword: "maxLength") }
        case "minItems": return value.integer.map { below($0, type: "array", keyword: "maxItems") }
        case "minProperties": return value.integer.map { below($0, type: "object", keyword: "maxProperties") }
        case "maxLength": return value.integer.map { above($0, type: "string", keyword: "minLength") }
        case "maxItems": return value.integer.map { above($0, type: "array", keyword: "minItems") }
        case "maxProperties": return value.integer.map { above($0, type: "object", keyword: "minProperties") }
        default: return Self.assertions.contains(keyword) ? nil : []
        }
    }

    private func below(_ count: Int64, type: String, keyword: String) -> [JSONValue] {
        count <= 0 ? [] : [.object(["type": .string(type), keyword: .integer(count - 1)])]
    }

    private func above(_ count: Int64, type: String, keyword: String) -> [JSONValue] {
        count == .max ? [] : [.object(["type": .string(type), keyword: .integer(count + 1)])]
    }

    /// Keywords that can refuse a value and whose opposite is unknown; what is not listed is an annotation.
    private static let assertions: Set<String> = [
        "oneOf", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "patternProperties",
        "additionalProperties", "propertyNames", "unevaluatedProperties", "items", "prefixItems", "additionalItems",
        "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems", "pattern", "format", "multipleOf",
        "$dynamicRef", "$recursiveRef",
    ]
}
