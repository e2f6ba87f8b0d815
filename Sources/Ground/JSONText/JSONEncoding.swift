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
        case .string(let text): write(text)
        case .array(let elements):
            array { writer in for element in elements { writer.element(element) } }
        case .object(let members):
            object { writer in for (key, value) in members { writer.member(key, value) } }
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

    public mutating func element(_ value: JSONValue) { element { $0.write(value) } }

    /// An element of an array, which `body` writes.
    public mutating func element(_ body: (inout JSONWriter) -> Void) {
        separate()
        body(&self)
    }

    public mutating func member(_ key: String, _ value: JSONValue) { member(key) { $0.write(value) } }

    /// A member of an object, whose value `body` writes.
    public mutating func member(_ key: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        write(key)
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(UInt8(ascii: " ")) }
        body(&self)
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

    private mutating func append(_ text: String) {
        Self.withBytes(of: text) { bytes.append(contentsOf: $0) }
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        Self.withBytes(of: text) { utf8 in
            var start = 0
            var place = OrdinaryBytes.end(in: utf8, from: 0)
            while place < utf8.count {
                if Self.needsEscape(utf8[place]) {
                    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
                    escape(utf8[place])
                    start = place + 1
                }
                place += 1
                // One that is not ASCII is seldom alone.
                if place < utf8.count, utf8[place] < 0x80 { place = OrdinaryBytes.end(in: utf8, from: place) }
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The bytes where they lie: neither the text nor its bytes are copied, which is most of the work for short ones.
    private static func withBytes(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if text.utf8.withContiguousStorageIfAvailable(body) == nil { Array(text.utf8).withUnsafeBufferPointer(body) }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            let digits = String(byte, radix: 16)
            append("\\u00" + (digits.count == 1 ? "0" : "") + digits)
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }
}
