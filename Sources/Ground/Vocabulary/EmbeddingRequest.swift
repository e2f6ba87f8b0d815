/// One text to be turned into vectors.
public enum EmbeddingInput: Sendable, Equatable {
    case text(String)
    /// Ids of the model's vocabulary; begin and end tokens are the caller's business.
    case tokens([Int32])
    /// Texts and ids in turn, which are one sequence. Begin and end tokens are added only around a text that comes first.
    case mixed([Piece])

    public enum Piece: Sendable, Equatable {
        case text(String)
        case token(Int32)
    }
}

/// How a text that is too long is cut, instead of being refused.
public struct Truncation: Sendable, Equatable {
    /// Which end is lost.
    public enum Side: Sendable { case start, end }

    public var side: Side
    /// Tokens to keep, begin and end tokens among them; `nil` is as many as the model reads at once.
    public var tokensMax: Int?

    public init(side: Side = .end, tokensMax: Int? = nil) {
        self.side = side
        self.tokensMax = tokensMax
    }
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

    /// llama.cpp's number for it.
    public var number: Int {
        switch self {
        case .asGiven: -1
        case .largest: 0
        case .power(let exponent): exponent
        }
    }
}

/// A request for the vectors of texts.
public struct EmbeddingRequest: Sendable, Equatable {
    public var id: RequestID
    /// An empty name stands for the one model that is served.
    public var model: ModelID
    /// At least one.
    public var inputs: [EmbeddingInput]
    /// Numbers of each vector to keep, from the first on, for models that were trained for it; `nil` keeps all.
    public var dimensions: Int?
    /// `nil` is the server's.
    public var norm: EmbeddingNorm?
    /// Whether one vector for each text is needed, and not one for each token.
    public var needsPooling: Bool
    /// `nil` refuses what is too long.
    public var truncation: Truncation?
    public var scheduling = SchedulingOptions()

    public init(
        id: RequestID, model: ModelID, inputs: [EmbeddingInput], dimensions: Int? = nil, norm: EmbeddingNorm? = nil,
        needsPooling: Bool = true
    ) {
        self.id = id
        self.model = model
        self.inputs = inputs
        self.dimensions = dimensions
        self.norm = norm
        self.needsPooling = needsPooling
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
    /// Tokens of each document that are read, the first ones; `nil` is all of them.
    public var documentTokensMax: Int?
    /// Whether documents that do not fit beside the query are cut at their ends, instead of being refused.
    public var truncatesDocuments = false
    public var scheduling = SchedulingOptions()

    public init(id: RequestID, model: ModelID, query: String, documents: [String]) {
        self.id = id
        self.model = model
        self.query = query
        self.documents = documents
    }
}
