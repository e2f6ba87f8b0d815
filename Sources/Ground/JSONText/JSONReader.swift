/// Reads a JSON text piece by piece, for who wants a few members of it and no tree of the rest. What it reads and what it
/// refuses is the same as for `JSONValue.parse`.
///
/// ```swift
/// var reader = JSONReader(text)
/// try reader.members { reader, key in
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

    /// Goes through the members of the object that comes next.
    ///
    /// - Parameter body: reads the value of the member that it is told; with exactly one call.
    /// - Throws: `JSONSyntaxError` with the place of what is wrong; what `body` throws.
    public mutating func members(
        _ body: (inout JSONReader, _ key: JSONKey) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        try list(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { (reader) throws(JSONSyntaxError) in
            reader.parser.skipSpace()
            guard reader.parser.peek == UInt8(ascii: "\"") else {
                throw reader.parser.error("a member's name in double quotes was expected")
            }
            let key = try reader.parser.key()
            reader.parser.skipSpace()
            guard reader.parser.peek == UInt8(ascii: ":") else {
                throw reader.parser.error("':' was expected after a member's name")
            }
            reader.parser.offset += 1
            try body(&reader, key)
        }
    }

    /// Goes through the elements of the array that comes next, each of which `body` reads with exactly one call.
    ///
    /// - Throws: `JSONSyntaxError` with the place of what is wrong; what `body` throws.
    public mutating func elements(
        _ body: (inout JSONReader) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        try list(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
    }

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

    private mutating func list(
        open: UInt8, close: UInt8, _ body: (inout JSONReader) throws(JSONSyntaxError) -> Void
    ) throws(JSONSyntaxError) {
        parser.skipSpace()
        guard parser.peek == open else {
            throw parser.error("'\(Character(Unicode.Scalar(open)))' was expected")
        }
        guard depth < parser.depthMax else { throw parser.error("nested deeper than \(parser.depthMax) levels") }
        parser.offset += 1
        parser.skipSpace()
        if parser.peek == close {
            parser.offset += 1
            return
        }
        depth += 1
        while true {
            try body(&self)
            parser.skipSpace()
            switch parser.peek {
            case UInt8(ascii: ","): parser.offset += 1
            case close:
                parser.offset += 1
                depth -= 1
                return
            default: throw parser.error("',' or '\(Character(Unicode.Scalar(close)))' was expected")
            }
        }
    }
}

extension JSONParser {
    fileprivate mutating func key() throws(JSONSyntaxError) -> JSONKey {
        if let place = plainString() { return JSONKey(bytes: bytes[place]) }
        return JSONKey(bytes: Array(try string().utf8)[...])
    }
}
