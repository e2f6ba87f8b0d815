import Foundation

/// How well a model foretells a text, added up token by token.
public struct TextLikelihood: Sendable, Equatable {
    /// Tokens that were foretold.
    public private(set) var count = 0
    private var sum = 0.0
    private var squares = 0.0

    public init() {}

    /// Adds minus the natural logarithm of a token's probability.
    public mutating func add(surprise: Double) {
        count += 1
        sum += surprise
        squares += surprise * surprise
    }

    /// e to the mean surprise; the fewer, the better.
    public var perplexity: Double { count > 0 ? exp(sum / Double(count)) : .nan }

    /// Standard error of the perplexity, as far as tokens are independent.
    public var perplexityError: Double {
        guard count > 1 else { return .nan }
        let mean = sum / Double(count)
        let variance = max(0, squares / Double(count) - mean * mean)
        return (variance / Double(count - 1)).squareRoot() * perplexity
    }
}

/// How far a model's predictions are from those of another one with the same vocabulary.
public struct Divergence: Sendable, Equatable {
    public private(set) var count = 0
    private var sum = 0.0
    public private(set) var largest = 0.0
    private var agreements = 0
    /// How many divergences lie between two steps; the first place is for those below the smallest.
    private var histogram = [Int](repeating: 0, count: Self.stepCount + 1)

    /// Each step is one per cent more than the one before it, from the smallest that is told apart to e^7.
    private static let (smallest, ratio, stepCount) = (1e-12, 1.01, 3_481)

    public init() {}

    public mutating func add(nats: Double, agrees: Bool) {
        count += 1
        sum += nats
        largest = max(largest, nats)
        if agrees { agreements += 1 }
        histogram[Self.step(of: nats)] += 1
    }

    private static func step(of nats: Double) -> Int {
        guard nats > smallest else { return 0 }
        return min(stepCount, 1 + Int(log(nats / smallest) / log(ratio)))
    }

    /// Mean Kullback-Leibler divergence from the base's distribution, in nats.
    public var mean: Double { count > 0 ? sum / Double(count) : .nan }
    /// The divergence that a share of all places does not exceed, to half a per cent of itself.
    ///
    /// - Parameter share: 0 to 1.
    /// - Returns: nats; 0 below what is told apart.
    public func quantile(_ share: Double) -> Double {
        guard count > 0 else { return .nan }
        var left = Int((Double(count) * share).rounded(.up))
        for (step, number) in histogram.enumerated() {
            left -= number
            guard left <= 0 else { continue }
            return step == 0 ? 0 : min(largest, Self.smallest * pow(Self.ratio, Double(step) - 0.5))
        }
        return largest
    }

    /// How often the likeliest token is the same, 0 to 1.
    public var agreement: Double { count > 0 ? Double(agreements) / Double(count) : .nan }
}

/// What is read from a row of logits. All sums are doubles.
struct LogitSummary {
    /// Index of the largest logit; the lowest one on a tie.
    let likeliest: Int
    /// Logarithm of the sum of the exponentials.
    let logSum: Double

    init(_ logits: UnsafeBufferPointer<Float>) {
        var (likeliest, greatest) = (0, -Float.infinity)
        for index in logits.indices where unsafe logits[index] > greatest {
            unsafe (likeliest, greatest) = (index, logits[index])
        }
        var sum = 0.0
        for index in logits.indices { sum += exp(Double(unsafe logits[index]) - Double(greatest)) }
        self.likeliest = likeliest
        logSum = Double(greatest) + log(sum)
    }

    /// Minus the natural logarithm of a token's probability.
    func surprise(of token: Int32, in logits: UnsafeBufferPointer<Float>) -> Double {
        unsafe logSum - Double(logits[Int(token)])
    }

    /// Kullback-Leibler divergence of `other` from these probabilities, in nats.
    func divergence(
        _ logits: UnsafeBufferPointer<Float>, to other: LogitSummary, _ otherLogits: UnsafeBufferPointer<Float>
    ) -> Double {
        var sum = 0.0
        for index in logits.indices {
            let mine = Double(unsafe logits[index]) - logSum
            let theirs = Double(unsafe otherLogits[index]) - other.logSum
            sum += exp(mine) * (mine - theirs)
        }
        // Rounding may leave a little less than nothing.
        return max(0, sum)
    }
}
