/// A request to tell what texts are, for a model with a head that knows labels.
public struct ClassificationRequest: Sendable, Equatable {
    public var id: RequestID
    /// An empty name stands for the one model that is served.
    public var model: ModelID
    /// At least one.
    public var inputs: [EmbeddingInput]
    /// Whether scores become probabilities; else they stay as the model's head gives them.
    public var wantsProbabilities: Bool
    /// `nil` refuses what is too long.
    public var truncation: Truncation?
    public var scheduling = SchedulingOptions()

    public init(id: RequestID, model: ModelID, inputs: [EmbeddingInput], wantsProbabilities: Bool = true) {
        self.id = id
        self.model = model
        self.inputs = inputs
        self.wantsProbabilities = wantsProbabilities
    }
}

/// What texts are.
public struct ClassificationResult: Sendable, Equatable {
    /// What one text is.
    public struct Entry: Sendable, Equatable {
        /// One for each label of the result. Probabilities that add up to 1, or the one probability of a model with one
        /// label; scores as the head gives them when these were asked for.
        public var scores: [Float]

        public init(scores: [Float]) { self.scores = scores }

        /// The place of the best label; of equal ones the first.
        public var best: Int {
            scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
        }
    }

    /// The model that judged them.
    public var model: ModelID
    /// Names of the labels, in the order of the scores.
    public var labels: [String]
    public var entries: [Entry]
    /// Tokens computed.
    public var promptTokens: Int

    public init(model: ModelID, labels: [String], entries: [Entry], promptTokens: Int) {
        self.model = model
        self.labels = labels
        self.entries = entries
        self.promptTokens = promptTokens
    }
}
