import JSONText

/// Collects the bytes of one line; text from outside goes through `quoted` or `plain` only.
struct SafeText {
    private(set) var bytes: [UInt8] = []

    /// Most lines are no longer, and one that grows from nothing is moved several times.
    private static let firstCapacity = 512

    init() { bytes.reserveCapacity(Self.firstCapacity) }

    /// Text of our own making.
    mutating func append(_ text: String) { bytes.append(text: text) }

    mutating func append(literal: StaticString) { bytes.append(literal: literal) }

    mutating func append(_ number: Int64) { bytes.append(decimal: number) }

    /// A number as JSON has it. Times, which stand in most lines, have three decimals at most; they are written without making
    /// a text of them first.
    mutating func append(_ number: Double) {
        guard number > 0, number < 1e12 else {
            append(number.isFinite ? String(number) : "null")
            return
        }
        let thousandths = (number * 1_000).rounded()
        guard thousandths / 1_000 == number else {
            append(String(number))
            return
        }
        let (whole, rest) = Int64(thousandths).quotientAndRemainder(dividingBy: 1_000)
        append(whole)
        bytes.append(UInt8(ascii: "."))
        var (decimals, unit) = (rest, Int64(100))
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(decimals / unit))
            decimals %= unit
            unit /= 10
        } while decimals > 0
    }

    mutating func append(hex bits: UInt64) { bytes.append(hex: bits) }

    /// The name of a further member of an object, up to its value.
    mutating func key(_ name: String) {
        if bytes.append(ordinary: name, isSeparated: true, isKey: true) { return }
        bytes.append(UInt8(ascii: ","))
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        quoted(value)
    }

    /// A JSON string.
    mutating func quoted(_ text: String) {
        if text.utf8.count <= LogRecord.textBytesMax, bytes.append(ordinary: text) { return }
        bytes.append(UInt8(ascii: "\""))
        escape(text, quotes: true)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Text without quotes; what could steer a terminal or end the line is escaped as in JSON.
    mutating func plain(_ text: String) { escape(text, quotes: false) }

    private mutating func escape(_ text: String, quotes: Bool) {
        if text.utf8.count <= LogRecord.textBytesMax {
            let isWritten = text.utf8.withContiguousStorageIfAvailable { utf8 in
                guard OrdinaryBytes.end(in: utf8, from: 0) == utf8.count else { return false }
                bytes.append(contentsOf: utf8)
                return true
            }
            if isWritten == true { return }
        }
        let end = bytes.count + LogRecord.textBytesMax
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                append("…")
                return
            }
            switch scalar {
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\"" where quotes: append("\\\"")
            case "\\" where quotes: append("\\\\")
            case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            default: isHarmless(scalar) ? append(String(Character(scalar))) : escapeUnits(of: scalar)
            }
        }
    }

    /// Control characters (C1 too), invisible ones that reorder text, and separators of lines are not harmless.
    private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        default: true
        }
    }

    private mutating func escapeUnits(of scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
            let digits = String(unit, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }
}
