/// Floating-point numbers as decimal text, exactly as Python writes them.
enum Decimal {
    /// The shortest digits that read back as `value`, and the power of ten of the first of them.
    static func digits(_ value: Double) -> (digits: String, exponent: Int) {
        var mantissa = ""
        var exponent = 0
        var pointAt: Int?
        let text = value.magnitude.description
        let parts = text.split(separator: "e", maxSplits: 1)
        for character in parts[0] {
            if character == "." { pointAt = mantissa.count } else { mantissa.append(character) }
        }
        if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
        exponent += (pointAt ?? mantissa.count) - 1
        let significant = mantissa.drop { $0 == "0" }
        exponent -= mantissa.count - significant.count
        let trimmed = String(significant.reversed().drop { $0 == "0" }.reversed())
        return trimmed.isEmpty ? ("0", 0) : (trimmed, exponent)
    }

    /// Python's `repr` of a float: `1.0`, `1e-05`, `inf`.
    static func shortest(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let (digits, exponent) = digits(value)
        let sign = value.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 16 { return sign + scientific(digits, exponent) }
        return sign + positional(digits, exponent, keepsPoint: true)
    }

    static func scientific(_ digits: String, _ exponent: Int) -> String {
        let fraction = digits.dropFirst()
        let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + (exponent < 0 ? "-" : "+") + power
    }

    static func positional(_ digits: String, _ exponent: Int, keepsPoint: Bool) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return digits + String(repeating: "0", count: exponent + 1 - digits.count) + (keepsPoint ? ".0" : "")
        }
        return digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// `value` with exactly `places` digits after the point, half to even on the exact binary value, as `%.*f` does.
    static func fixed(_ value: Double, places: Int) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        let (whole, fraction) = exact(value.magnitude)
        var digits = whole + fraction.prefix(places)
        if fraction.count > places {
            let rest = fraction[places...]
            let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
            let roundsUp = isHalf ? (digits.last ?? 0) % 2 == 1 : (rest.first ?? 0) >= 5
            if roundsUp { increment(&digits) }
        } else {
            digits += [UInt8](repeating: 0, count: places - fraction.count)
        }
        let text = String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
        let point = text.count - places
        return sign + text.prefix(point) + (places > 0 ? "." + text.dropFirst(point) : "")
    }

    private static func increment(_ digits: inout [UInt8]) {
        var index = digits.count - 1
        while index >= 0, digits[index] == 9 {
            digits[index] = 0
            index -= 1
        }
        if index >= 0 { digits[index] += 1 } else { digits.insert(1, at: 0) }
    }

    /// The exact decimal digits of a finite value, before and after the point.
    private static func exact(_ value: Double) -> (whole: [UInt8], fraction: [UInt8]) {
        guard value > 0 else { return ([0], []) }
        var exponent = Int(value.exponent) - 52
        var significand = UInt64(value.significand * 0x1p52)
        while exponent < 0, significand % 2 == 0 {
            significand /= 2
            exponent += 1
        }
        // significand × 2^exponent; a negative power of two is 5^n / 10^n.
        var digits = String(significand).utf8.reversed().map { $0 - 0x30 }
        multiply(&digits, by: exponent < 0 ? 5 : 2, times: Int(exponent.magnitude))
        let places = exponent < 0 ? -exponent : 0
        if digits.count <= places { digits += [UInt8](repeating: 0, count: places - digits.count + 1) }
        let ordered = Array(digits.reversed())
        return (Array(ordered[..<(ordered.count - places)]), Array(ordered[(ordered.count - places)...]))
    }

    /// Multiplies little-endian decimal digits.
    private static func multiply(_ digits: inout [UInt8], by factor: UInt8, times: Int) {
        for _ in 0..<times {
            var carry: UInt8 = 0
            for index in digits.indices {
                let product = digits[index] * factor + carry
                digits[index] = product % 10
                carry = product / 10
            }
            if carry > 0 { digits.append(carry) }
        }
    }

    /// `value` with `count` significant digits, as its digits and the power of ten of the first.
    static func rounded(_ value: Double, significant count: Int) -> (digits: String, exponent: Int) {
        guard value != 0 else { return (String(repeating: "0", count: count), 0) }
        let (whole, fraction) = exact(value.magnitude)
        let all = whole + fraction
        let first = all.firstIndex { $0 != 0 } ?? 0
        var exponent = whole.count - 1 - first
        var digits = Array(all[first...].prefix(count))
        let rest = all[first...].dropFirst(count)
        if let next = rest.first {
            let isHalf = next == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
            if isHalf ? (digits.last ?? 0) % 2 == 1 : next >= 5 {
                let before = digits.count
                increment(&digits)
                if digits.count > before {
                    digits.removeLast()
                    exponent += 1
                }
            }
        }
        digits += [UInt8](repeating: 0, count: max(0, count - digits.count))
        return (String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self), exponent)
    }
}
