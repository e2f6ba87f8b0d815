import JSONText

/// Reads a call in Python's syntax, or in Gemma's braces, as far as literals go, and makes JSON of its arguments.
struct LiteralParser {
    private static let depthMax = 64

    private let bytes: [UInt8]
    /// The mark around strings, where it is not a quotation mark.
    private let quote: [UInt8]?
    private var position = 0

    init(_ bytes: ArraySlice<UInt8>, quote: String?) {
        self.bytes = Array(bytes)
        self.quote = quote.map { Array($0.utf8) }
    }

    /// Llama writes `name.call(…)` for its builtin tools.
    static func functionName(_ text: String) -> String {
        text.hasSuffix(".call") ? String(text.dropLast(".call".count)) : text
    }

    /// `name(key=value, …)`; values without a key are the parameters in their order. Gemma's `print(name(…))` is
    /// the call inside.
    mutating func call(tools: OfferedTools) -> (name: String, arguments: JSONValue)? {
        let name = Self.functionName(word())
        guard !name.isEmpty, take("(") else { return nil }
        if name == "print", !tools.contains(name) {
            guard let inner = call(tools: tools), take(")") else { return nil }
            return inner
        }
        var arguments = JSONObject()
        var names = tools.parameterNames(of: name)[...]
        while !take(")") {
            if !arguments.isEmpty, !take(",") { return nil }
            if take(")") { break }
            let start = position
            var key = word()
            if key.isEmpty || !take("=") {
                position = start
                guard let next = names.first else { return nil }
                key = next
            }
            names = names.filter { $0 != key }[...]
            guard let value = value(depth: 0) else { return nil }
            arguments[key] = value
        }
        return (name, .object(arguments))
    }

    /// `call:name{key:value, …}`.
    mutating func bracedCall() -> (name: String, arguments: JSONValue)? {
        var name = word()
        if name == "call", take(":") { name = word() }
        guard !name.isEmpty, take("{"), let arguments = members(depth: 0), isAtEnd else { return nil }
        return (name, .object(arguments))
    }

    private var isAtEnd: Bool { bytes[position...].allSatisfy(\.isJSONSpace) }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position].isJSONSpace { position += 1 }
    }

    private mutating func take(_ mark: Character) -> Bool {
        skipSpace()
        guard position < bytes.count, mark.asciiValue == bytes[position] else { return false }
        position += 1
        return true
    }

    private mutating func word() -> String {
        skipSpace()
        let word = bytes[position...].prefix { Character(Unicode.Scalar($0)).isFunctionName }
        position = word.endIndex
        return String(decoding: word, as: UTF8.self)
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth < Self.depthMax else { return nil }
        skipSpace()
        if let quote, bytes[position...].starts(with: quote) { return marked(quote) }
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return string()
        case UInt8(ascii: "{"):
            position += 1
            return members(depth: depth + 1).map { .object($0) }
        case UInt8(ascii: "["):
            position += 1
            return elements(until: "]", depth: depth + 1)
        case UInt8(ascii: "("):
            position += 1
            return elements(until: ")", depth: depth + 1)
        default: return plain()
        }
    }

    private mutating func elements(until end: Character, depth: Int) -> JSONValue? {
        var elements: [JSONValue] = []
        while !take(end) {
            if !elements.isEmpty, !take(",") { return nil }
            if take(end) { break }
            guard let element = value(depth: depth) else { return nil }
            elements.append(element)
        }
        return .array(elements)
    }

    private mutating func members(depth: Int) -> JSONObject? {
        var members = JSONObject()
        while !take("}") {
            if !members.isEmpty, !take(",") { return nil }
            if take("}") { break }
            skipSpace()
            var key = word()
            if key.isEmpty {
                guard case .string(let text) = value(depth: depth) else { return nil }
                key = text
            }
            guard take(":"), let value = value(depth: depth) else { return nil }
            members[key] = value
        }
        return members
    }

    /// A number or a constant.
    private mutating func plain() -> JSONValue? {
        let text = bytes[position...].prefix { byte in
            Character(Unicode.Scalar(byte)).isFunctionName || byte == UInt8(ascii: "+")
        }
        position = text.endIndex
        switch String(decoding: text, as: UTF8.self) {
        case "True", "true": return .bool(true)
        case "False", "false": return .bool(false)
        case "None", "null": return .null
        default:
            switch readJSON(text) {
            case .integer(let number): return .integer(number)
            case .number(let number): return .number(number)
            default: return nil
            }
        }
    }

    private mutating func marked(_ mark: [UInt8]) -> JSONValue? {
        let start = position + mark.count
        var end = start
        while end + mark.count <= bytes.count, !bytes[end...].starts(with: mark) { end += 1 }
        guard end + mark.count <= bytes.count else { return nil }
        position = end + mark.count
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private mutating func string() -> JSONValue? {
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == quote { return .string(String(decoding: text, as: UTF8.self)) }
            guard byte == UInt8(ascii: "\\"), position < bytes.count else {
                text.append(byte)
                continue
            }
            let escaped = bytes[position]
            position += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): text.append(escaped)
            default: text += [byte, escaped]
            }
        }
        return nil
    }
}
