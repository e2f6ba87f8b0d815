import JSONText

/// What a plain scalar means in the core schema of YAML 1.2.
///
/// Source: YAML 1.2.2, section 10.3.2. Differs from it in: `.inf` and `.nan` stay strings, because no setting takes
/// them and JSON cannot express them. `yes`, `no`, `on` and `off` are strings, as the schema says.
enum YAMLScalars {
    static func resolve(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, isNumberStart(first) else { return .string(text) }
        if let whole = integer(text) { return .integer(whole) }
        if isFloat(text), let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }

    private static func isNumberStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// `[-+]? [0-9]+`, `0o [0-7]+` or `0x [0-9a-fA-F]+`, when it fits 64 bits.
    private static func integer(_ text: String) -> Int64? {
        for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(2)
            return digits.first.map { $0 == "-" || $0 == "+" } == false ? Int64(digits, radix: radix) : nil
        }
        return Int64(text)
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isFloat(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func skipSign() { if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() } }
        func skipDigits() -> Int {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest.removeFirst(digits.count)
            return digits.count
        }
        skipSign()
        let whole = skipDigits()
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = skipDigits()
        }
        guard whole + fraction > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
