/// JSON's words at the end of bytes.
extension [UInt8] {
    /// Appends a whole number in decimal digits. No text is made of it first.
    public mutating func append(decimal number: Int64) {
        // As many as the longest has, with its sign.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var place = digits.count
        var rest = number.magnitude
        // Two at a time: dividing is what takes long.
        while rest >= 100 {
            let pair = UInt8(truncatingIfNeeded: rest % 100)
            rest /= 100
            place -= 2
            digits[place] = UInt8(ascii: "0") + pair / 10
            digits[place + 1] = UInt8(ascii: "0") + pair % 10
        }
        repeat {
            place -= 1
            digits[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 {
            place -= 1
            digits[place] = UInt8(ascii: "-")
        }
        digits.span.extracting(place..<digits.count).withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends a number as 16 lower-case hexadecimal digits.
    public mutating func append(hex bits: UInt64) {
        append(addingCapacity: 16) { end in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: bits >> UInt64(60 - 4 * place)) & 0xF
                end.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
    }

    /// Appends a text as a JSON string.
    public mutating func append(quoted text: String) {
        if append(ordinary: text) { return }
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(escaping: $0) }
        if isDone == nil { Array(text.utf8).withUnsafeBufferPointer { append(escaping: $0) } }
    }

    /// Appends a text as a JSON string where each of its bytes stands for itself, with what stands beside it, in one step: to
    /// make room and to count is most of the work for short ones.
    ///
    /// - Parameters:
    ///   - text: what stands between the quotes.
    ///   - isSeparated: whether a comma goes before it.
    ///   - isKey: whether a colon follows it.
    /// - Returns: `false` where some of it has to be escaped; nothing is appended then.
    public mutating func append(ordinary text: String, isSeparated: Bool = false, isKey: Bool = false) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { utf8 in
            guard OrdinaryBytes.end(in: utf8, from: 0) == utf8.count else { return false }
            append(quoting: utf8, isSeparated: isSeparated, isKey: isKey)
            return true
        } ?? false
    }

    /// Appends the name of a member that stands in the program, with its quotes and its colon, in one step.
    ///
    /// - Parameters:
    ///   - key: of printable ASCII without `"` and `\`.
    ///   - isSeparated: whether a comma goes before it.
    public mutating func append(key: StaticString, isSeparated: Bool) {
        key.withUTF8Buffer { utf8 in
            assert(OrdinaryBytes.end(in: utf8, from: 0) == utf8.count, "names in the program need no escapes")
            append(quoting: utf8, isSeparated: isSeparated, isKey: true)
        }
    }

    /// Bytes that need no escapes, in quotes.
    @inline(__always)
    private mutating func append(quoting utf8: UnsafeBufferPointer<UInt8>, isSeparated: Bool, isKey: Bool) {
        append(addingCapacity: utf8.count + Self.besideCountMax) { end in
            if isSeparated { end.append(UInt8(ascii: ",")) }
            end.append(UInt8(ascii: "\""))
            end.withUnsafeMutableBufferPointer { room, count in
                guard let target = room.baseAddress, let source = utf8.baseAddress else { return }
                (target + count).initialize(from: source, count: utf8.count)
                count += utf8.count
            }
            end.append(UInt8(ascii: "\""))
            if isKey { end.append(UInt8(ascii: ":")) }
        }
    }

    /// A comma, two quotes and a colon.
    private static var besideCountMax: Int { 4 }

    private mutating func append(escaping utf8: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        var start = 0
        var place = OrdinaryBytes.end(in: utf8, from: 0)
        while place < utf8.count {
            if Self.needsEscape(utf8[place]) {
                append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
                append(escape: utf8[place])
                start = place + 1
            }
            place += 1
            // One that is not ASCII is seldom alone.
            if place < utf8.count, utf8[place] < 0x80 { place = OrdinaryBytes.end(in: utf8, from: place) }
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escape byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(literal: "\\\"")
        case UInt8(ascii: "\\"): append(literal: "\\\\")
        case 0x0A: append(literal: "\\n")
        case 0x0D: append(literal: "\\r")
        case 0x09: append(literal: "\\t")
        default:
            let digits = String(byte, radix: 16)
            append(text: "\\u00" + (digits.count == 1 ? "0" : "") + digits)
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }
}
