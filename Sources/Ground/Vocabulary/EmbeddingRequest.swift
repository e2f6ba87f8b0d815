/// One text to be turned into vectors.
public enum EmbeddingInput: Sendable, Equatable {
    case text(String)
    /// Ids of the model's vocabulary; begin and end tokens are the caller's business.
    case tokens([Int32])
}

/// What length vectors have.
///
/// Source: `common_embd_normalize` of llama.cpp and its option `--embd-normalize`.
public enum EmbeddingNorm: Sendable, Equatable {
    /// As the model gives them.
    case asGiven
    /// The number furthest from zero becomes 32,760, the room of 16 bits.
    case largest
    /// The p-norm becomes 1: 1 is taxicab, 2 Euclidean.
    case power(Int)

    /// By llama.cpp's number: -1 is none, 0 by the largest number, any other the exponent.
    public init(number: Int) {
        self = number < 0 ? .asGiven : number == 0 ? .largest : .power(number)
    }
}

/// A request for the vectors of texts.
public struct EmbeddingRequest: Sendable, Equatable {
    public var id: RequestID
    /// An empty name stands for the one model that is served.
    public var model: ModelID
    /// At least one, and none of them empty.
    public var inputs: [EmbeddingInput]
    /// Numbers of each vector to keep, from the first on, for models that were trained for it; `nil` keeps all.
    public var dimensions: Int?
    /// `nil` is the server's.
    public var norm: EmbeddingNorm?
    /// Whether one vector for each text is needed, and not one for each token.
    public var needsPooling: Bool
    /// How long the answer may take; after it nobody wants it.
    public var deadline: Duration?

    public init(
        id: RequestID, model: ModelID, inputs: [EmbeddingInput], dimensions: Int? = nil, norm: EmbeddingNorm? = nil,
        needsPooling: Bool = true, deadline: Duration? = nil
    ) {
        self.id = id
        self.model = model
        self.inputs = inputs
        self.dimensions = dimensions
        self.norm = norm
        self.needsPooling = needsPooling
        self.deadline = deadline
    }
}

/// A request to tell how well documents answer a query.
public struct RerankRequest: Sendable, Equatable {
    public var id: RequestID
    /// An empty name stands for the one model that is served.
    public var model: ModelID
    public var query: String
    /// At least one.
    public var documents: [String]
    /// How long the answer may take; after it nobody wants it.
    public var deadline: Duration?

    public init(id: RequestID, model: ModelID, query: String, documents: [String], deadline: Duration? = nil) {
        self.id = id
        self.model = model
        self.query = query
        self.documents = documents
        self.deadline = deadline
    }
}
