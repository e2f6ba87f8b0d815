/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String
    /// Offset in bytes from the start of the text.
    public let offset: Int
    /// Line and column count from 1; the column counts bytes.
    public let line: Int
    public let column: Int

    public var description: String { "\(reason) at line \(line), column \(column)" }
}

extension JSONValue {
    /// The depth of nesting that is read when nothing else is said. Deeper texts are refused, so that a hostile one
    /// cannot exhaust the stack.
    public static let depthMax = 128

    /// Reads one JSON text (RFC 8259), strictly: no comments, no trailing commas, valid UTF-8, no lone surrogates.
    ///
    /// A member that is named twice keeps its last value.
    public static func parse(_ text: some Sequence<UInt8>, depthMax: Int = depthMax) throws(JSONSyntaxError)
        -> JSONValue
    {
        var parser = JSONParser(bytes: Array(text), depthMax: depthMax)
        return try parser.document()
    }

    /// Reads one JSON text from a string. The same rules.
    public static func parse(_ text: String, depthMax: Int = depthMax) throws(JSONSyntaxError) -> JSONValue {
        try parse(text.utf8, depthMax: depthMax)
    }
}

/// A recursive-descent reader over bytes.
struct JSONParser {
    let bytes: [UInt8]
    let depthMax: Int
    var offset = 0
    /// The object whose members stay apart, by the keys that lead to it, and those that lead to where the reader is.
    private let watchedPath: [String]?
    private var path: [String] = []
    /// The members of that object, once it was met.
    private(set) var members: [(key: String, value: JSONValue)]?

    init(bytes: [UInt8], depthMax: Int, watching watchedPath: [String]? = nil) {
        self.bytes = bytes
        self.depthMax = depthMax
        self.watchedPath = watchedPath
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw error("unexpected text after the value") }
        return result
    }

    var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        guard let first = peek else { throw error("unexpected end of the text, a value was expected") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("unexpected character, a value was expected")
        }
    }

    mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard bytes[offset...].starts(withWord: word) else { throw error("unexpected word, did you mean \(word)?") }
        offset += word.utf8CodeUnitCount
        return value
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
        guard depth < depthMax else { throw error("nested deeper than \(depthMax) levels") }
        offset += 1
        var members = JSONObject()
        let isWatched = watchedPath.map { $0.count == depth && $0 == path } ?? false
        if isWatched { self.members = [] }
        skipSpace()
        if peek == UInt8(ascii: "}") {
            offset += 1
            return members
        }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("a member's name in double quotes was expected") }
            let key = try string()
            skipSpace()
            guard peek == UInt8(ascii: ":") else { throw error("':' was expected after a member's name") }
            offset += 1
            if watchedPath != nil { path.append(key) }
            let member = try value(depth: depth + 1)
            if watchedPath != nil { path.removeLast() }
            if isWatched { self.members?.append((key, member)) } else { members[key] = member }
            skipSpace()
            switch peek {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return members
            default: throw error("',' or '}' was expected in an object")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        guard depth < depthMax else { throw error("nested deeper than \(depthMax) levels") }
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if peek == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch peek {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                return elements
            default: throw error("',' or ']' was expected in an array")
            }
        }
    }

    mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = offset
        var isWhole = true
        if peek == UInt8(ascii: "-") { offset += 1 }
        let leading = peek
        guard digits() > 0 else { throw error("a digit was expected") }
        if leading == UInt8(ascii: "0"),
            bytes[offset - 1] != leading || offset - start > (bytes[start] == leading ? 1 : 2)
        {
            throw error("a number must not start with 0")
        }
        if peek == UInt8(ascii: ".") {
            isWhole = false
            offset += 1
            guard digits() > 0 else { throw error("a digit was expected after the decimal point") }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isWhole = false
            offset += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { offset += 1 }
            guard digits() > 0 else { throw error("a digit was expected in the exponent") }
        }
        if isWhole, let whole = whole(bytes.span.extracting(start..<offset)) { return .integer(whole) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw error("the number is out of range") }
        return .number(value)
    }

    /// The number that digits with or without a sign stand for; `nil` when it does not fit.
    private func whole(_ digits: Span<UInt8>) -> Int64? {
        let isNegative = digits[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        for place in (isNegative ? 1 : 0)..<digits.count {
            let digit = Int64(digits[place] - UInt8(ascii: "0"))
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
            guard !isTooLarge, !isBeyond else { return nil }
            value = sum
        }
        return value
    }

    /// Skips digits and tells how many there were.
    private mutating func digits() -> Int {
        let start = offset
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        return offset - start
    }

    /// Reads over a string that is written without escapes and in ASCII, as names and most texts are.
    ///
    /// - Returns: its place between the quotes; `nil` for every other one, and nothing was read then.
    mutating func plainString() -> Range<Int>? {
        guard peek == UInt8(ascii: "\""), let end = plainEnd(from: offset + 1) else { return nil }
        defer { offset = end + 1 }
        return (offset + 1)..<end
    }

    /// Where the quotes end that begin before `start`; `nil` when anything but plain ASCII stands between them.
    private func plainEnd(from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var place = start
            while true {
                place = OrdinaryBytes.end(in: bytes, from: place)
                guard place < bytes.count else { return nil }
                if bytes[place] == UInt8(ascii: "\"") { return place }
                // The one byte of ASCII that JSON takes as it is and terminals do not.
                guard bytes[place] == 0x7F else { return nil }
                place += 1
            }
        }
    }

    mutating func string() throws(JSONSyntaxError) -> String {
        if let place = plainString() { return String(decoding: bytes[place], as: UTF8.self) }
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try text(of: bytes.span.extracting(start..<offset))
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(prefix: start)
            case 0..<0x20:
                throw error("a control character inside a string must be escaped")
            default:
                offset += 1
            }
        }
        throw error("the string does not end")
    }

    /// Goes on reading a string whose first escape stands at `offset`.
    private mutating func escapedString(prefix start: Int) throws(JSONSyntaxError) -> String {
        var buffer = Array(bytes[start..<offset])
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(of: buffer.span)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                try escape(into: &buffer)
            case 0..<0x20:
                throw error("a control character inside a string must be escaped")
            default:
                buffer.append(byte)
                offset += 1
            }
        }
        throw error("the string does not end")
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONSyntaxError) {
        guard let kind = peek else { throw error("the string does not end") }
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(kind)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try fourHexDigits())
            if (0xD800..<0xDC00).contains(code) {
                guard bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                    throw error("a high surrogate without a low one")
                }
                offset += 2
                let low = UInt32(try fourHexDigits())
                guard (0xDC00..<0xE000).contains(low) else { throw error("a high surrogate without a low one") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("a low surrogate without a high one") }
            buffer.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default:
            throw error("unknown escape in a string")
        }
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits were expected after \\u")
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private func text(of part: Span<UInt8>) throws(JSONSyntaxError) -> String {
        do {
            return String(copying: try UTF8Span(validating: part))
        } catch {
            throw self.error("the string is not valid UTF-8")
        }
    }

    func error(_ reason: String) -> JSONSyntaxError {
        var line = 1
        var column = 1
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return JSONSyntaxError(reason: reason, offset: offset, line: line, column: column)
    }
}
