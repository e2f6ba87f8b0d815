extension Candidates {
    private static let peakLogit = Float(5)
    private static let sharpness = Float(10)
    private static let inverseWidth = 1 / Float(0.3)

    /// Makes those likeliest whose probability is near `target`.
    ///
    /// Source: adaptive-p, llama.cpp pull request 17927. Probabilities of before are written into `originals`.
    mutating func favour(_ target: Float, originals: inout [Float]) {
        originals.removeAll(keepingCapacity: true)
        for index in items.indices {
            let probability = items[index].probability
            originals.append(probability)
            let distance = abs((probability - target) * Self.inverseWidth)
            items[index].logit = Self.peakLogit - Self.sharpness * distance * distance / (1 + distance)
        }
        isSorted = false
        normalize()
    }
}

/// What adaptive-p remembers: the average probability of the tokens that were taken, later ones weighing more.
struct AdaptiveState: Sendable {
    private var sum: Float
    private var weight: Float
    private let decay: Float
    private let target: Float
    /// The token drawn last, and how probable it was at first.
    var pending: (token: Int32, probability: Float)?

    init(target: Float, decay: Float) {
        self.target = target
        self.decay = decay
        sum = target / (1 - decay)
        weight = 1 / (1 - decay)
    }

    /// The probability to aim at now, so that the average comes to the target.
    var aim: Float {
        let target = min(max(self.target, 0), 1)
        return weight == 0 ? target : min(max(2 * target - sum / weight, 0), 1)
    }

    mutating func accept(_ token: Int32) {
        if let pending, pending.token == token {
            sum = pending.probability + decay * sum
            weight = 1 + decay * weight
        }
        pending = nil
    }
}
