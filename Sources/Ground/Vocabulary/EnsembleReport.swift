/// What several models brought to one answer, and what it cost.
public struct EnsembleReport: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
        public var model: String
        public var weight: Double
        /// What went wrong; `nil` for one that answered.
        public var failure: String?
        public var usage = TokenUsage(promptTokens: 0, completionTokens: 0)
        public var duration = Duration.zero
        /// By the ensemble's method, 0 to 1; `nil` where nothing was compared.
        public var score: Double?
        /// The mean logarithm of the probabilities of its tokens, where they were told.
        public var meanLogprob: Double?
        /// A judge's, 0 to 1.
        public var grade: Double?

        public init(model: String, weight: Double) {
            self.model = model
            self.weight = weight
        }
    }

    public var name: String
    public var method: String
    /// Whose answer it is; `nil` where all are shown.
    public var chosen: String?
    /// How far the others say the same, 0 to 1.
    public var agreement: Double?
    public var members: [Member]
    /// What a judge used, if there is one.
    public var judging: TokenUsage?

    public init(name: String, method: String, members: [Member]) {
        self.name = name
        self.method = method
        self.members = members
    }
}
