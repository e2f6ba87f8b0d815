public import Vocabulary

/// An embedding engine writes no text, and says so. Its vocabulary can be asked.
extension EmbeddingEngine: Generating {
    public func models() async -> [ServedModel] { [served] }

    public func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        throw ServiceError.writesNoText
    }
}

extension EmbeddingEngine: TokenCounting {
    public func countTokens(of request: GenerationRequest) async throws -> Int {
        throw ServiceError.writesNoText
    }
}

extension EmbeddingEngine: EngineInspecting {
    public func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [TokenPiece] {
        try admission.tokenizer.pieces(of: text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial)
    }

    public func detokenize(_ tokens: [Int32]) throws(ServiceError) -> [UInt8] {
        try admission.tokenizer.checkedBytes(of: tokens)
    }

    public func applyTemplate(_ request: GenerationRequest) throws(ServiceError) -> String {
        throw ServiceError.writesNoText
    }

    public func slots() async throws(ServiceError) -> [SlotReport] { throw ServiceError.hasNoSlots }
    public func cache() async throws(ServiceError) -> CacheListing { throw ServiceError.hasNoSlots }
    public func invalidateCache(node: UInt64) async throws(ServiceError) -> Int { throw ServiceError.hasNoSlots }
}

/// An engine that writes text gives no vectors, and says so.
extension Engine: Embedding {
    public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        throw ServiceError(
            .notSupported, "This server does not support embeddings.",
            hint: "Start it with --embeddings, and --pooling mean, cls or last where the model names none.")
    }

    public func rerank(_ request: RerankRequest) async throws -> RerankResult {
        throw ServiceError(
            .notSupported, "This server does not support reranking.",
            hint: "Start a model that was made for it with --reranking.")
    }

    public func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        throw ServiceError(
            .notSupported, "This server does not support classification.",
            hint: "Start a model with a head for labels with --pooling rank.")
    }
}

extension ServiceError {
    fileprivate static var writesNoText: ServiceError {
        ServiceError(
            .notSupported, "This server gives vectors and writes no text.",
            hint: "Start it without --embeddings and --reranking to write text.")
    }

    fileprivate static var hasNoSlots: ServiceError {
        ServiceError(.notSupported, "A server that gives vectors has no slots and keeps no prefixes.")
    }
}

extension Tokenizing {
    /// The tokens of a text, with the bytes that each stands for.
    func pieces(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [TokenPiece] {
        try tokens(of: text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial).map { token in
            TokenPiece(token: token, bytes: specialBytes(of: token))
        }
    }

    /// The bytes of tokens from outside.
    func checkedBytes(of tokens: [Int32]) throws(ServiceError) -> [UInt8] {
        for (index, token) in tokens.enumerated() where !(0..<vocabularyCount).contains(Int(token)) {
            throw ServiceError(
                .invalidValue, "Token \(token) is not in the vocabulary; ids go from 0 to \(vocabularyCount - 1).",
                parameter: "tokens[\(index)]")
        }
        return tokens.flatMap(specialBytes)
    }
}
