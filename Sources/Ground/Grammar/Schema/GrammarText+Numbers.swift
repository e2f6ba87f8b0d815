/// Numbers between bounds, digit by digit.
extension GrammarText {
    /// Digits of a whole number without bounds: 18 fit 64 bits.
    static let wholeDigitsMax = 18
    /// Digits of a fraction between bounds. With at most 15 digits in all, different texts are different numbers.
    private static let significantDigitsMax = 15

    /// A number without its sign, from `low` to `high`.
    struct Magnitudes {
        var low: DecimalNumber
        var excludesLow: Bool
        var high: DecimalNumber
        var excludesHigh: Bool
    }

    /// The alternatives for the numbers of a shape.
    mutating func numbers(_ shape: NumberShape, name: String) throws(GrammarError) -> [String] {
        for bound in [shape.low, shape.high].compactMap({ $0 })
        where bound.value.whole.count + bound.value.fraction.count > SchemaLimits.digitCountMax {
            throw GrammarError(
                .tooLarge, "A bound of more than \(SchemaLimits.digitCountMax) digits cannot be enforced.",
                place: bound.place)
        }
        let step = try Step(shape.multiples)
        if shape.low == nil, shape.high == nil, shape.others.isEmpty, step.isOne {
            switch shape.types {
            case .number where shape.multiples.isEmpty: return [number()]
            case .fraction: return [#""-"? ("0" | [1-9] [0-9]{0,9}) "." [0-9]{0,4} [1-9]"#]
            default: return [integer()]
            }
        }
        let onlyWhole = shape.types == .whole || step.isWhole && !shape.multiples.isEmpty
        guard shape.types != .fraction, onlyWhole || shape.others.isEmpty else {
            throw GrammarError(
                .unsupported, "'not' and bounds cannot be enforced together for numbers with fractions.",
                place: shape.othersPlace.isEmpty ? shape.low?.place ?? shape.high?.place : shape.othersPlace)
        }
        var result: [String] = []
        for piece in pieces(of: shape, onlyWhole: onlyWhole) {
            var piece = piece
            piece.types = shape.types
            for (sign, magnitudes) in Self.signed(piece, digits: onlyWhole ? wholeDigits(step) : 15) {
                let found =
                    onlyWhole
                    ? try wholes(magnitudes, step, name: name) : Self.decimals(magnitudes, step)
                result += found.map { sign + $0 }
            }
        }
        guard !result.isEmpty else {
            throw GrammarError(
                .unsupported, "The schema cannot be satisfied: no number is within its bounds.",
                place: shape.low?.place ?? shape.high?.place ?? shape.multiples.first?.place)
        }
        return result
    }

    /// Rules that count remainders grow with the digits.
    private func wholeDigits(_ step: Step) -> Int { step.isOne ? Self.wholeDigitsMax : 9 }

    /// The ranges between the numbers that are not allowed.
    private func pieces(of shape: NumberShape, onlyWhole: Bool) -> [NumberShape] {
        var result: [NumberShape] = []
        var rest = shape
        for other in shape.others.sorted() where onlyWhole {
            var before = rest
            let bound = NumberShape.Bound(value: other, isExclusive: true, place: shape.othersPlace)
            if let high = shape.high, other > high.value { continue }
            if let low = shape.low, other < low.value { continue }
            before.high = bound
            if !before.isEmpty { result.append(before) }
            rest.low = bound
        }
        if !rest.isEmpty { result.append(rest) }
        return result
    }

    /// The range without its sign: below zero, and from zero on.
    private static func signed(_ shape: NumberShape, digits: Int) -> [(sign: String, Magnitudes)] {
        let largest = max(digits, (shape.low?.value.whole.count ?? 0) + 1, (shape.high?.value.whole.count ?? 0) + 1)
        let limit = DecimalNumber.nines(largest > digits ? largest : digits)
        let low = shape.low ?? .init(value: limit.negated, isExclusive: false, place: "")
        let high = shape.high ?? .init(value: limit, isExclusive: false, place: "")
        var result: [(String, Magnitudes)] = []
        if low.value.isNegative {
            let nearest = high.value.isNegative ? high.value.magnitude : .zero
            result.append(
                (
                    "\"-\" ",
                    Magnitudes(
                        low: nearest, excludesLow: high.value.isNegative ? high.isExclusive : true,
                        high: low.value.magnitude, excludesHigh: low.isExclusive)
                ))
        }
        if !high.value.isNegative {
            result.append(
                (
                    "",
                    Magnitudes(
                        low: low.value.isNegative ? .zero : low.value,
                        excludesLow: low.value.isNegative ? false : low.isExclusive,
                        high: high.value, excludesHigh: high.isExclusive)
                ))
        }
        return result
    }

    // MARK: Fractions

    /// Numbers with an optional fraction.
    private static func decimals(_ range: Magnitudes, _ step: Step) -> [String] {
        var range = range
        let digits = max(range.low.whole.count, 1)
        var room = max(min(6, significantDigitsMax - max(digits, range.high.whole.count)), 0)
        room = max(room, range.low.fraction.count, range.high.fraction.count)
        if let places = step.places { room = places }
        range.tighten(sureDigits: significantDigitsMax, room: room)
        let low = Digits(digits: range.low.fraction, isExcluded: range.excludesLow)
        let high = Digits(digits: range.high.fraction, isExcluded: range.excludesHigh)
        let first = range.low.truncated
        let last = range.high.truncated
        if first > last { return [] }
        func joined(_ whole: DecimalNumber, _ fraction: String?) -> [String] {
            let text = whole.isZero ? "0" : whole.whole.map(String.init).joined()
            return fraction.map { ["\"\(text)\"" + ($0.isEmpty ? "" : " " + $0)] } ?? []
        }
        if first == last { return joined(first, fraction(low, high, room, step)) }
        var result = joined(first, fraction(low, nil, room, step))
        let between = DigitRange.patterns(from: first.successor, to: last.isZero ? last : last.predecessor)
        if first.successor < last, let any = fraction(nil, nil, room, step) {
            result += between.map { $0.expression + (any.isEmpty ? "" : " " + any) }
        }
        return result + joined(last, fraction(nil, high, room, step))
    }
}

extension GrammarText.Magnitudes {
    /// A binary number has about 16 digits: a text that differs from an excluded bound only behind them reads as the
    /// bound. Such a bound is moved by one step instead.
    fileprivate mutating func tighten(sureDigits: Int, room: Int) {
        if excludesLow, !low.isZero, low.whole.count + room > sureDigits, let moved = low.stepped(up: true) {
            (low, excludesLow) = (moved, false)
        }
        if excludesHigh, !high.isZero, high.whole.count + room > sureDigits, let moved = high.stepped(up: false) {
            (high, excludesHigh) = (moved, false)
        }
    }
}

extension DecimalNumber {
    /// The next binary number of a positive one, as its shortest text.
    fileprivate func stepped(up: Bool) -> DecimalNumber? {
        let text = (whole.isEmpty ? "0" : whole.map(String.init).joined()) + "." + fraction.map(String.init).joined()
        guard let number = Double(text.hasSuffix(".") ? text + "0" : text) else { return nil }
        return DecimalNumber(shortest: up ? number.nextUp : number.nextDown)
    }
}
