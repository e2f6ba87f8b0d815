/// Fractions between bounds.
extension GrammarText {
    /// The digits of a bound behind the point, and whether the bound itself is not allowed.
    struct Digits {
        var digits: [UInt8]
        var isExcluded: Bool
    }

    /// What `multipleOf` asks for.
    struct Step {
        /// Every number is a multiple of this whole one.
        var whole: Int64 = 1
        /// At most so many digits behind the point, when fractions are possible and limited.
        var places: Int?
        /// The only fractions there are, when they are few; without trailing zeros.
        var fractions: [[UInt8]]?

        var isOne: Bool { whole == 1 && places == nil }
        var isWhole: Bool { places == nil }

        /// - Throws: steps that need more than digits: only whole ones, and those that divide a power of ten, are known.
        init(_ multiples: [(value: DecimalNumber, place: String)]) throws(GrammarError) {
            for multiple in multiples {
                let refusal = GrammarError(
                    .unsupported,
                    "This 'multipleOf' cannot be enforced: only whole numbers up to 10^15 and parts of a "
                        + "power of ten such as 0.25 can.", place: multiple.place)
                if multiple.value.isWhole {
                    guard places == nil, let value = multiple.value.int64, value <= 1_000_000_000_000_000 else {
                        throw refusal
                    }
                    let divisor = Self.greatestDivisor(whole, value)
                    let (product, isTooLarge) = (whole / divisor).multipliedReportingOverflow(by: value)
                    guard !isTooLarge, product <= 1_000_000_000_000_000 else { throw refusal }
                    whole = product
                    continue
                }
                guard multiples.count == 1, multiple.value.whole.isEmpty, multiple.value.fraction.count <= 12 else {
                    throw refusal
                }
                let count = multiple.value.fraction.count
                let part = multiple.value.fraction.reduce(0) { $0 * 10 + Int64($1) }
                let power = (0..<count).reduce(Int64(1)) { product, _ in product * 10 }
                guard power % part == 0, part == 1 || power / part <= 1_000 else { throw refusal }
                places = count
                if part > 1 {
                    fractions = (0..<power / part).map { Self.fraction($0 * part, places: count) }
                }
            }
        }

        private static func fraction(_ value: Int64, places: Int) -> [UInt8] {
            var digits = [UInt8](repeating: 0, count: places)
            var rest = value
            for position in digits.indices.reversed() {
                digits[position] = UInt8(rest % 10)
                rest /= 10
            }
            while digits.last == 0 { digits.removeLast() }
            return digits
        }

        private static func greatestDivisor(_ left: Int64, _ right: Int64) -> Int64 {
            right == 0 ? left : greatestDivisor(right, left % right)
        }
    }

    /// What may stand behind a whole number: the point and digits, or nothing. `nil` when not even nothing may.
    static func fraction(_ low: Digits?, _ high: Digits?, _ room: Int, _ step: Step) -> String? {
        let canEnd = endsHere(low, high)
        let alternatives: [String]
        if let fractions = step.fractions {
            alternatives = fractions.filter { digits in
                !digits.isEmpty && isAbove(digits, low) && isBelow(digits, high)
            }.map { "\"\($0.map(String.init).joined())\"" }
        } else {
            alternatives = digits(low, high, room)
        }
        if alternatives.isEmpty { return canEnd ? "" : nil }
        let text = "\".\" (\(alternatives.joined(separator: " | ")))"
        return canEnd ? "(\(text))?" : text
    }

    private static func isAbove(_ digits: [UInt8], _ low: Digits?) -> Bool {
        guard let low else { return true }
        return digits == low.digits ? !low.isExcluded : low.digits.lexicographicallyPrecedes(digits)
    }

    private static func isBelow(_ digits: [UInt8], _ high: Digits?) -> Bool {
        guard let high else { return true }
        return digits == high.digits ? !high.isExcluded : digits.lexicographicallyPrecedes(high.digits)
    }

    /// Whether only zeros may follow.
    private static func endsHere(_ low: Digits?, _ high: Digits?) -> Bool {
        (low.map { $0.digits.isEmpty && !$0.isExcluded } ?? true)
            && (high.map { !$0.digits.isEmpty || !$0.isExcluded } ?? true)
    }

    /// One digit and what may follow it, at most `room` digits in all.
    private static func digits(_ low: Digits?, _ high: Digits?, _ room: Int) -> [String] {
        guard room > 0 else { return [] }
        if low == nil, high == nil { return ["[0-9]" + DigitRange.counted(1...room)] }
        var free: [UInt8] = []
        var result: [String] = []
        for digit in UInt8(0)...9 {
            guard let nextLow = after(digit, low, isLow: true), let nextHigh = after(digit, high, isLow: false) else {
                continue
            }
            if nextLow.bound == nil, nextHigh.bound == nil {
                free.append(digit)
                continue
            }
            let more = digits(nextLow.bound, nextHigh.bound, room - 1)
            let canEnd = endsHere(nextLow.bound, nextHigh.bound)
            if more.isEmpty {
                if canEnd { result.append("\"\(digit)\"") }
            } else {
                result.append("\"\(digit)\" (\(more.joined(separator: " | ")))" + (canEnd ? "?" : ""))
            }
        }
        if let first = free.first, let last = free.last {
            result.append("[\(first)-\(last)]" + (room > 1 ? " [0-9]" + DigitRange.counted(0...room - 1) : ""))
        }
        return result
    }

    /// What is left of a bound after a digit; `nil` when the digit breaks it.
    private static func after(_ digit: UInt8, _ bound: Digits?, isLow: Bool) -> (bound: Digits?, Void)? {
        guard let bound else { return (nil, ()) }
        let own = bound.digits.first ?? 0
        if digit == own { return (Digits(digits: Array(bound.digits.dropFirst()), isExcluded: bound.isExcluded), ()) }
        return (digit > own) == isLow ? (nil, ()) : nil
    }
}
