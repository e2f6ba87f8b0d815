/// A token that was chosen from a row of logits.
public struct TokenChoice: Sendable, Equatable {
    public var token: Int32
    /// The probability with which it was drawn, among the candidates that the samplers left over; 1 when greedy.
    public var probability: Double
    /// The likeliest of the candidates that the samplers left over, likeliest first; as many as were asked for, and none
    /// with probability 0 (llama-server's `post_sampling_probs`).
    public var candidates: [TokenProbability]

    public init(token: Int32, probability: Double = 1, candidates: [TokenProbability] = []) {
        self.token = token
        self.probability = probability
        self.candidates = candidates
    }

    /// The natural logarithm of `probability`.
    public var logprob: Double { Exponential.logarithm(probability) }
}

/// A token with its probability, 0 to 1.
public struct TokenProbability: Sendable, Equatable {
    public var token: Int32
    public var probability: Double
    /// The natural logarithm of `probability`.
    public var logprob: Double { Exponential.logarithm(probability) }

    public init(token: Int32, probability: Double) {
        self.token = token
        self.probability = probability
    }
}
