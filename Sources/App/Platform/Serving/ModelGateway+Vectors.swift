import Vocabulary

/// The way of requests for vectors, ranks and classes to the model that they name.
extension ModelGateway: Embedding {
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let (model, deployment) = try find(request.model)
        return try await measures.measureReading(request.id, model: model, operation: "embeddings") {
            try await ask(deployment) { try await $0.embed(request) }
        } tokens: {
            $0.promptTokens
        }
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        let (model, deployment) = try find(request.model)
        return try await measures.measureReading(request.id, model: model, operation: "rerank") {
            try await ask(deployment) { try await $0.rerank(request) }
        } tokens: {
            $0.promptTokens
        }
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        let (model, deployment) = try find(request.model)
        return try await measures.measureReading(request.id, model: model, operation: "classify") {
            try await ask(deployment) { try await $0.classify(request) }
        } tokens: {
            $0.promptTokens
        }
    }

    /// A worker may fall between being ready and being asked. Nothing was computed then, so asking again is safe; once.
    private func ask<Result: Sendable>(
        _ deployment: Deployment, _ send: (RemoteModel) async throws -> Result
    ) async throws -> Result {
        switch deployment {
        case .external(let remote, _): return try await send(remote)
        case .worker(let supervisor):
            try await ready(supervisor)
            do {
                return try await send(supervisor.remote)
            } catch let error as ServiceError where error.code == .modelUnavailable {
                try await Task.sleep(for: .milliseconds(100))
                try await ready(supervisor)
                return try await send(supervisor.remote)
            }
        }
    }
}
