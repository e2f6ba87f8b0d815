public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// OpenAI's endpoint for embeddings and the one for ranking that Jina, Cohere and llama-server share, around anything that
/// embeds. They compute, so they run beside the server's thread.
public struct EmbeddingRoutes: Sendable {
    private let source: any Embedding

    /// - Parameter source: what answers.
    public init(_ source: any Embedding) { self.source = source }

    public var routes: [Route] {
        [
            Route(.post, "/v1/embeddings", EmbeddingSchemas.embeddings, execution: .concurrent) { request in
                let fields = try EmbeddingFields(try await request.body.collect(), id: request.id, isNative: false)
                let result = try await source.embed(fields.request)
                return .json(result.list(model: result.model, encoding: fields.encoding))
            },
            Route(.post, "/v1/rerank", EmbeddingSchemas.rerank, execution: .concurrent) { request in
                let fields = try RerankFields(try await request.body.collect(), id: request.id)
                let result = try await source.rerank(fields.request)
                return .json(result.list(model: result.model, fields))
            },
        ]
    }

    /// llama-server's further names. `/embedding` and `/embeddings` answer in its own shape, which has vectors of tokens
    /// too. They are for an engine that stands alone, and not for a server with an API document.
    public var aliases: [Route] {
        let native = ["/embedding", "/embeddings"].map { path in
            Route(.post, path, execution: .concurrent) { request in
                let fields = try EmbeddingFields(try await request.body.collect(), id: request.id, isNative: true)
                return .json(try await source.embed(fields.request).nativeList)
            }
        }
        let rerank = routes.filter { $0.pattern == "/v1/rerank" }.flatMap { route in
            ["/rerank", "/reranking", "/v1/reranking"].map { path in
                var alias = route
                alias.pattern = path
                return alias
            }
        }
        return native + rerank
    }
}
