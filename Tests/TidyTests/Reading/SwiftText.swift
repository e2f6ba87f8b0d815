/// Swift source whose comments and string literals are blanked out, byte for byte, so that what is left is code at its
/// old place. The code inside an interpolation stays.
///
/// Knows line comments, nested block comments, strings of one and of several lines, raw strings and interpolations. It
/// does not know regular expression literals.
struct SwiftText {
    /// As many bytes as the source, with the same line ends.
    private(set) var code: [UInt8]
    /// Whether the text ended where code may end, and not inside a comment, a literal or an interpolation.
    private(set) var isComplete = true

    private let source: [UInt8]
    private var offset = 0

    init(_ text: String) {
        source = Array(text.utf8)
        code = source
        readCode(until: nil)
    }

    /// Reads code to the end of the text, or to the parenthesis that closes an interpolation.
    private mutating func readCode(until closing: UInt8?) {
        var depth = 0
        while offset < source.count {
            let byte = source[offset]
            if byte == UInt8(ascii: "/"), next == UInt8(ascii: "/") {
                while offset < source.count, source[offset] != Self.newline { blank() }
            } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                readBlockComment()
            } else if let pounds = poundsBeforeQuote() {
                readString(pounds: pounds)
            } else if closing != nil, byte == UInt8(ascii: ")"), depth == 0 {
                return
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                offset += 1
            }
        }
        if closing != nil { isComplete = false }
    }

    private mutating func readBlockComment() {
        var depth = 0
        while offset < source.count {
            if source[offset] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                depth += 1
                blank(2)
            } else if source[offset] == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                depth -= 1
                blank(2)
                if depth == 0 { return }
            } else {
                blank()
            }
        }
        isComplete = false
    }

    /// How many `#` stand before the quote of a string that begins here; `nil` when none begins.
    private func poundsBeforeQuote() -> Int? {
        var position = offset
        while position < source.count, source[position] == UInt8(ascii: "#") { position += 1 }
        guard position < source.count, source[position] == Self.quote else { return nil }
        return position - offset
    }

    private mutating func readString(pounds: Int) {
        blank(pounds)
        let isLong = stands(Self.quote, times: 3, at: offset)
        let quotes = isLong ? 3 : 1
        blank(quotes)
        while offset < source.count {
            let byte = source[offset]
            if byte == Self.backslash, stands(Self.pound, times: pounds, at: offset + 1) {
                blank(1 + pounds)
                if offset < source.count, source[offset] == UInt8(ascii: "(") {
                    blank()
                    readCode(until: UInt8(ascii: ")"))
                }
                blank()
            } else if stands(Self.quote, times: quotes, at: offset),
                stands(Self.pound, times: pounds, at: offset + quotes)
            {
                return blank(quotes + pounds)
            } else if byte == Self.newline, !isLong {
                break
            } else {
                blank()
            }
        }
        isComplete = false
    }

    private var next: UInt8? { offset + 1 < source.count ? source[offset + 1] : nil }

    private func stands(_ byte: UInt8, times: Int, at start: Int) -> Bool {
        start + times <= source.count && source[start..<start + times].allSatisfy { $0 == byte }
    }

    /// Leaves line ends as they are.
    private mutating func blank(_ count: Int = 1) {
        for position in offset..<min(offset + count, source.count) where source[position] != Self.newline {
            code[position] = UInt8(ascii: " ")
        }
        offset = min(offset + count, source.count)
    }

    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let pound = UInt8(ascii: "#")
}
