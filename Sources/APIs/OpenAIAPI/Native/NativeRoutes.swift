public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// llama-server's own endpoints for completion, around the same engine as OpenAI's: `POST /completion` and `/completions`,
/// `POST /infill`. They are for an engine that stands alone, and not for a server with an API document.
extension OpenAIRoutes {
    public var nativeRoutes: [Route] {
        ["/completion", "/completions"].map { path in
            Route(.post, path, NativeSchemas.completion, execution: .bySize) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .native(try await request.body.collect(), id: request.id, scheduling: scheduling))
            }
        } + [
            Route(.post, "/infill", NativeSchemas.infill, execution: .bySize) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .infill(try await request.body.collect(), id: request.id, scheduling: scheduling))
            }
        ]
    }
}
