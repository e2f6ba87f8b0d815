public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// OpenAI's endpoints around anything that generates: the engine of this process or workers behind sockets.
public struct OpenAIRoutes: Sendable {
    private let source: any Generating
    private let now: @Sendable () -> Int64
    /// So long a silence is broken with a comment, so that proxies keep the connection open.
    private static let keepAlive = Duration.seconds(15)

    /// - Parameters:
    ///   - source: what answers.
    ///   - now: Unix time in seconds.
    public init(_ source: any Generating, now: @escaping @Sendable () -> Int64) {
        self.source = source
        self.now = now
    }

    public var routes: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/v1/chat/completions", OpenAISchemas.chatCompletion, execution: .concurrent) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .chat(try await request.body.collect(), id: request.id, scheduling: scheduling))
            },
            Route(.post, "/v1/completions", OpenAISchemas.completion, execution: .concurrent) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .text(try await request.body.collect(), id: request.id, scheduling: scheduling))
            },
            Route(.get, "/v1/models", OpenAISchemas.listModels) { _ in
                .json(["object": "list", "data": .array(await source.models().map(Self.value))])
            },
            Route(.get, "/v1/models/{model...}", OpenAISchemas.getModel) { request in
                let name = request.parameters.string("model")
                guard let model = await source.models().first(where: { $0.id.name == name }) else {
                    throw ServiceError(
                        .modelNotFound, "The model '\(name)' is not served here.",
                        hint: "GET /v1/models lists those that are.", parameter: "model")
                }
                return .json(Self.value(model))
            },
        ]
    }

    private func complete(_ request: CompletionRequest) async throws -> HTTPResponse {
        let model = await source.servedName(for: request.generation.model)
        let choices = try await ChoiceGroup(starting: request, source, model: model, created: now())
        guard request.isStreaming else { return .json(try await choices.whole()) }
        return .events(keepAlive: Self.keepAlive) { writer in try await choices.write(to: writer) }
    }

    private static func value(_ model: ServedModel) -> JSONValue {
        var meta = JSONObject()
        meta["n_ctx"] = model.contextTokens.map(JSONValue.whole)
        meta["note"] = model.note.map(JSONValue.string)
        return [
            "id": .string(model.id.name), "object": "model", "created": .integer(model.created),
            "owned_by": "llama-nexus", "meta": .object(meta),
            "capabilities": .array(model.capabilities.map(JSONValue.string)),
            "architecture": [
                "input_modalities": .array(model.modalities.names.map(JSONValue.string)), "output_modalities": ["text"],
            ],
        ]
    }
}
