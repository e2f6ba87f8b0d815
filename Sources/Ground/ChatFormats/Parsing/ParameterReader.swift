import JSONText

/// Reads `key>value</parameter><parameter=key>…</function>` and makes a JSON object of it, parameter by parameter.
///
/// The form has no types: a parameter whose schema allows a string is one, unless the schema allows more and the value
/// is JSON of such a type. Source: Qwen3-Coder's chat template and tool parser.
struct ParameterReader: Sendable {
    private enum State: Sendable { case key, value, between }

    private static let keyBytesMax = 256
    private static let next = Array("<parameter=".utf8)
    private static let valueEnd = Array("</parameter>".utf8)
    /// The second is what models write who forget the first.
    private static let ends = [Array("</function>".utf8), Array("</tool_call>".utf8)]

    private let function: String
    private let tools: OfferedTools
    private var state = State.key
    private var buffer: [UInt8] = []
    private var key = ""
    private var isFirst = true

    init(function: String, tools: OfferedTools) {
        self.function = function
        self.tools = tools
    }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        if case .between = state, buffer.isEmpty, byte.isJSONSpace { return .more }
        buffer.append(byte)
        switch state {
        case .key:
            guard buffer.count <= Self.keyBytesMax, byte != 0x0A else { return .failed(.malformed) }
            guard byte == UInt8(ascii: ">") else { return .more }
            key = String(decoding: buffer.dropLast(), as: UTF8.self)
            buffer = []
            state = .value
        case .value:
            guard byte == UInt8(ascii: ">"), buffer.suffix(Self.valueEnd.count).elementsEqual(Self.valueEnd) else {
                return .more
            }
            if isInJSONString(buffer.dropLast(Self.valueEnd.count)) { return .more }
            let value = json(buffer.dropLast(Self.valueEnd.count))
            events.append(.arguments(Array(((isFirst ? "{" : ", ") + JSONValue.string(key).text + ": " + value).utf8)))
            isFirst = false
            buffer = []
            state = .between
        case .between:
            if buffer == Self.next {
                buffer = []
                state = .key
            } else if Self.ends.contains(buffer) {
                events += [.arguments(Array((isFirst ? "{}" : "}").utf8)), .completed]
                return .ended(isByteUsed: true)
            } else if !([Self.next] + Self.ends).contains(where: { $0.starts(with: buffer) }) {
                return .failed(.malformed)
            }
        }
        return .more
    }

    /// Whether the value is a list or an object that ends within a string, where a closing tag is text.
    private func isInJSONString(_ value: ArraySlice<UInt8>) -> Bool {
        let text = value.drop(while: \.isJSONSpace)
        guard text.first == UInt8(ascii: "[") || text.first == UInt8(ascii: "{") else { return false }
        guard !Self.types(tools.schema(of: key, in: function)).contains("string") else { return false }
        var scanner = JSONScanner()
        return text.allSatisfy { scanner.feed($0) == .more } && scanner.isInString
    }

    /// The value as JSON text. One line break at each end belongs to the form.
    private func json(_ bytes: ArraySlice<UInt8>) -> String {
        var value = bytes
        if value.first == 0x0A { value = value.dropFirst() }
        if value.last == 0x0A { value = value.dropLast() }
        let text = String(decoding: value, as: UTF8.self)
        let schema = tools.schema(of: key, in: function)
        let types = Self.types(schema)
        if types == ["string"] { return JSONValue.string(text).text }
        let trimmed = String(text[...].trimmed)
        switch readJSON(trimmed.utf8) {
        case .string where types.isEmpty || types.contains("string"): return JSONValue.string(text).text
        case .some where !types.isEmpty || schema == nil: return trimmed
        case .some, .none: break
        }
        switch trimmed {
        case "True": return "true"
        case "False": return "false"
        case "None": return "null"
        default: return JSONValue.string(text).text
        }
    }

    /// The types that a schema names; without any, strings are the likeliest.
    static func types(_ schema: JSONValue?) -> [String] {
        switch schema?["type"] {
        case .string(let type): return [type]
        case .array(let types): return types.compactMap(\.string)
        default: break
        }
        if schema?["enum"]?.array?.allSatisfy({ $0.string != nil }) == true { return ["string"] }
        let parts = schema?["anyOf"]?.array ?? schema?["oneOf"]?.array ?? []
        return parts.flatMap { types($0) }
    }
}
