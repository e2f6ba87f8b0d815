import Testing
import Vocabulary

@testable import Inference

/// An embedding engine around a scripted model, and requests for it.
struct EmbeddingKit {
    let record = ScriptedEmbeddings.Record()

    func engine(
        output: EmbeddingShape.Output = .sequences, waiting: Int = 64, norm: EmbeddingNorm = .asGiven,
        pairs: PairForm = PairForm()
    ) async throws -> EmbeddingEngine<ByteTokenizer> {
        try await EmbeddingEngine(
            served: ServedModel(id: ModelID("toy"), created: 0, contextTokens: 100), tokenizer: ByteTokenizer(),
            options: EmbeddingOptions(norm: norm, waitingMax: waiting, pairs: pairs),
            makeRuntime: { [record] in ScriptedEmbeddings(record: record, output: output) })
    }

    func request(
        _ inputs: [EmbeddingInput], dimensions: Int? = nil, norm: EmbeddingNorm? = nil, pooled: Bool = true,
        deadline: Duration? = nil, tenant: String = "", priority: Priority = .normal, truncation: Truncation? = nil
    ) throws -> EmbeddingRequest {
        var request = EmbeddingRequest(
            id: try #require(RequestID("req_1")), model: ModelID("any"), inputs: inputs, dimensions: dimensions,
            norm: norm, needsPooling: pooled)
        request.scheduling = SchedulingOptions(tenant: TenantID(tenant), priority: priority, deadline: deadline)
        request.truncation = truncation
        return request
    }

    func reranking(_ query: String, _ documents: [String]) throws -> RerankRequest {
        RerankRequest(
            id: try #require(RequestID("req_1")), model: ModelID(""), query: query, documents: documents)
    }

    func until(_ what: Comment, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < deadline, what)
            await Task.yield()
        }
    }
}
