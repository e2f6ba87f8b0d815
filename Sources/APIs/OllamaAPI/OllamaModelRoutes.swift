import HTTPServing
import JSONText
import RequestScope
import Streaming
import Vocabulary

/// Ollama's endpoints for models: lists, what one is made of, bringing, making and removing them.
extension OllamaRoutes {
    private static let bodyBytesMax = 1 << 20

    var modelRoutes: [Route] { reading + changing + refused }

    private var reading: [Route] {
        [
            Route(.get, "/api/tags", OllamaSchemas.tags) { _ in
                .json(["models": .array(try await library.models().map { .object($0.json) })])
            },
            Route(.get, "/api/ps", OllamaSchemas.running) { _ in
                .json(["models": .array(try await library.running().map { .object($0.json) })])
            },
            Route(.get, "/api/version", OllamaSchemas.version) { _ in .json(["version": .string(version)]) },
            Route(.post, "/api/show", OllamaSchemas.show, bodyBytesMax: Self.bodyBytesMax) { request in
                let name = try await names.read(try .body(try await request.body.collect()))
                return .json(.object(try await library.description(of: name).json))
            },
        ]
    }

    private var changing: [Route] {
        [
            Route(.post, "/api/pull", OllamaSchemas.pull, bodyBytesMax: Self.bodyBytesMax) { request in
                try await changed(request) { root, tell in
                    let name = try root.required(either: "model", or: "name").keptText(bytesIn: 1...1_024)
                    return { try await library.pull(name, tell: tell) }
                }
            },
            Route(.post, "/api/create", OllamaSchemas.create, bodyBytesMax: Self.bodyBytesMax) { request in
                try await changed(request) { root, tell in
                    let order = try OllamaCreation(root)
                    return {
                        var resolved = order
                        resolved.source = await names.resolved(ModelID(order.source)).name
                        try await library.create(resolved)
                        try await tell(OllamaProgress("using existing model \(order.source)"))
                        try await tell(OllamaProgress("success"))
                    }
                }
            },
            Route(.post, "/api/copy", OllamaSchemas.copy, bodyBytesMax: Self.bodyBytesMax) { request in
                let root = try JSONField.body(try await request.body.collect())
                do {
                    let source = try await names.read(root, ["source"])
                    try await library.copy(source, to: try root.required("destination").keptText(bytesIn: 1...1_024))
                } catch {
                    throw ServiceError(reading: error)
                }
                return HTTPResponse(.ok)
            },
            Route(.delete, "/api/delete", OllamaSchemas.delete, bodyBytesMax: Self.bodyBytesMax) { request in
                do {
                    try await library.delete(try await names.read(.body(try await request.body.collect())))
                } catch {
                    throw ServiceError(reading: error)
                }
                return HTTPResponse(.ok)
            },
        ]
    }

    /// What needs Ollama's own registry.
    private var refused: [Route] {
        [
            Route(.post, "/api/push", OllamaSchemas.push) { _ in
                throw ServiceError(
                    .notSupported, "This server pushes no models.", hint: "Use the hub's own tools to publish one.")
            },
            Route(.post, "/api/blobs/{digest}", OllamaSchemas.blobs, bodyBytesMax: Self.bodyBytesMax) { _ in
                throw ServiceError(
                    .notSupported, "This server takes no files of models over Ollama's API.",
                    hint: "Put the file on the server, and import it: nexus models import.")
            },
        ]
    }

    private typealias Tell = @Sendable (OllamaProgress) async throws -> Void

    /// An order that takes a while: lines of progress as they come, or the last one where no stream is wanted. What is wrong
    /// with the order itself is an error before anything is written.
    private func changed(
        _ request: HTTPRequest,
        _ read: (JSONField, @escaping Tell) throws -> @Sendable () async throws -> Void
    ) async throws -> HTTPResponse {
        let root = try JSONField.body(try await request.body.collect())
        let relay = ProgressRelay()
        let work: @Sendable () async throws -> Void
        let isStreaming: Bool
        do {
            isStreaming = try root.optional("stream")?.bool() ?? true
            work = try read(root) { try await relay.tell($0) }
        } catch {
            throw ServiceError(reading: error)
        }
        guard isStreaming else {
            try await work()
            return .json(["status": "success"])
        }
        // The first word decides whether the answer is a stream or an error.
        let running = Task {
            defer { relay.finish() }
            try await work()
        }
        guard let first = await relay.next() else {
            try await running.value
            return .json(["status": "success"])
        }
        return OllamaLines.response { writer in
            try await withTaskCancellationHandler {
                do {
                    try await OllamaLines.write(first.json, to: writer)
                    while let progress = await relay.next() { try await OllamaLines.write(progress.json, to: writer) }
                    try await running.value
                } catch let error where !(error is CancellationError) {
                    try await OllamaLines.write(error, to: writer)
                }
            } onCancel: {
                running.cancel()
            }
        }
    }
}

/// Hands progress from who works to who writes. What waits is bounded: of more, the newest count.
private final class ProgressRelay: Sendable {
    private static let waitingMax = 256
    private let stream: AsyncStream<OllamaProgress>
    private let sender: AsyncStream<OllamaProgress>.Continuation

    init() {
        (stream, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingMax))
    }

    func tell(_ progress: OllamaProgress) async throws {
        try Task.checkCancellation()
        sender.yield(progress)
    }

    func finish() { sender.finish() }

    /// One reader.
    func next() async -> OllamaProgress? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next(isolation: nil)
    }
}

extension OllamaCreation {
    /// What a model can be made of here, and what of it can be changed. The rest is refused one by one.
    init(_ root: JSONField) throws {
        let name = try root.required(either: "model", or: "name").keptText(bytesIn: 1...1_024)
        try Self.refuse(root)
        self.init(name: name, source: try root.required("from").keptText(bytesIn: 1...1_024))
        if let field = try root.optional("template"), field.value != "" {
            let text = try field.keptText(bytesIn: 0...4_000)
            guard !text.contains("{{ ."), !text.contains("{{."), !text.contains("{{-") || text.contains("{%") else {
                throw Self.unsupported(
                    field.path, "is a template in Go's language; prompts are written with Jinja here",
                    "Send a Jinja template, or leave it out: the model has its own.")
            }
            template = text
        }
        parameters = try root.optional("parameters")?.object() ?? [:]
    }

    private static func refuse(_ root: JSONField) throws {
        let absent = [
            ("system", "cannot be kept with a model", "Send it with each request, as a system message."),
            ("messages", "cannot be kept with a model", "Send them with each request."),
            ("files", "names files of Ollama's store", "Import the file: nexus models import."),
            ("adapters", "names files of Ollama's store", "Deploy the model with the argument --lora FILE."),
            ("quantize", "is a job of its own", "nexus models quantize makes one."),
            ("modelfile", "is not read here", "Send 'from', 'template' and 'parameters'."),
        ]
        for (name, problem, hint) in absent {
            guard let field = try root.optional(name), ![.string(""), [], [:]].contains(field.value) else { continue }
            throw unsupported(name, problem, hint)
        }
    }

    private static func unsupported(_ name: String, _ problem: String, _ hint: String) -> ServiceError {
        ServiceError(.unsupported, "'\(name)' \(problem).", hint: hint, parameter: name)
    }
}

extension JSONField {
    /// The member by either of its names.
    fileprivate func required(either first: String, or second: String) throws(JSONFieldError) -> JSONField {
        if let member = try optional(firstOf: [first, second]) { return member }
        return try required(first)
    }
}
