/// What stands after a dot, as Python's `getattr` under the immutable sandbox.
enum Attributes {
    /// The attribute, an undefined value when the sandbox forbids it, or `nil` when there is none.
    static func lookup(_ name: String, of value: Value) -> Value? {
        if name.hasPrefix("__") {
            let message = "access to attribute '\(name)' of '\(value.typeName)' object is unsafe."
            return dunders.contains(name) ? .undefined(Value.Missing(message, kind: .security)) : nil
        }
        switch value {
        case .string, .markup: return text.contains(name) ? .method(value, name) : nil
        case .list:
            return ["index", "count", "copy"].contains(name)
                ? .method(value, name) : forbidden(name, listChanges, value)
        case .tuple: return ["index", "count"].contains(name) ? .method(value, name) : nil
        case .group(let parts):
            switch name {
            case "grouper": return parts[0]
            case "list": return parts[1]
            case "index", "count": return .method(value, name)
            default: return nil
            }
        case .dictionary:
            return ["get", "items", "keys", "values", "copy"].contains(name)
                ? .method(value, name) : forbidden(name, dictionaryChanges, value)
        case .namespace(let namespace): return namespace.attributes[.text(name)]
        case .loop(let loop): return loop.attribute(name)
        case .macro(let macro): return attribute(name, of: macro)
        case .cycler(let cycler):
            switch name {
            case "current": return cycler.items[cycler.position]
            case "next", "reset": return .method(value, name)
            default: return nil
            }
        case .joiner(let joiner): return name == "sep" ? joiner.separator : nil
        case .range(let range):
            switch name {
            case "start": return .integer(range.start)
            case "stop": return .integer(range.stop)
            case "step": return .integer(range.step)
            case "index", "count": return .method(value, name)
            default: return nil
            }
        case .bool, .integer: return number(name, value, isFloat: false)
        case .float: return number(name, value, isFloat: true)
        case .undefined, .none, .view, .generator, .function, .method: return nil
        }
    }

    private static let dunders: Set<String> = [
        "__class__", "__init__", "__dict__", "__doc__", "__eq__", "__getattribute__", "__globals__", "__hash__",
        "__len__", "__module__", "__mro__", "__new__", "__reduce__", "__repr__", "__str__", "__subclasses__",
    ]
    private static let listChanges: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    private static let dictionaryChanges: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let text: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "format_map", "index",
        "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
        "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]

    private static func forbidden(_ name: String, _ names: Set<String>, _ value: Value) -> Value? {
        guard names.contains(name) else { return nil }
        let message = "access to attribute '\(name)' of '\(value.typeName)' object is unsafe."
        return .undefined(Value.Missing(message, kind: .security))
    }

    private static func attribute(_ name: String, of macro: Value.Macro) -> Value? {
        switch name {
        case "name": macro.definition.name.map { .string($0) } ?? Value.none
        case "arguments": .tuple(macro.definition.parameters.map { .string($0.name) })
        case "catch_kwargs": .bool(macro.definition.takesNamed)
        case "catch_varargs": .bool(macro.definition.takesPositional)
        case "caller": .bool(macro.definition.takesCaller)
        default: nil
        }
    }

    private static func number(_ name: String, _ value: Value, isFloat: Bool) -> Value? {
        switch name {
        case "real": isFloat ? value : .integer(value.wholeNumber ?? 0)
        case "imag": isFloat ? .float(0) : .integer(0)
        case "numerator": isFloat ? nil : .integer(value.wholeNumber ?? 0)
        case "denominator": isFloat ? nil : .integer(1)
        case "is_integer": isFloat ? .method(value, name) : nil
        case "bit_length": isFloat ? nil : .method(value, name)
        default: nil
        }
    }
}
