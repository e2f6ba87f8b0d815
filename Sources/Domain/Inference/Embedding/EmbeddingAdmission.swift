import Vocabulary

/// From requests to sequences that fit the model: nothing behind it checks again.
struct EmbeddingAdmission<Tokenizer: Tokenizing>: Sendable {
    let tokenizer: Tokenizer
    let shape: EmbeddingShape
    let options: EmbeddingOptions

    /// The tokens of a request's inputs.
    ///
    /// - Throws: `ServiceError` when this model gives no such vectors, or an input is empty, too long or not of its
    ///   vocabulary.
    func sequences(_ request: EmbeddingRequest) async throws -> [[Int32]] {
        try checkOutput(request)
        return try await sequences(request.inputs, request.truncation)
    }

    /// The tokens of the texts that are to be classified.
    func sequences(_ request: ClassificationRequest) async throws -> [[Int32]] {
        guard shape.output == .scores else {
            throw ServiceError(
                .notSupported, "This server does not support classification.",
                hint: "Start a model with a head for labels with --pooling rank.")
        }
        return try await sequences(request.inputs, request.truncation)
    }

    /// The tokens of a query with each document.
    func sequences(_ request: RerankRequest) async throws -> [[Int32]] {
        guard shape.output == .scores else {
            throw ServiceError(
                .notSupported, "This server does not support reranking.",
                hint: "Start a model that was made for it with --reranking.")
        }
        guard !request.query.isEmpty else {
            throw ServiceError(.invalidValue, "The query is empty.", parameter: "query")
        }
        try check(count: request.documents.count, "documents")
        let reader = try PairReader(options.pairs, query: request.query, tokenizer: tokenizer)
        return try await Chunks.map(request.documents) { document, index throws(ServiceError) in
            let sequence = try reader.sequence(
                document, documentTokensMax: request.documentTokensMax,
                tokensMax: request.truncatesDocuments ? shape.sequenceTokensMax : nil)
            try check(length: sequence.count, "The query with document \(index)", parameter: "documents[\(index)]")
            return sequence
        }
    }

    private func sequences(_ inputs: [EmbeddingInput], _ truncation: Truncation?) async throws -> [[Int32]] {
        try check(count: inputs.count, "input")
        if let most = truncation?.tokensMax, most > shape.sequenceTokensMax {
            throw ServiceError(
                .invalidValue,
                "Texts cannot be cut to \(most) tokens: the model reads at most \(shape.sequenceTokensMax) at once.",
                parameter: "truncate_prompt_tokens")
        }
        let ends = try truncation.map { truncation throws(ServiceError) in
            TextEnds(truncation, special: try tokenizer.tokens(of: "", addsSpecial: true, parsesSpecial: true))
        }
        return try await Chunks.map(inputs) { input, index throws(ServiceError) in
            let name = inputs.count == 1 ? "input" : "input[\(index)]"
            var tokens = try tokens(of: input, name)
            if let ends { tokens = ends.cut(tokens, to: shape.sequenceTokensMax) }
            try check(length: tokens.count, "'\(name)'", parameter: name)
            return tokens
        }
    }

    private func checkOutput(_ request: EmbeddingRequest) throws(ServiceError) {
        switch shape.output {
        case .scores:
            throw ServiceError(
                .notSupported, "This server ranks and classifies texts, and does not support embeddings.",
                hint:
                    "Ask /v1/rerank or /classify, or start the model with --embeddings and --pooling mean, cls or last."
            )
        case .tokens where request.needsPooling:
            throw ServiceError(
                .unsupported, "This server gives a vector for each token, and none for a text.",
                hint: "Start it with --pooling mean, cls or last, or ask /embeddings.")
        case .tokens, .sequences: break
        }
        guard let dimensions = request.dimensions else { return }
        guard (1...shape.dimensions).contains(dimensions) else {
            throw ServiceError(
                .invalidValue, "Vectors of this model have 1 to \(shape.dimensions) dimensions, not \(dimensions).",
                parameter: "dimensions")
        }
    }

    private func check(count: Int, _ parameter: String) throws(ServiceError) {
        guard (1...options.inputsMax).contains(count) else {
            throw ServiceError(
                .invalidValue, "'\(parameter)' has \(count) entries, and may have 1 to \(options.inputsMax).",
                hint: count == 0 ? nil : "Send several requests.", parameter: parameter)
        }
    }

    private func tokens(of input: EmbeddingInput, _ name: String) throws(ServiceError) -> [Int32] {
        switch input {
        case .text(let text): return try tokenizer.tokens(of: text, addsSpecial: true, parsesSpecial: true)
        case .tokens(let given):
            for token in given { try check(token: token, name) }
            return given
        case .mixed(let pieces):
            var tokens: [Int32] = []
            for (index, piece) in pieces.enumerated() {
                switch piece {
                case .text(let text):
                    tokens += try tokenizer.tokens(of: text, addsSpecial: index == 0, parsesSpecial: true)
                case .token(let token):
                    try check(token: token, name)
                    tokens.append(token)
                }
            }
            return tokens
        }
    }

    private func check(token: Int32, _ name: String) throws(ServiceError) {
        guard (0..<shape.vocabulary).contains(Int(token)) else {
            throw ServiceError(
                .invalidValue,
                "Token \(token) of '\(name)' is not in the vocabulary; ids go from 0 to \(shape.vocabulary - 1).",
                parameter: name)
        }
    }

    private func check(length: Int, _ what: String, parameter: String) throws(ServiceError) {
        guard length > 0 else { throw ServiceError(.invalidValue, "\(what) is empty.", parameter: parameter) }
        guard length <= shape.sequenceTokensMax else {
            throw ServiceError(
                .contextLengthExceeded,
                "\(what) is too large: it has \(length) tokens, and the model reads at most \(shape.sequenceTokensMax) "
                    + "at once.",
                hint: "Send shorter pieces, or let them be cut with \"truncate\": true.", parameter: parameter)
        }
    }
}
