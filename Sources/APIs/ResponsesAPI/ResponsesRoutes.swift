public import HTTPServing
import JSONText
import OpenAIAPI
public import RequestScope
public import Vocabulary

/// OpenAI's Responses API around anything that generates. It keeps nothing: every request brings its conversation.
public struct ResponsesRoutes: Sendable {
    private let source: any Generating & TokenCounting
    private let now: @Sendable () -> Int64
    /// So long a silence is broken with a comment, so that proxies keep the connection open.
    private static let keepAlive = Duration.seconds(15)

    /// - Parameters:
    ///   - source: what answers.
    ///   - now: Unix time in seconds.
    public init(_ source: any Generating & TokenCounting, now: @escaping @Sendable () -> Int64) {
        self.source = source
        self.now = now
    }

    public var routes: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/v1/responses", ResponsesSchemas.create, execution: .concurrent) { request in
                try await respond(to: try await read(request))
            },
            Route(.post, "/v1/responses/input_tokens", ResponsesSchemas.count, execution: .concurrent) { request in
                let count = try await source.countTokens(of: try await read(request).generation)
                return .json(TokenCountRoutes.answer(count))
            },
            Route(.get, "/v1/responses/{id}", ResponsesSchemas.get) { request in
                throw ServiceError(
                    .notFound, "The response '\(request.parameters.string("id").prefix(80))' is not here.",
                    hint: "This server keeps no responses: what POST /v1/responses answers is all there is.",
                    parameter: "id")
            },
        ]
    }

    /// llama-server's names without `/v1`, for an engine that stands alone.
    public var aliases: [Route] {
        routes.filter { $0.method == .post }.map { route in
            var alias = route
            alias.pattern = String(route.pattern.dropFirst("/v1".count))
            return alias
        }
    }

    /// The shape of errors on the paths of `aliases`.
    public static let aliasErrors = ErrorShape.openAI(below: "/responses")

    private func read(_ request: HTTPRequest) async throws -> ResponseRequest {
        let scheduling = try NexusFields.scheduling(request.headers)
        return try ResponseRequest(try await request.body.collect(), id: request.id, scheduling: scheduling)
    }

    private func respond(to asked: ResponseRequest) async throws -> HTTPResponse {
        let request = asked.reportingLoading
        let model = await source.servedName(for: request.generation.model)
        let created = now()
        let stream = try await source.generate(request.generation)
        guard request.isStreaming else {
            let answer = try await CollectedAnswer(collecting: stream)
            let frame = ResponseFrame(request, model: model, created: created)
            return .json(frame.whole(answer, warnings: request.warnings))
        }
        return .events(keepAlive: Self.keepAlive) { writer in
            var encoder = ResponseEncoder(request, model: model, created: created)
            try await writer.onServerThread { try await encoder.write(stream, to: writer) }
        }
    }
}

extension ResponseRequest {
    /// The request, whose answer may begin with what it waits for where it is read as a stream.
    fileprivate var reportingLoading: Self {
        var copy = self
        copy.generation.scheduling.reportsLoading = isStreaming
        return copy
    }
}
