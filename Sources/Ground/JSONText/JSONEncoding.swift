extension JSONValue {
    /// The JSON text of this value, compact, on one line.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The same as UTF-8 bytes.
    public var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The JSON text with two-space indentation, for people.
    public var prettyText: String {
        var writer = JSONWriter(indent: 2)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Writes JSON text, from values or piece by piece where making the values first would cost more than the text.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { writer in
///     writer.member("name", .string(name))
///     writer.member("sizes") { $0.array { for size in sizes { $0.element(.integer(size)) } } }
/// }
/// ```
///
/// Numbers that JSON cannot express (NaN, infinity) become `null`.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private let indent: Int?
    private var level = 0
    /// Nothing stands in the innermost array or object yet.
    private var isFirst = true

    /// Most texts are no longer, and one that grows from nothing is moved several times.
    private static let firstCapacity = 512

    public init() { self.init(indent: nil) }

    init(indent: Int?) {
        self.indent = indent
        bytes.reserveCapacity(Self.firstCapacity)
    }

    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let whole): bytes.append(decimal: whole)
        case .number(let number): append(number.isFinite ? String(number) : "null")
        case .string(let text): bytes.append(quoted: text)
        case .array(let elements):
            array { writer in for element in elements { writer.element(element) } }
        case .object(let members):
            object { writer in for (key, value) in members { writer.member(named: key, value) } }
        }
    }

    /// An object, whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        list(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), body)
    }

    /// An array, whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        list(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
    }

    public mutating func element(_ value: JSONValue) {
        separate()
        write(value)
    }

    /// An element of an array, which `body` writes.
    public mutating func element(_ body: (inout JSONWriter) -> Void) {
        separate()
        body(&self)
    }

    /// A member of an object, whose name stands in the program and needs no escapes.
    public mutating func member(_ key: StaticString, _ value: JSONValue) {
        write(key: key)
        write(value)
    }

    /// The same, with a value that `body` writes.
    public mutating func member(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
        write(key: key)
        body(&self)
    }

    /// A member of an object, whatever its name.
    public mutating func member(named key: String, _ value: JSONValue) {
        write(named: key)
        write(value)
    }

    private mutating func write(key: StaticString) {
        guard indent == nil else { return key.withUTF8Buffer { write(named: String(decoding: $0, as: UTF8.self)) } }
        bytes.append(key: key, isSeparated: !isFirst)
        isFirst = false
    }

    private mutating func write(named key: String) {
        if indent == nil, bytes.append(ordinary: key, isSeparated: !isFirst, isKey: true) {
            isFirst = false
            return
        }
        separate()
        bytes.append(quoted: key)
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func list(open: UInt8, close: UInt8, _ body: (inout JSONWriter) -> Void) {
        bytes.append(open)
        level += 1
        isFirst = true
        body(&self)
        level -= 1
        if !isFirst { newline() }
        isFirst = false
        bytes.append(close)
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        newline()
    }

    private mutating func newline() {
        guard let indent else { return }
        append("\n" + String(repeating: " ", count: indent * level))
    }

    private mutating func append(_ text: String) { bytes.append(text: text) }
}
