/// A place in a text that is read from the left, byte by byte, and knows its line and column.
struct TextCursor {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { offset >= bytes.count }
    /// The next byte; 0 at the end.
    var next: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    func peek(_ distance: Int) -> UInt8 { offset + distance < bytes.count ? bytes[offset + distance] : 0 }

    func starts(with text: StaticString) -> Bool {
        (0..<text.utf8CodeUnitCount).allSatisfy { peek($0) == text.withUTF8Buffer { $0 }[$0] }
    }

    mutating func skip(_ count: Int = 1) { offset = min(bytes.count, offset + count) }

    mutating func take(_ byte: UInt8) -> Bool {
        guard !isAtEnd, next == byte else { return false }
        offset += 1
        return true
    }

    /// The next character. The text was a `String`, so its UTF-8 is whole.
    mutating func takeScalar() -> UInt32? {
        guard !isAtEnd else { return nil }
        let lead = next
        let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = length == 1 ? UInt32(lead) : UInt32(lead) & (0x7F >> UInt32(length))
        for distance in 1..<length { value = value << 6 | UInt32(peek(distance) & 0x3F) }
        skip(length)
        return value
    }

    /// As many hexadecimal digits as asked for, or `nil` with nothing taken.
    mutating func takeHexadecimal(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for distance in 0..<count {
            guard let digit = Self.hexadecimal(peek(distance)) else { return nil }
            value = value << 4 | digit
        }
        skip(count)
        return value
    }

    /// A decimal number; larger than `Int32.max` reads as that.
    mutating func takeDecimal() -> Int? {
        guard Self.isDigit(next) else { return nil }
        var value = 0
        while Self.isDigit(next) {
            value = min(value * 10 + Int(next - 0x30), Int(Int32.max))
            skip()
        }
        return value
    }

    func place(at offset: Int? = nil) -> String {
        let before = bytes[..<min(offset ?? self.offset, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        return "line \(line), column \(column)"
    }

    func error(
        _ message: String, kind: GrammarError.Kind = .syntax, at offset: Int? = nil
    ) -> GrammarError {
        GrammarError(kind, message, place: place(at: offset))
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
