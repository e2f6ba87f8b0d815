/// Where between throughput and latency the engine works: one number, from which every trade follows.
struct LatencyBias: Sendable, Equatable {
    /// 0 is all for throughput, 1 all for latency.
    let value: Double

    static let `default` = LatencyBias(0.5)

    /// A bias outside 0...1 is brought into it.
    init(_ value: Double) { self.value = value.isNaN ? 0.5 : min(max(value, 0), 1) }

    /// How much longer than a step that only writes a step may take because it also reads prompts.
    ///
    /// 1.25 at the latency end, 1.5 in the middle, without bound at the throughput end. When many wait it grows, by at
    /// most `1 - bias` of its excess doubled, and from the middle on never beyond `stretchMax`, so that running answers
    /// take less than twice as long per token.
    ///
    /// - Parameter pressure: 0 when nobody waits, towards 1 when many more wait than run.
    /// - Returns: more than 1.
    func stretch(pressure: Double) -> Double {
        guard value > 0 else { return .infinity }
        let excess =
            value >= 0.5
            ? Self.middle * Self.power(Self.latencyEnd / Self.middle, (value - 0.5) * 2)
            : Self.middle * (0.5 / value) * (0.5 / value)
        let grown = 1 + excess * (1 + 2 * (1 - value) * min(max(pressure, 0), 1))
        return value >= 0.5 ? min(grown, Self.stretchMax) : grown
    }

    /// In seconds: a step may always take so long to read short prompts. Nobody reads faster than ten tokens per second.
    ///
    /// 0 at the latency end, 0.1 in the middle, without bound at the throughput end.
    var comfort: Double {
        guard value > 0 else { return .infinity }
        return value >= 0.5 ? Self.middleComfort * 2 * (1 - value) : Self.middleComfort * (0.5 / value) * (0.5 / value)
    }

    /// In seconds: so long may a token wait until it is sent; see `SendingPolicy`. Shorter than a screen shows one picture.
    ///
    /// 0 at the latency end, 0.016 from the middle on.
    var sendingDelay: Double { Self.middleDelay * min(1, 2 * (1 - value)) }

    /// Below 2, the promise to running answers, by what measurements scatter.
    static let stretchMax = 1.7
    private static let middle = 0.5
    private static let latencyEnd = 0.25
    private static let middleComfort = 0.1
    private static let middleDelay = 0.016

    /// `base` to the power of `exponent` in 0...1, by halving: exact at both ends, and without a library of C.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var root = base
        var rest = exponent
        if rest >= 1 { return base }
        for _ in 0..<20 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
