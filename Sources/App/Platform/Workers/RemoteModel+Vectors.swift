import HTTPFetching
import JSONText
import OpenAIAPI
import Vocabulary

/// Vectors come all at once, at the end. Whoever waits is told nothing until then, so only the whole has a time; a worker
/// that is stuck is found by its heartbeat.
extension RemoteModel: Embedding {
    /// An answer is read up to here: 2,048 vectors of 16,384 numbers as text.
    private static let answerBytesMax = 1 << 30
    private static let answerMax = Duration.seconds(3_600)

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let answer = try await ask(VectorRequest(request, model: endpoint.modelName), id: request.id)
        return try VectorRequest.embeddings(answer, count: request.inputs.count, model: served)
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        let answer = try await ask(VectorRequest(request, model: endpoint.modelName), id: request.id)
        return try VectorRequest.ranks(answer, count: request.documents.count, model: served)
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        let answer = try await ask(VectorRequest(request, model: endpoint.modelName), id: request.id)
        return try VectorRequest.classes(answer, count: request.inputs.count, model: served)
    }

    private func ask(_ wire: VectorRequest, id: RequestID) async throws -> JSONValue {
        let response = try await post(
            wire.path, wire.body.bytes, id: id, accepting: "application/json", firstByteMax: Self.answerMax)
        let bytes: [UInt8]
        do throws(FetchError) {
            bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            throw error.serviceError(for: served)
        }
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw ServiceError(
                .engineFailed, "The server of '\(served)' gave an answer that cannot be read.",
                detail: String(describing: error))
        }
    }
}
