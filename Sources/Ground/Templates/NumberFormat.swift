/// How a number or text is laid out: the part that `%`-formatting and format specifications share.
struct NumberFormat {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^` or `=`.
    var align: Unicode.Scalar?
    /// `+`, `-` or a space.
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?

    /// No layout is wider or finer than this.
    static let sizeMax = 10_000

    func padded(_ text: String, prefix: String = "", defaultAlign: Unicode.Scalar) -> String {
        let missing = width - text.length - prefix.length
        guard missing > 0 else { return prefix + text }
        func padding(_ count: Int) -> String { String(scalars: repeatElement(fill, count: count)) }
        switch align ?? defaultAlign {
        case "<": return prefix + text + padding(missing)
        case "^": return padding(missing / 2) + prefix + text + padding(missing - missing / 2)
        case "=": return prefix + padding(missing) + text
        default: return padding(missing) + prefix + text
        }
    }

    private func signText(isNegative: Bool) -> String { isNegative ? "-" : sign == "-" ? "" : String(sign) }

    private func grouped(_ digits: String) -> String {
        guard let grouping else { return digits }
        var result = String.UnicodeScalarView()
        let count = digits.unicodeScalars.count
        for (position, digit) in digits.unicodeScalars.enumerated() {
            if position > 0, (count - position) % 3 == 0 { result.append(grouping) }
            result.append(digit)
        }
        return String(result)
    }

    func integer(_ value: Int, type: Unicode.Scalar) -> String {
        let sign = signText(isNegative: value < 0)
        var digits: String
        var prefix = ""
        switch type {
        case "x", "X":
            digits = String(value.magnitude, radix: 16, uppercase: type == "X")
            prefix = type == "X" ? "0X" : "0x"
        case "o": (digits, prefix) = (String(value.magnitude, radix: 8), "0o")
        case "b": (digits, prefix) = (String(value.magnitude, radix: 2), "0b")
        default: digits = grouped(String(value.magnitude))
        }
        if let precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        return padded(digits, prefix: sign + (isAlternate ? prefix : ""), defaultAlign: ">")
    }

    func float(_ value: Double, type: Unicode.Scalar) -> String {
        let sign = signText(isNegative: value.sign == .minus && !value.isNaN)
        var text = body(value.magnitude, type: type)
        if grouping != nil {
            let whole = text.prefix { $0.isNumber }
            text = grouped(String(whole)) + text.dropFirst(whole.count)
        }
        if type == "F" || type == "E" || type == "G" { text = text.uppercased() }
        return padded(text, prefix: sign, defaultAlign: ">")
    }

    private func body(_ value: Double, type: Unicode.Scalar) -> String {
        guard value.isFinite else { return (value.isNaN ? "nan" : "inf") + (type == "%" ? "%" : "") }
        let places = precision ?? 6
        switch type {
        case "f", "F": return Decimal.fixed(value, places: places)
        case "%": return Decimal.fixed(value * 100, places: places) + "%"
        case "e", "E":
            let (digits, exponent) = Decimal.rounded(value, significant: places + 1)
            return Decimal.scientific(digits, exponent)
        default: return general(value, significant: max(1, places))
        }
    }

    private func general(_ value: Double, significant: Int) -> String {
        var (digits, exponent) = Decimal.rounded(value, significant: significant)
        let isScientific = exponent < -4 || exponent >= significant
        if !isAlternate {
            while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        }
        if isScientific { return Decimal.scientific(digits, exponent) }
        return Decimal.positional(digits, exponent, keepsPoint: false)
    }
}
