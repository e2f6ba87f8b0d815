import JSONText

/// Which kinds of JSON value are allowed. Whole numbers and fractions are apart, so that `integer` is a part of
/// `number`.
struct SchemaTypes: OptionSet, Sendable, Hashable {
    let rawValue: Int

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let whole = SchemaTypes(rawValue: 4)
    static let fraction = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let number: SchemaTypes = [.whole, .fraction]
    static let all = SchemaTypes(rawValue: 127)

    init(rawValue: Int) { self.rawValue = rawValue }

    /// By the names of the keyword `type`; `~fraction` is this module's own, for what `not: {type: integer}` leaves.
    init?(name: String, isRewritten: Bool) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .whole
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        case "~fraction" where isRewritten: self = .fraction
        default: return nil
        }
    }

    /// The value of `type` that allows exactly these.
    var keyword: JSONValue {
        let names: [(SchemaTypes, String)] = [
            (.null, "null"), (.boolean, "boolean"), (.string, "string"), (.array, "array"), (.object, "object"),
            (.whole, "integer"), (.fraction, "~fraction"),
        ]
        return .array(names.filter { contains($0.0) }.map { .string($0.1) })
    }

    static func of(_ value: JSONValue) -> SchemaTypes {
        switch value {
        case .null: .null
        case .bool: .boolean
        case .integer: .whole
        case .number(let number): number == number.rounded() ? .whole : .fraction
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// What the keyword `type` of a schema allows.
    static func of(_ node: SchemaNode) throws(GrammarError) -> SchemaTypes {
        guard let keyword = node.schema["type"] else { return .all }
        let names = keyword.array ?? [keyword]
        var result: SchemaTypes = []
        for name in names {
            guard let text = name.string, let type = SchemaTypes(name: text, isRewritten: node.isRewritten) else {
                throw GrammarError(
                    .syntax, "'type' names \(name.text), which is no type of JSON.", place: node.pointer + "/type")
            }
            result.formUnion(type)
        }
        return result
    }

    /// The kinds of value that a keyword speaks of; the others pass it untouched.
    static let byKeyword: [String: SchemaTypes] = [
        "properties": .object, "required": .object, "additionalProperties": .object, "patternProperties": .object,
        "propertyNames": .object, "minProperties": .object, "maxProperties": .object, "dependentRequired": .object,
        "dependentSchemas": .object, "dependencies": .object, "unevaluatedProperties": .object,
        "items": .array, "prefixItems": .array, "additionalItems": .array, "minItems": .array, "maxItems": .array,
        "contains": .array, "uniqueItems": .array, "unevaluatedItems": .array,
        "minLength": .string, "maxLength": .string, "pattern": .string, "format": .string,
        "minimum": .number, "maximum": .number, "exclusiveMinimum": .number, "exclusiveMaximum": .number,
        "multipleOf": .number,
    ]
}
