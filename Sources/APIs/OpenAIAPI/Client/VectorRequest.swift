public import JSONText
public import Vocabulary

/// A request for vectors, ranks or classes as another server reads it. `VectorRequest+Answers` reads what it answers.
///
/// Members that only our own workers know are written only when the request says something there.
public struct VectorRequest: Sendable, Equatable {
    /// `/v1/embeddings`, `/v1/rerank` or `/classify`.
    public let path: String
    public let body: JSONValue

    /// - Parameters:
    ///   - request: what to ask for.
    ///   - model: the name that the other server knows.
    public init(_ request: EmbeddingRequest, model: String) {
        path = "/v1/embeddings"
        var body = Self.body(request.inputs, request.truncation, model: model)
        // A third of the bytes of numbers as text, and exact.
        body["encoding_format"] = "base64"
        body["dimensions"] = request.dimensions.map(JSONValue.whole)
        body["embd_normalize"] = request.norm.map { .whole($0.number) }
        NexusFields.write(request.scheduling, to: &body)
        self.body = .object(body)
    }

    /// - Parameters:
    ///   - request: what to ask for.
    ///   - model: the name that the other server knows.
    public init(_ request: RerankRequest, model: String) {
        path = "/v1/rerank"
        var body: JSONObject = [
            "model": .string(model), "query": .string(request.query),
            "documents": .array(request.documents.map(JSONValue.string)),
        ]
        body["max_tokens_per_doc"] = request.documentTokensMax.map(JSONValue.whole)
        if request.truncatesDocuments { body["truncate"] = true }
        NexusFields.write(request.scheduling, to: &body)
        self.body = .object(body)
    }

    /// - Parameters:
    ///   - request: what to ask for.
    ///   - model: the name that the other server knows.
    public init(_ request: ClassificationRequest, model: String) {
        path = "/classify"
        var body = Self.body(request.inputs, request.truncation, model: model)
        if !request.wantsProbabilities { body["use_activation"] = false }
        NexusFields.write(request.scheduling, to: &body)
        self.body = .object(body)
    }

    private static func body(_ inputs: [EmbeddingInput], _ truncation: Truncation?, model: String) -> JSONObject {
        var body: JSONObject = ["model": .string(model), "input": .array(inputs.map(value))]
        if let truncation {
            body["truncate_prompt_tokens"] = .whole(truncation.tokensMax ?? -1)
            if truncation.side == .start { body["truncation_direction"] = "Left" }
        }
        return body
    }

    private static func value(_ input: EmbeddingInput) -> JSONValue {
        switch input {
        case .text(let text): .string(text)
        case .tokens(let tokens): .array(tokens.map { .integer(Int64($0)) })
        case .mixed(let pieces):
            .array(
                pieces.map { piece in
                    switch piece {
                    case .text(let text): .string(text)
                    case .token(let token): .integer(Int64(token))
                    }
                })
        }
    }
}
