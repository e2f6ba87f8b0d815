/// What may stand after `is`.
typealias ValueTest = @Sendable (Renderer, Value, Arguments) throws(TemplateError) -> Bool

enum ValueTests {
    static let table: [String: ValueTest] = plain.merging(comparisons()) { first, _ in first }

    private static func comparisons() -> [String: ValueTest] {
        let relations: [(Relation, [String])] = [
            (.equal, ["==", "eq", "equalto"]), (.notEqual, ["!=", "ne"]), (.greater, [">", "gt", "greaterthan"]),
            (.greaterOrEqual, [">=", "ge"]), (.less, ["<", "lt", "lessthan"]), (.lessOrEqual, ["<=", "le"]),
            (.isIn, ["in"]),
        ]
        var table: [String: ValueTest] = [:]
        for (relation, names) in relations {
            for name in names { table[name] = comparison(relation, name) }
        }
        return table
    }

    private static func comparison(_ relation: Relation, _ name: String) -> ValueTest {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Bool in
            try renderer.holds(relation, value, try arguments.unnamed(1...1, of: name)[0])
        }
    }

    private static let plain: [String: ValueTest] = [
        "defined": without { !$0.isUndefined },
        "undefined": without { $0.isUndefined },
        "none": without { $0.isNone },
        "boolean": without { if case .bool = $0 { true } else { false } },
        "true": without { if case .bool(true) = $0 { true } else { false } },
        "false": without { if case .bool(false) = $0 { true } else { false } },
        "integer": without { if case .integer = $0 { true } else { false } },
        "float": without { if case .float = $0 { true } else { false } },
        "number": without { $0.number != nil },
        "string": without { $0.text != nil },
        "mapping": without { if case .dictionary = $0 { true } else { false } },
        "sequence": without(isSequence),
        "iterable": without(isIterable),
        "callable": without { $0.isCallable },
        "escaped": without { if case .markup = $0 { true } else { false } },
        "lower": without { TextTests.isLower($0.display) },
        "upper": without { TextTests.isUpper($0.display) },
        "filter": without { $0.text.map { Filters.table[$0] != nil } ?? false },
        "test": without { $0.text.map { ValueTests.table[$0] != nil } ?? false },
        "odd": odd, "even": even, "divisibleby": divisibleby, "sameas": sameas,
    ]

    @Sendable private static func odd(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Bool
    {
        _ = try arguments.unnamed(0...0, of: "odd")
        return try remainder(renderer, value, .integer(2)).isEqual(to: .integer(1))
    }

    @Sendable private static func even(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Bool
    {
        _ = try arguments.unnamed(0...0, of: "even")
        return try remainder(renderer, value, .integer(2)).isEqual(to: .integer(0))
    }

    @Sendable private static func divisibleby(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Bool
    {
        let divisor = try arguments.bound(to: ["num"], of: "divisibleby", required: 1)[0] ?? .none
        return try remainder(renderer, value, divisor).isEqual(to: .integer(0))
    }

    @Sendable private static func sameas(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Bool
    {
        value.isSameObject(as: try arguments.bound(to: ["other"], of: "sameas", required: 1)[0] ?? .none)
    }

    private static func remainder(_ renderer: Renderer, _ value: Value, _ divisor: Value) throws(TemplateError) -> Value
    {
        try Arithmetic.apply(.modulo, value, divisor, renderer)
    }

    private static func without(_ test: @escaping @Sendable (Value) -> Bool) -> ValueTest {
        { (renderer: Renderer, value: Value, arguments: Arguments) throws(TemplateError) -> Bool in
            _ = try arguments.unnamed(0...0, of: "the test")
            return test(value)
        }
    }

    @Sendable private static func isSequence(_ value: Value) -> Bool {
        switch value {
        case .undefined, .string, .markup, .list, .tuple, .group, .dictionary, .range: true
        default: false
        }
    }

    @Sendable private static func isIterable(_ value: Value) -> Bool {
        switch value {
        case .undefined, .string, .markup, .list, .tuple, .group, .dictionary, .view, .range, .generator, .loop: true
        default: false
        }
    }
}
