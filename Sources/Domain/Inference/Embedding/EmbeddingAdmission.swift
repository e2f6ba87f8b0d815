import Vocabulary

/// From requests to sequences that fit the model: nothing behind it checks again.
struct EmbeddingAdmission<Tokenizer: Tokenizing>: Sendable {
    let tokenizer: Tokenizer
    let model: ModelID
    let shape: EmbeddingShape
    let options: EmbeddingOptions

    func check(model asked: ModelID) throws(ServiceError) {
        guard asked == model || asked.name.isEmpty else {
            throw ServiceError(
                .modelNotFound, "The model '\(asked)' is not served here.", hint: "Ask for '\(model)'.",
                parameter: "model")
        }
    }

    /// The tokens of a request's inputs.
    ///
    /// - Throws: `ServiceError` when this model gives no such vectors, or an input is empty, too long or not of its
    ///   vocabulary.
    func sequences(_ request: EmbeddingRequest) throws(ServiceError) -> [[Int32]] {
        try check(model: request.model)
        try checkOutput(request)
        try check(count: request.inputs.count, "input")
        var sequences: [[Int32]] = []
        for (index, input) in request.inputs.enumerated() {
            let name = request.inputs.count == 1 ? "input" : "input[\(index)]"
            sequences.append(try tokens(of: input, name))
        }
        return sequences
    }

    /// The tokens of a query with each document.
    func sequences(_ request: RerankRequest) throws(ServiceError) -> [[Int32]] {
        try check(model: request.model)
        guard shape.output == .scores else {
            throw ServiceError(
                .unsupported, "This server does not rank documents.",
                hint: "Start a model that was made for it with --reranking.")
        }
        guard !request.query.isEmpty else {
            throw ServiceError(.invalidValue, "The query is empty.", parameter: "query")
        }
        try check(count: request.documents.count, "documents")
        let sequences = try options.pairs.sequences(
            query: request.query, documents: request.documents, tokenizer: tokenizer)
        for (index, sequence) in sequences.enumerated() {
            try check(length: sequence.count, "The query with document \(index)", parameter: "documents[\(index)]")
        }
        return sequences
    }

    private func checkOutput(_ request: EmbeddingRequest) throws(ServiceError) {
        switch shape.output {
        case .scores:
            throw ServiceError(
                .unsupported, "This server ranks documents and gives no embeddings.",
                hint: "Ask /v1/rerank, or start the model with --embeddings and --pooling mean, cls or last.")
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
        let tokens: [Int32]
        switch input {
        case .text(let text):
            // Special tokens alone would be the vector of nothing.
            guard !text.isEmpty else { throw ServiceError(.invalidValue, "'\(name)' is empty.", parameter: name) }
            tokens = try tokenizer.tokens(of: text, addsSpecial: true, parsesSpecial: true)
        case .tokens(let given):
            let strange = given.first { !(0..<shape.vocabulary).contains(Int($0)) }
            if let strange {
                throw ServiceError(
                    .invalidValue,
                    "Token \(strange) of '\(name)' is not in the vocabulary; ids go from 0 to \(shape.vocabulary - 1).",
                    parameter: name)
            }
            tokens = given
        }
        try check(length: tokens.count, "'\(name)'", parameter: name)
        return tokens
    }

    private func check(length: Int, _ what: String, parameter: String) throws(ServiceError) {
        guard length > 0 else { throw ServiceError(.invalidValue, "\(what) is empty.", parameter: parameter) }
        guard length <= shape.sequenceTokensMax else {
            throw ServiceError(
                .contextLengthExceeded,
                "\(what) has \(length) tokens; the model reads at most \(shape.sequenceTokensMax) at once.",
                hint: "Send shorter pieces.", parameter: parameter)
        }
    }
}
