/// Something that turns texts into vectors, ranks documents or names what texts are: the engine in this process, or a worker behind a socket.
public protocol Embedding: Sendable {
    /// Computes vectors. Cancelling the task gives the request up.
    ///
    /// - Parameter request: what to compute.
    /// - Returns: one entry for each input, in their order.
    /// - Throws: `ServiceError` when the request is refused or fails; nothing of it is answered then.
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult

    /// Scores documents by a query. Cancelling the task gives the request up.
    ///
    /// - Parameter request: what to compare.
    /// - Returns: one score for each document, in their order.
    /// - Throws: `ServiceError` when the request is refused or fails; nothing of it is answered then.
    func rerank(_ request: RerankRequest) async throws -> RerankResult

    /// Tells how likely each label of the model fits each text. Cancelling the task gives the request up.
    ///
    /// - Parameter request: what to judge.
    /// - Returns: one entry for each input, in their order.
    /// - Throws: `ServiceError` when the request is refused or fails; nothing of it is answered then.
    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult
}

/// The vectors of a request's inputs.
public struct EmbeddingResult: Sendable, Equatable {
    /// What one input became.
    public struct Entry: Sendable, Equatable {
        /// One vector, or one for each token where the model's vectors are not pooled.
        public var vectors: [[Float]]

        public init(vectors: [[Float]]) { self.vectors = vectors }
    }

    /// The model that computed them.
    public var model: ModelID
    public var entries: [Entry]
    /// Tokens computed.
    public var promptTokens: Int

    public init(model: ModelID, entries: [Entry], promptTokens: Int) {
        self.model = model
        self.entries = entries
        self.promptTokens = promptTokens
    }
}

/// How well documents answer a query.
public struct RerankResult: Sendable, Equatable {
    /// The model that judged them.
    public var model: ModelID
    /// One for each document, in the request's order: the model's raw output, higher is better.
    public var scores: [Float]
    /// Tokens computed: the query counts once for each document.
    public var promptTokens: Int

    public init(model: ModelID, scores: [Float], promptTokens: Int) {
        self.model = model
        self.scores = scores
        self.promptTokens = promptTokens
    }
}
