/// Whole numbers between bounds, and multiples.
extension GrammarText {
    /// Rules that count a remainder: digits times the step.
    private static let remainderRulesMax = 4_000

    mutating func wholes(_ range: Magnitudes, _ step: Step, name: String) throws(GrammarError) -> [String] {
        var low = range.low.truncated
        if !range.low.isWhole || range.excludesLow { low = low.successor }
        var high = range.high.truncated
        if range.high.isWhole, range.excludesHigh {
            if high.isZero { return [] }
            high = high.predecessor
        }
        guard low <= high else { return [] }
        if step.whole == 1 { return DigitRange.patterns(from: low, to: high).map(\.expression) }
        let power = String(step.whole).utf8.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
        if power, String(step.whole).hasPrefix("1") {
            return powers(low, high, zeros: String(step.whole).utf8.count - 1)
        }
        if let from = low.int64, let to = high.int64, (to - from) / step.whole < 200 {
            let first = (from + step.whole - 1) / step.whole * step.whole
            return stride(from: first, through: to, by: Int64.Stride(step.whole)).map { "\"\($0)\"" }
        }
        guard Int(step.whole) * high.whole.count <= Self.remainderRulesMax else {
            throw GrammarError(
                .unsupported, "'multipleOf' \(step.whole) cannot be enforced over so wide a range.", place: nil)
        }
        return try multiples(DigitRange.patterns(from: low, to: high), of: Int(step.whole))
    }

    /// Multiples of a power of ten: any number, and zeros behind it.
    private func powers(_ low: DecimalNumber, _ high: DecimalNumber, zeros: Int) -> [String] {
        var result = low.isZero ? ["\"0\""] : []
        var first = DecimalNumber(digits: low.whole.dropLast(zeros))
        if low.whole.suffix(zeros).contains(where: { $0 != 0 }) || first.isZero { first = first.successor }
        let last = DecimalNumber(digits: high.whole.dropLast(zeros))
        let suffix = "\"" + String(repeating: "0", count: zeros) + "\""
        result += DigitRange.patterns(from: first, to: last).map { "\($0.expression) \(suffix)" }
        return result
    }

    private mutating func multiples(_ patterns: [DigitRange], of step: Int) throws(GrammarError) -> [String] {
        var known: [[Int]: String?] = [:]
        var result: [String] = []
        for pattern in patterns {
            let start = pattern.prefix.reduce(0) { ($0 * 10 + Int($1)) % step }
            let prefix = pattern.prefix.isEmpty ? "" : "\"\(pattern.prefix.map(String.init).joined())\" "
            for count in pattern.free {
                guard let leading = pattern.leading else {
                    if let rest = remainder(start, digits: count, step, &known) { result.append(prefix + rest) }
                    continue
                }
                for digit in leading {
                    let reached = (start * 10 + Int(digit)) % step
                    if let rest = remainder(reached, digits: count, step, &known) {
                        result.append("\(prefix)\"\(digit)\" \(rest)")
                    }
                }
            }
        }
        return result
    }

    /// Exactly so many digits that make a multiple of what has `remainder` so far. `nil` when there are none.
    private mutating func remainder(
        _ remainder: Int, digits: Int, _ step: Int, _ known: inout [[Int]: String?]
    ) -> String? {
        if digits == 0 { return remainder == 0 ? "\"\"" : nil }
        if let rule = known[[digits, remainder]] { return rule }
        var alternatives: [String] = []
        for digit in 0...9 {
            guard let rest = self.remainder((remainder * 10 + digit) % step, digits: digits - 1, step, &known) else {
                continue
            }
            alternatives.append(rest == "\"\"" ? "\"\(digit)\"" : "\"\(digit)\" \(rest)")
        }
        let rule =
            alternatives.isEmpty
            ? nil : rule("multiple-\(step)-\(digits)-\(remainder)", alternatives.joined(separator: " | "))
        known[[digits, remainder]] = .some(rule)
        return rule
    }
}

extension DecimalNumber {
    init(digits: some Sequence<UInt8>) {
        self.init()
        whole = Array(Array(digits).drop { $0 == 0 })
    }
}
