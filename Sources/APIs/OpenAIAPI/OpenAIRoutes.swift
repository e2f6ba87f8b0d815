public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// OpenAI's endpoints around anything that generates: the engine of this process or workers behind sockets.
public struct OpenAIRoutes: Sendable {
    private let source: any Generating
    private let now: @Sendable () -> Int64
    private let style: Style
    /// So long a silence is broken with a comment, so that proxies keep the connection open.
    private static let keepAlive = Duration.seconds(15)

    /// - Parameters:
    ///   - source: what answers.
    ///   - now: Unix time in seconds.
    ///   - style: what stands in every answer.
    public init(_ source: any Generating, now: @escaping @Sendable () -> Int64, style: Style = Style()) {
        self.source = source
        self.now = now
        self.style = style
    }

    public var routes: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/v1/chat/completions", OpenAISchemas.chatCompletion, execution: .bySize) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .chat(try await request.body.collect(), id: request.id, scheduling: scheduling))
            },
            Route(.post, "/v1/completions", OpenAISchemas.completion, execution: .bySize) { request in
                let scheduling = try NexusFields.scheduling(request.headers)
                return try await complete(
                    try .text(try await request.body.collect(), id: request.id, scheduling: scheduling))
            },
            Route(.get, "/v1/models", OpenAISchemas.listModels) { _ in
                .json(ModelListing.list(await source.models()))
            },
            Route(.get, "/v1/models/{model...}", OpenAISchemas.getModel) { request in
                let name = request.parameters.string("model")
                let models = await source.models()
                guard let model = models.first(where: { $0.id.name == name || $0.aliases.contains(name) }) else {
                    throw ServiceError(
                        .modelNotFound, "The model '\(name)' is not served here.",
                        hint: "GET /v1/models lists those that are.", parameter: "model")
                }
                return .json(ModelListing.value(model))
            },
        ]
    }

    /// What stands in every answer.
    public struct Style: Sendable {
        /// What computes, in `system_fingerprint`; `nil` does not tell.
        public var fingerprint: String?
        /// Whether each answer carries `__verbose`, as if every request had `verbose`.
        public var isVerbose: Bool

        public init(fingerprint: String? = nil, isVerbose: Bool = false) {
            self.fingerprint = fingerprint
            self.isVerbose = isVerbose
        }
    }

    func complete(_ asked: consuming CompletionRequest) async throws -> HTTPResponse {
        let isStreaming = asked.isStreaming
        let choices = try await ChoiceGroup(starting: styled(consume asked), source, created: now())
        guard isStreaming else {
            return .bytes(try await choices.whole(), contentType: "application/json")
        }
        return .events(keepAlive: Self.keepAlive) { writer in
            try await writer.onServerThread { try await choices.write(to: writer) }
        }
    }

    /// With what stands in every answer. Not inlined, so that what it changes does not lie in the frame that waits for the
    /// answer.
    @inline(never)
    private func styled(_ asked: consuming CompletionRequest) -> CompletionRequest {
        var request = consume asked
        request.fingerprint = style.fingerprint
        if request.isStreaming, !request.isNative { request.generation.scheduling.reportsLoading = true }
        if style.isVerbose {
            request.wishes.isVerbose = true
            request.generation.reports.details = true
        }
        return request
    }
}
