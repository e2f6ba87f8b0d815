/// What a step is made of, as far as its duration goes.
struct StepLoad: Sendable, Equatable {
    /// Sequences that are writing, one token each.
    var decodeRows = 0
    /// Tokens of prompts.
    var prefillTokens = 0
    /// Sum over all tokens of the step of the tokens each of them looks back at.
    var attended = 0

    /// Adds tokens of one sequence.
    ///
    /// - Parameters:
    ///   - count: so many.
    ///   - computed: tokens of the sequence that are in its cache.
    ///   - isWriting: whether its prompt has been read.
    mutating func add(_ count: Int, after computed: Int, isWriting: Bool) {
        if isWriting { decodeRows += 1 } else { prefillTokens += count }
        attended += count * computed + count * (count - 1) / 2
    }
}

/// Learns how long steps take: base + a · rows + b · prompt tokens + c · attended tokens, none of them negative.
///
/// Least squares on relative errors over the last `memory` steps, weighted exponentially, solved by a few sweeps of
/// projected coordinate descent from the last solution. What recent steps say nothing about stays as it was, but for a
/// common factor: when every step takes longer, because a neighbour is busy, all coefficients follow at once.
///
/// An observation counts as the median of the last three ratios of measured to predicted time of its kind, within a factor
/// of `ratioMax`: one outlier, however large, changes nothing, and a lasting change is followed within some tens of steps.
struct StepCostModel: Sendable {
    /// In steps.
    private static let memory = 80.0
    private static let ratioMax = 2.0
    /// How much of a deviation all coefficients follow at once, as far as it is more than noise.
    private static let common = 0.3
    private static let noise = 1 / 1.2...1.2
    /// Pull towards the last solution, relative to a fully excited feature.
    private static let inertia = 0.02
    private static let sweeps = 8
    /// Steps to see before the prediction is used for decisions.
    private static let learnedAfter = 6
    /// A step that only writes counts for as many steps as went before it that did not, times this: they are few while
    /// prompts are read, and what they say is what everything is measured by.
    private static let quietPart = 0.25
    /// Steps that read prompts beside writing; afterwards steps without writing, which are far larger, teach nothing.
    private static let mixedEnough = 8
    /// The features of a step, or a number for each of them: 1, rows, prompt tokens, attended tokens.
    private typealias Features = SIMD4<Double>
    /// Units in which all features of usual steps are of the order of one.
    private static let units = Features(1, 8, 64, 65536)

    /// Seconds per unit of each feature; zero before the first observation.
    private var weights = Features.zero
    private var products = [Features](repeating: .zero, count: 4)
    private var targets = Features.zero
    /// The last ratios of measured to predicted time, by kind of step: steps that only write would outvote the others.
    private var ratios = [LastThree](repeating: LastThree(), count: 3)
    private var observations = 0
    private var mixedCount = 0
    private var sinceQuiet = 0

    /// Whether enough was seen to decide by it.
    var isLearned: Bool { observations >= Self.learnedAfter }

    /// In seconds; 0 before the first observation.
    func predicted(_ load: StepLoad) -> Double {
        (weights * Self.features(load)).sum()
    }

    /// How many tokens of a prompt fit into a step.
    ///
    /// - Parameters:
    ///   - seconds: how long the step may take.
    ///   - load: what the step does anyway.
    ///   - position: how many tokens of the prompt are computed already; later tokens look back at more.
    /// - Returns: 0 when not even one token fits.
    func prefillTokens(fitting seconds: Double, beside load: StepLoad, position: Int) -> Int {
        guard observations > 0 else { return 0 }
        let left = seconds - predicted(load)
        let perToken = weights[2] / Self.units[2] + weights[3] / Self.units[3] * Double(max(0, position))
        guard left > 0 else { return 0 }
        let tokens = left / max(perToken, .leastNormalMagnitude)
        return tokens < 1e9 ? Int(tokens) : 1_000_000_000
    }

    /// Learns from a step.
    ///
    /// - Parameters:
    ///   - load: what the step computed.
    ///   - seconds: how long it took; a step of no time, or of no finite one, is ignored.
    mutating func observe(_ load: StepLoad, seconds: Double) {
        guard seconds > 0, seconds.isFinite, load.decodeRows + load.prefillTokens > 0 else { return }
        let features = Self.features(load)
        if observations == 0 { guess(from: load, seconds: seconds) }
        if load.decodeRows > 0, load.prefillTokens > 0 { mixedCount += 1 }
        observations += 1
        if load.decodeRows == 0, mixedCount >= Self.mixedEnough { return }

        let prediction = predicted(load)
        guard prediction > 0 else { return }
        let ratio = usual(ratio: seconds / prediction, kind: load.prefillTokens == 0 ? 0 : load.decodeRows == 0 ? 1 : 2)
        let excess = ratio - min(max(ratio, Self.noise.lowerBound), Self.noise.upperBound)
        let factor = 1 + excess * Self.common
        weights *= factor
        targets *= factor
        let isQuiet = load.prefillTokens == 0
        add(
            features, seconds: prediction * ratio, count: isQuiet ? 1 + Double(sinceQuiet) * Self.quietPart : 1)
        sinceQuiet = isQuiet ? 0 : sinceQuiet + 1
        solve()
    }

    /// A first idea from one step: the fixed part of a step is worth some tokens, a row one.
    private mutating func guess(from load: StepLoad, seconds: Double) {
        let base = 16.0
        let unit = seconds / (base + Double(load.decodeRows + load.prefillTokens))
        weights = Features(base, Self.units[1], Self.units[2], 0) * unit
    }

    /// The median of the last three ratios of a kind of step, within bounds.
    private mutating func usual(ratio: Double, kind: Int) -> Double {
        min(max(ratios[kind].median(with: ratio), 1 / Self.ratioMax), Self.ratioMax)
    }

    private mutating func add(_ features: Features, seconds: Double, count: Double) {
        let keep = 1 - 1 / Self.memory
        // Relative errors count, so that long steps do not drown short ones.
        let weight = count / (seconds * seconds)
        for row in 0..<4 { products[row] = products[row] * keep + features * (features[row] * weight) }
        targets = targets * keep + features * (seconds * weight)
    }

    private mutating func solve() {
        let last = weights
        let scale = products[0][0] * Self.inertia
        for _ in 0..<Self.sweeps {
            for row in 0..<4 {
                let own = products[row][row]
                let others = (products[row] * weights).sum() - own * weights[row]
                weights[row] = max(0, (targets[row] + scale * last[row] - others) / (own + scale))
            }
        }
    }

    private static func features(_ load: StepLoad) -> Features {
        Features(1, Double(load.decodeRows), Double(load.prefillTokens), Double(load.attended)) / units
    }
}

/// The last three of a row of numbers.
private struct LastThree: Sendable {
    private var before = (first: Double.nan, second: Double.nan)

    /// Takes a number.
    ///
    /// - Returns: the median of it and the two before; itself while there are fewer.
    mutating func median(with last: Double) -> Double {
        let (first, second) = before
        before = (second, last)
        guard !first.isNaN else { return last }
        return max(min(first, second), min(max(first, second), last))
    }
}
