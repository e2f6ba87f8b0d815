/// What a step is made of, as far as its duration goes.
struct StepLoad: Sendable, Equatable {
    /// Sequences that are writing, one token each.
    var decodeRows = 0
    /// Tokens of prompts.
    var prefillTokens = 0
    /// Sum over all tokens of the step of the tokens each of them looks back at.
    var attended = 0
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
    /// Units in which all features of usual steps are of the order of one.
    private static let units = [1.0, 8, 64, 65536]

    /// Seconds per unit of each feature.
    private var weights: [Double] = []
    private var products = [[Double]](repeating: [0, 0, 0, 0], count: 4)
    private var targets = [0.0, 0, 0, 0]
    /// The last ratios of measured to predicted time, by kind of step: steps that only write would outvote the others.
    private var ratios = [[Double]](repeating: [], count: 3)
    private var observations = 0
    private var mixedCount = 0
    private var sinceQuiet = 0

    /// Whether enough was seen to decide by it.
    var isLearned: Bool { observations >= Self.learnedAfter }

    /// In seconds; 0 before the first observation.
    func predicted(_ load: StepLoad) -> Double {
        weights.isEmpty ? 0 : zip(weights, Self.features(load)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// How many tokens of a prompt fit into a step.
    ///
    /// - Parameters:
    ///   - seconds: how long the step may take.
    ///   - load: what the step does anyway.
    ///   - position: how many tokens of the prompt are computed already; later tokens look back at more.
    /// - Returns: 0 when not even one token fits.
    func prefillTokens(fitting seconds: Double, beside load: StepLoad, position: Int) -> Int {
        guard !weights.isEmpty else { return 0 }
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
        if weights.isEmpty { guess(from: load, seconds: seconds) }
        if load.decodeRows > 0, load.prefillTokens > 0 { mixedCount += 1 }
        observations += 1
        if load.decodeRows == 0, mixedCount >= Self.mixedEnough { return }

        let prediction = predicted(load)
        guard prediction > 0 else { return }
        let ratio = usual(ratio: seconds / prediction, kind: load.prefillTokens == 0 ? 0 : load.decodeRows == 0 ? 1 : 2)
        let excess = ratio - min(max(ratio, Self.noise.lowerBound), Self.noise.upperBound)
        let factor = 1 + excess * Self.common
        for index in weights.indices {
            weights[index] *= factor
            targets[index] *= factor
        }
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
        weights = [base * unit, unit * Self.units[1], unit * Self.units[2], 0]
    }

    /// The median of the last three ratios of a kind of step, within bounds.
    private mutating func usual(ratio: Double, kind: Int) -> Double {
        ratios[kind].append(ratio)
        if ratios[kind].count > 3 { ratios[kind].removeFirst() }
        let median = ratios[kind].count < 3 ? ratio : ratios[kind].sorted()[1]
        return min(max(median, 1 / Self.ratioMax), Self.ratioMax)
    }

    private mutating func add(_ features: [Double], seconds: Double, count: Double) {
        let keep = 1 - 1 / Self.memory
        // Relative errors count, so that long steps do not drown short ones.
        let weight = count / (seconds * seconds)
        for row in 0..<4 {
            for column in 0..<4 {
                products[row][column] = products[row][column] * keep + features[row] * features[column] * weight
            }
            targets[row] = targets[row] * keep + features[row] * seconds * weight
        }
    }

    private mutating func solve() {
        let last = weights
        let scale = products[0][0] * Self.inertia
        for _ in 0..<Self.sweeps {
            for row in 0..<4 {
                var rest = targets[row] + scale * last[row]
                for column in 0..<4 where column != row { rest -= products[row][column] * weights[column] }
                weights[row] = max(0, rest / (products[row][row] + scale))
            }
        }
    }

    private static func features(_ load: StepLoad) -> [Double] {
        [
            1, Double(load.decodeRows) / units[1], Double(load.prefillTokens) / units[2],
            Double(load.attended) / units[3],
        ]
    }
}
