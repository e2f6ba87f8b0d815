import JSONText

/// A number as decimal digits, exactly.
struct DecimalNumber: Sendable, Equatable {
    var isNegative = false
    /// The digits before the point without leading zeros; empty below one.
    var whole: [UInt8] = []
    /// The digits after the point without trailing zeros.
    var fraction: [UInt8] = []

    static let zero = DecimalNumber()

    var isZero: Bool { whole.isEmpty && fraction.isEmpty }
    var isWhole: Bool { fraction.isEmpty }
    var magnitude: DecimalNumber { DecimalNumber(whole: whole, fraction: fraction) }

    private init(isNegative: Bool = false, whole: [UInt8], fraction: [UInt8] = []) {
        self.whole = Array(whole.drop { $0 == 0 })
        self.fraction = fraction
        while self.fraction.last == 0 { self.fraction.removeLast() }
        self.isNegative = isNegative && !isZero
    }

    init() {}

    init(_ value: Int64) {
        self.init(isNegative: value < 0, whole: String(value.magnitude).utf8.map { $0 - 48 })
    }

    /// 10 to the power of `exponent`, minus one.
    static func nines(_ exponent: Int) -> DecimalNumber { DecimalNumber(whole: [UInt8](repeating: 9, count: exponent)) }

    /// A bound of a schema.
    ///
    /// A binary number below 2^53 means its shortest decimal form, which is what the author wrote. Above, it means its
    /// exact value. From 2^63 on the text may have been a whole number that was rounded while it was read; such a bound
    /// is moved inwards by one step.
    ///
    /// - Parameters:
    ///   - value: a number.
    ///   - inwards: 1 for a lower bound, -1 for an upper one.
    init?(bound value: JSONValue, inwards: Int) {
        switch value {
        case .integer(let whole): self.init(whole)
        case .number(let number):
            guard number.isFinite else { return nil }
            if number.magnitude < 0x1p53 {
                self.init(shortest: number)
            } else {
                let moved = number.magnitude < 0x1p63 ? number : inwards > 0 ? number.nextUp : number.nextDown
                self.init(exact: moved)
            }
        default: return nil
        }
    }

    /// The shortest decimal form that reads as `number`.
    init(shortest number: Double) {
        let text = String(number.magnitude)
        let parts = text.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves = parts[0].split(separator: ".")
        var whole = halves[0].utf8.map { $0 - 48 }
        var fraction = halves.count > 1 ? halves[1].utf8.map { $0 - 48 } : []
        while exponent > 0 {
            whole.append(fraction.isEmpty ? 0 : fraction.removeFirst())
            exponent -= 1
        }
        while exponent < 0 {
            fraction.insert(whole.popLast() ?? 0, at: 0)
            exponent += 1
        }
        self.init(isNegative: number < 0, whole: whole, fraction: fraction)
    }

    /// The exact value of a whole binary number.
    private init(exact number: Double) {
        let significand = UInt64(number.magnitude.significand * 0x1p52)
        var digits = String(significand).utf8.map { $0 - 48 }
        for _ in 0..<max(0, Int(number.exponent) - 52) {
            var carry: UInt8 = 0
            for position in digits.indices.reversed() {
                let doubled = digits[position] * 2 + carry
                digits[position] = doubled % 10
                carry = doubled / 10
            }
            if carry > 0 { digits.insert(carry, at: 0) }
        }
        self.init(isNegative: number < 0, whole: digits)
    }

    /// The next whole number towards zero, without its sign.
    var truncated: DecimalNumber { DecimalNumber(whole: whole) }

    var negated: DecimalNumber { DecimalNumber(isNegative: !isNegative, whole: whole, fraction: fraction) }

    /// One more, for a number that is whole and not negative.
    var successor: DecimalNumber {
        var digits = whole
        for position in digits.indices.reversed() {
            if digits[position] < 9 {
                digits[position] += 1
                return DecimalNumber(whole: digits)
            }
            digits[position] = 0
        }
        return DecimalNumber(whole: [1] + digits)
    }

    /// One less, for a whole number above zero.
    var predecessor: DecimalNumber {
        var digits = whole
        for position in digits.indices.reversed() {
            if digits[position] > 0 {
                digits[position] -= 1
                break
            }
            digits[position] = 9
        }
        return DecimalNumber(whole: digits)
    }

    /// The value if it is whole and fits.
    var int64: Int64? {
        guard isWhole, whole.count <= 18 else { return nil }
        let magnitude = whole.reduce(Int64(0)) { $0 * 10 + Int64($1) }
        return isNegative ? -magnitude : magnitude
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.magnitudeIsBelow(left) : left.magnitudeIsBelow(right)
    }

    private func magnitudeIsBelow(_ other: DecimalNumber) -> Bool {
        if whole.count != other.whole.count { return whole.count < other.whole.count }
        if whole != other.whole { return whole.lexicographicallyPrecedes(other.whole) }
        return fraction.lexicographicallyPrecedes(other.fraction)
    }
}
