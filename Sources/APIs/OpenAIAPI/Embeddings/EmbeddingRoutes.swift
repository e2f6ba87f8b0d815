public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// OpenAI's endpoint for embeddings, the one for ranking that Jina, Cohere and llama-server share, and vLLM's for classes,
/// around anything that embeds. They compute, so they run beside the server's thread.
public struct EmbeddingRoutes: Sendable {
    private let source: any Embedding
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - source: what answers.
    ///   - now: Unix time in seconds.
    public init(_ source: any Embedding, now: @escaping @Sendable () -> Int64) {
        self.source = source
        self.now = now
    }

    public var routes: [Route] {
        [
            Route(.post, "/v1/embeddings", EmbeddingSchemas.embeddings, execution: .bySize) { request in
                try await embed(request, isNative: false)
            },
            Route(.post, "/v1/rerank", EmbeddingSchemas.rerank, execution: .bySize) { request in
                let fields = try RerankFields(
                    try await request.body.collect(), id: request.id,
                    scheduling: try NexusFields.scheduling(request.headers))
                let result = try await source.rerank(fields.request)
                return .json(result.list(model: Self.name(fields.request.model, result.model), fields))
            },
            Route(.post, "/classify", EmbeddingSchemas.classify, execution: .bySize) { request in
                let fields = try ClassificationFields(
                    try await request.body.collect(), id: request.id,
                    scheduling: try NexusFields.scheduling(request.headers))
                let result = try await source.classify(fields.request)
                let model = Self.name(fields.request.model, result.model)
                return .json(result.list(id: request.id, model: model, created: now()))
            },
        ]
    }

    /// llama-server's further names. `/embedding` and `/embeddings` answer in its own shape, which has vectors of tokens
    /// too. They are for an engine that stands alone, and not for a server with an API document.
    public var aliases: [Route] {
        let native = ["/embedding", "/embeddings"].map { path in
            Route(.post, path, EmbeddingSchemas.native, execution: .bySize) { request in
                try await embed(request, isNative: true)
            }
        }
        let others = routes.flatMap { route in
            (Self.names[route.pattern] ?? []).map { path in
                var alias = route
                alias.pattern = path
                return alias
            }
        }
        return native + others
    }

    private static let names = [
        "/v1/rerank": ["/rerank", "/reranking", "/v1/reranking"], "/classify": ["/v1/classify"],
    ]

    private func embed(_ request: HTTPRequest, isNative: Bool) async throws -> HTTPResponse {
        let fields = try EmbeddingFields(
            try await request.body.collect(), id: request.id, scheduling: try NexusFields.scheduling(request.headers),
            isNative: isNative)
        let result = try await source.embed(fields.request)
        let model = Self.name(fields.request.model, result.model)
        return .json(fields.isNative ? result.nativeList : result.list(model: model, encoding: fields.encoding))
    }

    /// The name to answer with: the one that was asked for, or the one that stood in for none.
    private static func name(_ asked: ModelID, _ served: ModelID) -> ModelID { asked.name.isEmpty ? served : asked }
}
