public import HTTPServing
import JSONText
import OpenAIAPI
public import RequestScope
public import Vocabulary

/// OpenAI's Responses API around anything that generates. Without a memory it keeps nothing: every request brings its
/// conversation.
public struct ResponsesRoutes: Sendable {
    let source: any Generating & TokenCounting
    let now: @Sendable () -> Int64
    let memory: ResponseMemory?
    let background: BackgroundResponses
    /// So long a silence is broken with a comment, so that proxies keep the connection open.
    static let keepAlive = Duration.seconds(15)

    /// - Parameters:
    ///   - source: what answers.
    ///   - now: Unix time in seconds.
    ///   - memory: what is kept between requests; `nil` keeps nothing.
    ///   - background: writes responses without their clients.
    public init(
        _ source: any Generating & TokenCounting, now: @escaping @Sendable () -> Int64, memory: ResponseMemory? = nil,
        background: BackgroundResponses = BackgroundResponses()
    ) {
        self.source = source
        self.now = now
        self.memory = memory
        self.background = background
    }

    public var routes: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/v1/responses", ResponsesSchemas.create(isStoring: memory != nil), execution: .bySize) {
                request in
                try await respond(to: try await read(request), request)
            },
            Route(.post, "/v1/responses/input_tokens", ResponsesSchemas.count, execution: .concurrent) { request in
                let count = try await source.countTokens(of: try await read(request).request.generation)
                return .json(TokenCountRoutes.answer(count))
            },
        ] + (memory.map(storedRoutes) ?? [nothing])
    }

    private var nothing: Route {
        Route(.get, "/v1/responses/{id}", ResponsesSchemas.get) { request in
            throw ServiceError(
                .notFound, "The response '\(request.parameters.string("id").prefix(80))' is not here.",
                hint: "This server keeps no responses: what POST /v1/responses answers is all there is.",
                parameter: "id")
        }
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

    // MARK: Reading

    /// A request, its own items as they are kept, and what it takes to read it again.
    private struct Asked {
        var request: ResponseRequest
        var input: [JSONValue] = []
        var pending: PendingRequest?
    }

    private func read(_ http: HTTPRequest) async throws -> Asked {
        let scheduling = try NexusFields.scheduling(http.headers)
        let root = try JSONField.body(try await http.body.collect())
        guard let memory else {
            return Asked(request: try ResponseRequest(root: root, id: http.id, scheduling: scheduling))
        }
        let request = try await read(root, id: http.id, scheduling, suffix: memory.suffix(), memory)
        guard request.state.isStored else { return Asked(request: request) }
        return Asked(
            request: request, input: StoredItems.of(root.value["input"] ?? .null, suffix: memory.suffix),
            pending: request.state.isBackground
                ? PendingRequest(
                    body: root.value, headers: http.headers, origin: (Principal.current ?? .open).origin,
                    testimony: background.standing.testimony()) : nil)
    }

    /// A request with what came before it.
    func read(
        _ root: JSONField, id: RequestID, _ scheduling: SchedulingOptions, suffix: String, _ memory: ResponseMemory
    ) async throws -> ResponseRequest {
        let state: ResponseState
        do { state = try ResponseState(root) } catch { throw ServiceError(reading: error) }
        let history = try await memory.history(state)
        return try ResponseRequest(
            root: root, id: id, scheduling: scheduling, remembered: (state, history, suffix))
    }

    // MARK: Answering

    private func respond(to asked: Asked, _ http: HTTPRequest) async throws -> HTTPResponse {
        let request = asked.request.reportingLoading
        let model = await source.servedName(for: request.generation.model)
        let created = now()
        if let memory, let pending = asked.pending {
            return try await begin(request, asked.input, pending, model: model, created: created, memory)
        }
        let keeper = memory.flatMap { memory in
            request.state.isStored ? ResponseKeeper(memory, request, input: asked.input) : nil
        }
        let stream = try await source.generate(request.generation)
        guard request.isStreaming else {
            let answer = try await CollectedAnswer(collecting: stream)
            let frame = ResponseFrame(request, model: model, created: created)
            let whole = frame.whole(answer, warnings: request.warnings)
            try await keeper?.keep(whole)
            return .json(whole)
        }
        return .events(keepAlive: Self.keepAlive) { writer in
            var encoder = ResponseEncoder(request, model: model, created: created)
            try await writer.onServerThread {
                try await encoder.write(stream, to: writer) { ended in
                    if let last = ended.last { try await keeper?.keep(last) }
                }
            }
        }
    }
}

extension ResponseRequest {
    /// The request, whose answer may begin with what it waits for where it is read as a stream.
    var reportingLoading: Self {
        var copy = self
        copy.generation.scheduling.reportsLoading = isStreaming || state.isBackground
        return copy
    }
}
