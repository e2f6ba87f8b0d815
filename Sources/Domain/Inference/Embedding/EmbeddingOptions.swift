public import Vocabulary

/// The bounds and defaults of an embedding engine.
public struct EmbeddingOptions: Sendable {
    /// What vectors' length is where a request says nothing.
    public var norm: EmbeddingNorm
    /// Requests that may wait until the last of their texts is taken; one more is refused.
    public var waitingMax: Int
    /// Texts of one request. OpenAI's bound.
    public var inputsMax = 2_048
    /// No request may take longer than this.
    public var deadlineMax: Duration?
    /// How a query and a document become one sequence.
    public var pairs: PairForm
    /// Loaded at the start and applied to every request; for the list.
    public var adapters: [AdapterReport] = []

    public init(norm: EmbeddingNorm = .power(2), waitingMax: Int = 256, pairs: PairForm = PairForm()) {
        self.norm = norm
        self.waitingMax = waitingMax
        self.pairs = pairs
    }
}
