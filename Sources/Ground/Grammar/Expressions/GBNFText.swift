/// Writes elements as GBNF.
enum GBNFText {
    static func expression(_ element: Element) -> String {
        switch element {
        case .literal(let bytes): "\"\(String(decoding: bytes, as: UTF8.self).unicodeScalars.map(escaped).joined())\""
        case .characters(let set): "[\(set.ranges.map(range).joined())]"
        case .anyByte: "."
        case .sequence(let parts): parts.map(atom).joined(separator: " ")
        case .choice(let parts): parts.map(expression).joined(separator: " | ")
        case .repetition(let part, let min, let max): atom(part) + quantifier(min, max)
        case .rule(let index): "rule-\(index)"
        case .token(let id, let isExcluded): "\(isExcluded ? "!" : "")<[\(id)]>"
        }
    }

    /// With parentheses where something follows or precedes.
    private static func atom(_ element: Element) -> String {
        switch element {
        case .literal, .characters, .anyByte, .rule, .token: expression(element)
        case .sequence, .choice, .repetition: "(\(expression(element)))"
        }
    }

    private static func quantifier(_ min: Int, _ max: Int?) -> String {
        switch (min, max) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        case (_, nil): "{\(min),}"
        case (_, let max?): min == max ? "{\(min)}" : "{\(min),\(max)}"
        }
    }

    private static func range(_ range: ClosedRange<UInt32>) -> String {
        range.lowerBound == range.upperBound
            ? coded(range.lowerBound) : "\(coded(range.lowerBound))-\(coded(range.upperBound))"
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: scalar.value < 0x20 || scalar.value == 0x7F ? coded(scalar.value) : String(scalar)
        }
    }

    /// A letter or digit as it is, anything else by its number, so that nothing in a class means something.
    private static func coded(_ value: UInt32) -> String {
        if RegexClass.word.contains(value), let scalar = Unicode.Scalar(value) { return String(scalar) }
        let digits = String(value, radix: 16, uppercase: true)
        let (letter, width) = value <= 0xFF ? ("x", 2) : value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
    }
}
