import JSONText

/// Anything an expression can be. Lists and dictionaries are values: the sandbox lets nothing change them.
enum Value {
    case undefined(Missing)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    /// Text that was marked as safe for HTML. Adding to it escapes what is added.
    case markup(String)
    case list([Value])
    case tuple([Value])
    case dictionary(Dictionary)
    case view(DictionaryView, Dictionary)
    case range(Range)
    /// What lazy filters give: can be walked through once and has no length.
    case generator(Generator)
    /// What `groupby` gives: a tuple whose parts have names.
    case group([Value])
    case namespace(Namespace)
    case macro(Macro)
    case loop(LoopState)
    case cycler(Cycler)
    case joiner(Joiner)
    /// A global function, by name.
    case function(String)
    /// A method that waits for its arguments.
    indirect case method(Value, String)

    enum DictionaryView: String { case keys, values, items }
}

extension Value {
    /// Why there is no value.
    final class Missing {
        let message: String
        let kind: TemplateError.Kind

        init(_ message: String, kind: TemplateError.Kind = .undefined) {
            self.message = message
            self.kind = kind
        }

        var error: TemplateError { TemplateError(kind, message) }
    }

    /// Python's `range`.
    struct Range: Equatable {
        let start: Int
        let stop: Int
        let step: Int

        var count: Int {
            let distance =
                step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
            guard !distance.overflow else { return (start < stop) == (step > 0) ? .max : 0 }
            guard distance.partialValue > 0 else { return 0 }
            let width = step.magnitude
            return Int(clamping: (UInt(distance.partialValue) - 1) / width + 1)
        }

        func element(at index: Int) -> Int { start &+ index &* step }
        var elements: [Value] { (0..<count).map { .integer(element(at: $0)) } }
    }

    final class Generator {
        private var elements: ArraySlice<Value>
        let name: String

        init(_ elements: [Value], name: String = "generator") {
            self.elements = elements[...]
            self.name = name
        }

        func next() -> Value? { elements.popFirst() }

        func rest() -> [Value] {
            defer { elements = [] }
            return Array(elements)
        }
    }

    final class Namespace {
        var attributes = Dictionary()
    }

    final class Macro {
        let definition: MacroDefinition
        /// Where it was defined. Cut when the rendering ends, because scope and macro hold each other.
        var scope: Scope?

        init(_ definition: MacroDefinition, scope: Scope) {
            self.definition = definition
            self.scope = scope
        }
    }

    final class Cycler {
        let items: [Value]
        var position = 0
        init(_ items: [Value]) { self.items = items }
    }

    final class Joiner {
        let separator: Value
        var isUsed = false
        init(_ separator: Value) { self.separator = separator }
    }
}

extension Value {
    init(_ literal: Literal) {
        switch literal {
        case .none: self = .none
        case .bool(let flag): self = .bool(flag)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .string(let text): self = .string(text)
        }
    }

    /// The value of a JSON text, as Python's `json.loads` would give it.
    init(_ json: JSONValue, depthMax: Int) throws(TemplateError) {
        guard depthMax > 0 else { throw TemplateError.limit("a variable is nested too deeply") }
        switch json {
        case .null: self = .none
        case .bool(let flag): self = .bool(flag)
        case .integer(let value): self = .integer(Int(value))
        case .number(let value): self = .float(value)
        case .string(let text): self = .string(text)
        case .array(let elements):
            var list: [Value] = []
            list.reserveCapacity(elements.count)
            for element in elements { list.append(try Value(element, depthMax: depthMax - 1)) }
            self = .list(list)
        case .object(let members):
            var dictionary = Dictionary()
            for (key, value) in members { dictionary[text: key] = try Value(value, depthMax: depthMax - 1) }
            self = .dictionary(dictionary)
        }
    }

    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The whole number that this is for Python: booleans count.
    var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    var number: Double? {
        if case .float(let value) = self { value } else { wholeNumber.map(Double.init) }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }

    /// The elements of a list, a tuple or a group.
    var sequence: [Value]? {
        switch self {
        case .list(let elements), .tuple(let elements), .group(let elements): elements
        default: nil
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let flag): flag
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements), .group(let elements): !elements.isEmpty
        case .dictionary(let dictionary), .view(_, let dictionary): dictionary.count > 0
        case .range(let range): range.count > 0
        default: true
        }
    }

    /// The name of the type in Python.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .view(let kind, _): "dict_\(kind.rawValue)"
        case .range: "range"
        case .generator(let generator): generator.name
        case .group: "_GroupTuple"
        case .namespace: "Namespace"
        case .macro: "Macro"
        case .loop: "LoopContext"
        case .cycler: "Cycler"
        case .joiner: "Joiner"
        case .function: "function"
        case .method: "builtin_function_or_method"
        }
    }

    /// How error messages of undefined attributes name the object.
    var objectName: String {
        if case .none = self { "None" } else { "\(typeName) object" }
    }

    var isCallable: Bool {
        switch self {
        case .macro, .function, .method, .joiner, .loop, .undefined: true
        default: false
        }
    }
}
