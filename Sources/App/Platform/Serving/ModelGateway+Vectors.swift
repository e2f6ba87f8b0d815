import Vocabulary

/// The way of requests for vectors, ranks and classes to the model that they name. Nobody stands in for it: the vectors of
/// another model mean something else.
extension ModelGateway: Embedding {
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await read(request.id, request.model, "embeddings", request.scheduling) {
            try await $0.embed(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        try await read(request.id, request.model, "rerank", request.scheduling) {
            try await $0.rerank(request)
        } tokens: {
            $0.promptTokens
        }
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        try await read(request.id, request.model, "classify", request.scheduling) {
            try await $0.classify(request)
        } tokens: {
            $0.promptTokens
        }
    }

    private func read<Result: Sendable>(
        _ id: RequestID, _ model: ModelID, _ operation: String, _ scheduling: SchedulingOptions,
        _ send: (RemoteModel) async throws -> Result, tokens: (Result) -> Int
    ) async throws -> Result {
        let deployment = try find(model)
        let wish = wish(scheduling, affinity: nil) { _ in }
        AnswerNotes.current?.note(model: deployment.name)
        return try await measures.measureReading(id, model: deployment.id, operation: operation) {
            try await ask(deployment, wish, send).value
        } tokens: {
            tokens($0)
        }
    }
}
