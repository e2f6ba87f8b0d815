/// Whole numbers as digit patterns.
struct DigitRange: Sendable, Equatable {
    /// `prefix`, then one digit of `leading` if there is one, then any digits, `free` in number.
    var prefix: [UInt8]
    var leading: ClosedRange<UInt8>?
    var free: ClosedRange<Int>

    /// Patterns that together match exactly the whole numbers from `low` to `high`, neither of them negative.
    static func patterns(from low: DecimalNumber, to high: DecimalNumber) -> [DigitRange] {
        guard low <= high else { return [] }
        var result: [DigitRange] = []
        var low = low
        if low.isZero {
            result.append(DigitRange(prefix: [0], leading: nil, free: 0...0))
            if high.isZero { return result }
            low = low.successor
        }
        for length in low.whole.count...high.whole.count {
            let first = [1] + [UInt8](repeating: 0, count: length - 1)
            let last = [UInt8](repeating: 9, count: length)
            let from = length == low.whole.count ? low.whole : first
            let to = length == high.whole.count ? high.whole : last
            if from == first, to == last {
                if let previous = result.last, previous.prefix.isEmpty, previous.leading == 1...9,
                    previous.free.upperBound == length - 2
                {
                    result[result.count - 1].free = previous.free.lowerBound...length - 1
                } else {
                    result.append(DigitRange(prefix: [], leading: 1...9, free: length - 1...length - 1))
                }
            } else {
                add([], from[...], to[...], to: &result)
            }
        }
        return result
    }

    /// Numbers of the same length between `low` and `high`, after `prefix`.
    private static func add(
        _ prefix: [UInt8], _ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>, to result: inout [DigitRange]
    ) {
        guard let first = low.first, let last = high.first else {
            result.append(DigitRange(prefix: prefix, leading: nil, free: 0...0))
            return
        }
        let lowRest = low.dropFirst()
        let highRest = high.dropFirst()
        if first == last {
            if lowRest.allSatisfy({ $0 == 0 }), highRest.allSatisfy({ $0 == 9 }) {
                let free = lowRest.count
                result.append(DigitRange(prefix: prefix + [first], leading: nil, free: free...free))
            } else {
                add(prefix + [first], lowRest, highRest, to: &result)
            }
            return
        }
        var from = first
        var to = last
        if !lowRest.allSatisfy({ $0 == 0 }) {
            add(prefix + [first], lowRest, [UInt8](repeating: 9, count: lowRest.count)[...], to: &result)
            from += 1
        }
        let cutsHigh = !highRest.allSatisfy { $0 == 9 }
        if cutsHigh { to -= 1 }
        if from <= to {
            result.append(DigitRange(prefix: prefix, leading: from...to, free: lowRest.count...lowRest.count))
        }
        if cutsHigh {
            add(prefix + [last], [UInt8](repeating: 0, count: highRest.count)[...], highRest, to: &result)
        }
    }

    /// As GBNF.
    var expression: String {
        var parts: [String] = []
        if !prefix.isEmpty { parts.append("\"\(prefix.map(String.init).joined())\"") }
        if let leading {
            parts.append(
                leading.lowerBound == leading.upperBound
                    ? "\"\(leading.lowerBound)\"" : "[\(leading.lowerBound)-\(leading.upperBound)]")
        }
        if free.upperBound > 0 { parts.append("[0-9]" + Self.counted(free)) }
        return parts.joined(separator: " ")
    }

    /// How often, as GBNF.
    static func counted(_ count: ClosedRange<Int>) -> String {
        switch (count.lowerBound, count.upperBound) {
        case (1, 1): ""
        case (0, 1): "?"
        case let (low, high): low == high ? "{\(low)}" : "{\(low),\(high)}"
        }
    }
}
