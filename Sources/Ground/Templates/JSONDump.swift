/// Python's `json.dumps`, with the options that the `tojson` filter of Hugging Face transformers passes on.
struct JSONDump {
    var escapesNonASCII = false
    /// What one level of indentation is; `nil` puts all on one line.
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    private var result = ""

    mutating func dump(_ value: Value) throws(TemplateError) -> String {
        result = ""
        try write(value, level: 0)
        return result
    }

    private mutating func write(_ value: Value, level: Int) throws(TemplateError) {
        switch value {
        case .none: result += "null"
        case .bool(let flag): result += flag ? "true" : "false"
        case .integer(let number): result += String(number)
        case .float(let number): result += Self.number(number)
        case .string(let text), .markup(let text): write(text)
        case .list(let elements), .tuple(let elements), .group(let elements):
            guard !elements.isEmpty else { return result += "[]" }
            result += "["
            for (position, element) in elements.enumerated() {
                separate(isFirst: position == 0, level: level + 1)
                try write(element, level: level + 1)
            }
            newline(level)
            result += "]"
        case .dictionary(let dictionary): try write(dictionary, level: level)
        default: throw TemplateError.type("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func write(_ dictionary: Dictionary, level: Int) throws(TemplateError) {
        guard dictionary.count > 0 else { return result += "{}" }
        var positions = Array(dictionary.keys.indices)
        if sortsKeys {
            positions = try Sorting.sorted(positions) { first, second throws(TemplateError) in
                try dictionary.keys[first].compares(.less, to: dictionary.keys[second])
            }
        }
        result += "{"
        for (place, position) in positions.enumerated() {
            separate(isFirst: place == 0, level: level + 1)
            write(try Self.key(dictionary.keys[position]))
            result += keySeparator
            try write(dictionary.values[position], level: level + 1)
        }
        newline(level)
        result += "}"
    }

    private mutating func separate(isFirst: Bool, level: Int) {
        if !isFirst { result += itemSeparator }
        newline(level)
    }

    private mutating func newline(_ level: Int) {
        guard let indent else { return }
        result += "\n" + String(repeating: indent, count: level)
    }

    private static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return Decimal.shortest(number)
    }

    private static func key(_ key: Value) throws(TemplateError) -> String {
        switch key {
        case .string(let text), .markup(let text): text
        case .none: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let value): String(value)
        case .float(let value): number(value)
        default: throw TemplateError.type("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private mutating func write(_ text: String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case _ where scalar.value < 0x20 || escapesNonASCII && scalar.value > 0x7E:
                for unit in UTF16.encode(scalar) ?? .init() { escape(unit) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }

    private mutating func escape(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
