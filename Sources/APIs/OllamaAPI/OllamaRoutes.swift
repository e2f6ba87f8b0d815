public import HTTPServing
import JSONText
import OpenAIAPI
import RequestScope
public import Telemetry
public import Vocabulary

/// Ollama's endpoints around anything that generates and embeds, and around the models of this server.
public struct OllamaRoutes: Sendable {
    let source: any Generating & Embedding
    let library: any OllamaLibrary
    let names: OllamaNames
    let now: @Sendable () -> UnixTime
    let version: String

    /// - Parameters:
    ///   - source: what answers.
    ///   - library: the models.
    ///   - version: what `/api/version` tells.
    ///   - now: the clock.
    public init(
        _ source: any Generating & Embedding, library: any OllamaLibrary, version: String,
        now: @escaping @Sendable () -> UnixTime
    ) {
        self.source = source
        self.library = library
        self.now = now
        self.version = version
        names = OllamaNames(source)
    }

    public var routes: [Route] { answering + vectors + modelRoutes }

    // MARK: Answers

    private var answering: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/api/chat", OllamaSchemas.chat, execution: .bySize) { try await answer(.chat, $0) },
            Route(.post, "/api/generate", OllamaSchemas.generate, execution: .bySize) {
                try await answer(.generate, $0)
            },
        ]
    }

    private func answer(_ kind: OllamaRequest.Kind, _ http: HTTPRequest) async throws -> HTTPResponse {
        let began = now()
        var request = try OllamaRequest(
            kind, try await http.body.collect(), id: http.id, scheduling: try NexusFields.scheduling(http.headers))
        request.generation.model = await names.resolved(request.generation.model)
        // What is waited for is told in no line, but its time is.
        request.generation.scheduling.reportsLoading = true
        let model = await source.servedName(for: request.generation.model).name
        var encoder = OllamaEncoder(request, model: model, began: began, now: now)
        switch request.order {
        case .answer: break
        case .load:
            try await library.load(model, keepAlive: request.generation.scheduling.keepAlive)
            return respond(encoder.order("load"), isStreaming: request.isStreaming)
        case .unload:
            try await library.unload(model)
            return respond(encoder.order("unload"), isStreaming: request.isStreaming)
        }
        let stream = try await source.generate(request.generation)
        guard request.isStreaming else {
            return .json(.object(OllamaEncoder.whole(try await encoder.collected(stream), kind)))
        }
        return OllamaLines.response { [encoder] writer in
            var encoder = encoder
            try await writer.onServerThread { try await encoder.write(stream, to: writer) }
        }
    }

    private func respond(_ object: JSONObject, isStreaming: Bool) -> HTTPResponse {
        guard isStreaming else { return .json(.object(object)) }
        return OllamaLines.response { try await OllamaLines.write(object, to: $0) }
    }

    // MARK: Vectors

    private var vectors: [Route] {
        [
            Route(.post, "/api/embed", OllamaSchemas.embed, execution: .bySize) { request in
                let began = now()
                let fields = try OllamaEmbedding(
                    try await request.body.collect(), id: request.id,
                    scheduling: try NexusFields.scheduling(request.headers))
                let (vectors, model, count) = try await vectors(fields)
                return .json([
                    "model": .string(model), "embeddings": .array(vectors),
                    "total_duration": .integer(now().nanoseconds - began.nanoseconds), "load_duration": 0,
                    "prompt_eval_count": .whole(count),
                ])
            },
            Route(.post, "/api/embeddings", OllamaSchemas.embeddings, execution: .bySize) { request in
                let fields = try OllamaEmbedding(
                    try await request.body.collect(), id: request.id,
                    scheduling: try NexusFields.scheduling(request.headers), isSingle: true)
                return .json(["embedding": try await vectors(fields).vectors.first ?? []])
            },
        ]
    }

    private func vectors(_ fields: OllamaEmbedding) async throws -> (vectors: [JSONValue], model: String, tokens: Int) {
        var request = fields.request
        request.model = await names.resolved(request.model)
        let model = await source.servedName(for: request.model).name
        guard !request.inputs.isEmpty else { return ([], model, 0) }
        let result = try await source.embed(request)
        let vectors = result.entries.map { entry -> JSONValue in
            .array((entry.vectors.first ?? []).map { .number(Double($0)) })
        }
        return (vectors, model, result.promptTokens)
    }
}

/// Reads requests for vectors.
struct OllamaEmbedding {
    var request: EmbeddingRequest
    private static let inputsMax = 2_048

    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what the headers say.
    ///   - isSingle: the older endpoint, with one `prompt`.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    init(_ body: [UInt8], id: RequestID, scheduling: SchedulingOptions, isSingle: Bool = false) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            var inputs: [EmbeddingInput] = []
            if isSingle {
                let text = try root.optional("prompt")?.string() ?? ""
                inputs = text.isEmpty ? [] : [.text(text)]
            } else {
                let field = try root.required("input")
                if case .string(let text) = field.value {
                    inputs = [.text(text)]
                } else {
                    inputs = try field.elements(countMax: Self.inputsMax).map { .text(try $0.string()) }
                }
            }
            var request = EmbeddingRequest(
                id: id, model: ModelID(try root.optional(firstOf: ["model", "name"])?.string() ?? ""), inputs: inputs,
                dimensions: try root.optional("dimensions")?.integer(in: 1...Int(Int32.max)), norm: .power(2))
            // What is too long is cut, unless the client wants to be told.
            if try root.optional("truncate")?.bool() ?? true { request.truncation = Truncation() }
            request.scheduling = scheduling
            if let time = try root.optional("keep_alive") { request.scheduling.keepAlive = try time.keepAlive() }
            self.request = request
        } catch {
            throw ServiceError(reading: error)
        }
    }
}
