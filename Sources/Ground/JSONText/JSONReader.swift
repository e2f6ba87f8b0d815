/// Reads a JSON text piece by piece, for who wants a few members of it and no tree of the rest. What it reads and what it
/// refuses is the same as for `JSONValue.parse`.
///
/// ```swift
/// var reader = JSONReader(text)
/// try reader.beginObject()
/// while let key = try reader.nextMember() {
///     switch key {
///     case "name": name = try reader.string()
///     default: try reader.skip()
///     }
/// }
/// try reader.end()
/// ```
public struct JSONReader {
    private var parser: JSONParser
    private var depth = 0
    /// Nothing was read yet of the innermost object or array.
    private var isFirst = false

    /// - Parameters:
    ///   - bytes: of the text.
    ///   - depthMax: how deep objects and arrays may be nested.
    public init(_ bytes: [UInt8], depthMax: Int = JSONValue.depthMax) {
        parser = JSONParser(bytes: bytes, depthMax: depthMax)
    }

    /// What kind of value comes next, without reading it.
    public enum Kind: Sendable { case null, bool, number, string, array, object }

    /// - Throws: `JSONSyntaxError` where no value begins.
    public mutating func kind() throws(JSONSyntaxError) -> Kind {
        parser.skipSpace()
        guard let first = parser.peek else { throw parser.error("unexpected end of the text, a value was expected") }
        switch first {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw parser.error("a value was expected")
        }
    }

    /// Begins the object that comes next. Its members follow with ``nextMember()``, to the last one.
    ///
    /// - Throws: `JSONSyntaxError` where no object begins, or one too many inside of others.
    public mutating func beginObject() throws(JSONSyntaxError) { try begin(UInt8(ascii: "{")) }

    /// Goes on after some bytes of an object, the last of which is its brace or a comma: for who knows what they say.
    /// Its members follow with ``nextMember()``.
    public mutating func resumeObject(after count: Int) {
        parser.offset = count
        depth = 1
        isFirst = true
    }

    /// The name of the object's next member, whose value is to be read before the next one; `nil` at the object's end.
    ///
    /// - Throws: `JSONSyntaxError` with the place of what is wrong.
    public mutating func nextMember() throws(JSONSyntaxError) -> JSONKey? {
        guard try goesOn(to: UInt8(ascii: "}")) else { return nil }
        parser.skipSpace()
        guard parser.peek == UInt8(ascii: "\"") else {
            throw parser.error("a member's name in double quotes was expected")
        }
        let key = try parser.key()
        parser.skipSpace()
        guard parser.peek == UInt8(ascii: ":") else { throw parser.error("':' was expected after a member's name") }
        parser.offset += 1
        return key
    }

    /// Begins the array that comes next. Its elements follow with ``nextElement()``, to the last one.
    ///
    /// - Throws: `JSONSyntaxError` where no array begins, or one too many inside of others.
    public mutating func beginArray() throws(JSONSyntaxError) { try begin(UInt8(ascii: "[")) }

    /// Whether the array has another element, which is to be read before the next one is asked for.
    ///
    /// - Throws: `JSONSyntaxError` with the place of what is wrong.
    public mutating func nextElement() throws(JSONSyntaxError) -> Bool { try goesOn(to: UInt8(ascii: "]")) }

    /// The string that comes next.
    ///
    /// - Throws: `JSONSyntaxError` when it is none.
    public mutating func string() throws(JSONSyntaxError) -> String {
        parser.skipSpace()
        guard parser.peek == UInt8(ascii: "\"") else { throw parser.error("a string was expected") }
        return try parser.string()
    }

    /// The same, with the place of its bytes between the quotes where it is written without escapes.
    ///
    /// - Throws: `JSONSyntaxError` when it is none.
    public mutating func placedString() throws(JSONSyntaxError) -> (text: String, place: Range<Int>?) {
        parser.skipSpace()
        let start = parser.offset + 1
        let text = try string()
        // What an escape stands for is shorter than the escape.
        let place = start..<(parser.offset - 1)
        return (text, place.count == text.utf8.count ? place : nil)
    }

    /// The value that comes next, whatever it is.
    ///
    /// - Throws: `JSONSyntaxError` with the place of what is wrong.
    public mutating func value() throws(JSONSyntaxError) -> JSONValue { try parser.value(depth: depth) }

    /// Reads over the value that comes next. It has to be well-formed all the same.
    ///
    /// - Throws: `JSONSyntaxError` with the place of what is wrong.
    public mutating func skip() throws(JSONSyntaxError) {
        parser.skipSpace()
        if parser.plainString() != nil { return }
        _ = try parser.value(depth: depth)
    }

    /// - Throws: `JSONSyntaxError` when anything but white space is left.
    public mutating func end() throws(JSONSyntaxError) {
        parser.skipSpace()
        guard parser.offset == parser.bytes.count else { throw parser.error("unexpected text after the value") }
    }

    private mutating func begin(_ open: UInt8) throws(JSONSyntaxError) {
        parser.skipSpace()
        guard parser.peek == open else {
            throw parser.error("'\(Character(Unicode.Scalar(open)))' was expected")
        }
        guard depth < parser.depthMax else { throw parser.error("nested deeper than \(parser.depthMax) levels") }
        parser.offset += 1
        depth += 1
        isFirst = true
    }

    /// Whether another part comes before `close`, which is read.
    private mutating func goesOn(to close: UInt8) throws(JSONSyntaxError) -> Bool {
        parser.skipSpace()
        let next = parser.peek
        if next == close {
            parser.offset += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard next == UInt8(ascii: ",") else {
            throw parser.error("',' or '\(Character(Unicode.Scalar(close)))' was expected")
        }
        parser.offset += 1
        return true
    }
}

extension JSONParser {
    fileprivate mutating func key() throws(JSONSyntaxError) -> JSONKey {
        if let place = plainString() { return JSONKey(bytes: bytes[place]) }
        return JSONKey(bytes: Array(try string().utf8)[...])
    }
}
