/// What the embedding engine needs of a model in memory. The adapter for llama.cpp and the tests' scripted model implement
/// it. Made on the engine's thread and only ever used there.
public protocol EmbeddingRuntime {
    var shape: EmbeddingShape { get }
    /// Computes sequences together; what they are computed with is forgotten afterwards.
    ///
    /// - Parameter sequences: at least one, none empty, within the bounds of `shape`.
    /// - Returns: for each sequence its vector, or one for each of its tokens with `EmbeddingShape.Output.tokens`.
    /// - Throws: when the model fails; the runtime can be used further.
    func vectors(of sequences: [[Int32]]) throws -> [[[Float]]]
}

/// What a model turns sequences into, and how many it takes at once.
public struct EmbeddingShape: Sendable, Equatable {
    public enum Output: Sendable, Equatable {
        /// One vector for each token.
        case tokens
        /// One vector for each sequence.
        case sequences
        /// The scores of a head for each sequence: one for each label, or how well a document answers a query.
        case scores
    }

    public var output: Output
    /// Numbers of a vector.
    public var dimensions: Int
    /// Tokens of one sequence at most.
    public var sequenceTokensMax: Int
    /// Tokens that are worth computing together; a sequence may be longer than this and then comes alone.
    public var batchTokensMax: Int
    /// Sequences of one batch.
    public var sequencesMax: Int
    public var vocabulary: Int
    /// Names of the scores, as many as a vector has numbers; none where there are no scores.
    public var labels: [String] = []
    /// Whether the model itself makes its scores probabilities that add up to 1.
    public var scoresAreProbabilities = false

    public init(
        output: Output, dimensions: Int, sequenceTokensMax: Int, batchTokensMax: Int, sequencesMax: Int, vocabulary: Int
    ) {
        self.output = output
        self.dimensions = dimensions
        self.sequenceTokensMax = sequenceTokensMax
        self.batchTokensMax = batchTokensMax
        self.sequencesMax = sequencesMax
        self.vocabulary = vocabulary
    }
}
