import HTTPServing
import JSONText
import RequestScope
import Streaming
import Synchronization
import Telemetry
import TestAnswers
import Testing
import Vocabulary

@testable import OllamaAPI

@Suite struct OllamaRoutesTests {
    private struct Answers {
        let status: Int
        let lines: [JSONValue]
        var one: JSONValue { lines.first ?? .null }
    }

    private func ask(
        _ source: ScriptedModels, _ method: HTTPMethod, _ path: String, _ body: String
    ) async throws -> Answers {
        try await ask(source, Shelf(), method, path, body)
    }

    private func ask(
        _ source: ScriptedModels, _ library: Shelf, _ method: HTTPMethod, _ path: String,
        _ body: String = ""
    ) async throws -> Answers {
        let clock = Mutex(Int64(1_000_000_000))
        let routes = OllamaRoutes(source, library: library, version: "0.1") {
            UnixTime(
                nanoseconds: clock.withLock { time in
                    time += 5_000_000
                    return time
                })
        }
        var router = Router()
        for route in routes.routes { router.add(route) }
        router.onError = { error, _ in
            let error = ServiceError(reading: error)
            return .json(
                OllamaErrors.body(error), status: HTTPStatus(rawValue: error.code == .modelNotFound ? 404 : 400))
        }
        let request = HTTPRequest(method, path, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let response = await router.respond(to: request)
        let text = String(decoding: try await response.collectBody(), as: UTF8.self)
        let lines = try text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        return Answers(status: response.status.rawValue, lines: lines)
    }

    private static let answer: @Sendable (ScriptedGenerating.Answer) -> Void = { answer in
        answer.say(
            .loading(.loading), .started(GenerationStart(model: ModelID("first"), promptTokens: 5)), .reasoning("hm"),
            .text("Hel"), .text("lo"),
            .toolCall(ToolCallDelta(index: 0, id: "c1", name: "f", arguments: #"{"a":"#)),
            .toolCall(ToolCallDelta(index: 0, arguments: "1}")))
        var end = GenerationEnd(
            reason: .length, usage: TokenUsage(promptTokens: 5, completionTokens: 2),
            timings: GenerationTimings(queue: .zero, prefill: .milliseconds(3), decode: .milliseconds(4)))
        end.stopText = nil
        answer.outlet.end(with: [.finished(end)])
    }

    @Test func `a chat's stream adds up to the whole`() async throws {
        let source = ScriptedModels(ScriptedGenerating(onStart: Self.answer))
        let body = #"{"model":"first","messages":[{"role":"user","content":"x"}]}"#
        let lines = try await ask(source, .post, "/api/chat", body).lines
        #expect(lines.map { $0["message"]?["content"]?.string } == ["", "Hel", "lo", "", ""])
        #expect(lines.map { $0["message"]?["thinking"]?.string } == ["hm", nil, nil, nil, nil])
        #expect(lines[3]["message"]?["tool_calls"]?.array?.first?["function"]?["arguments"] == ["a": 1])
        #expect(lines.map { $0["done"]?.bool } == [false, false, false, false, true])
        let last = try #require(lines.last)
        #expect(last["done_reason"] == "length" && last["eval_count"] == 2 && last["prompt_eval_count"] == 5)
        #expect(last["prompt_eval_duration"] == 3_000_000 && last["eval_duration"] == 4_000_000)
        let (total, load) = (try #require(last["total_duration"]?.integer), last["load_duration"]?.integer)
        #expect(total > 7_000_000 && load == total - 7_000_000)
        #expect(last["context"] == nil && last["model"] == "first")
        let whole = try await ask(source, .post, "/api/chat", body.dropLast() + #","stream":false}"#).one
        #expect(whole["message"]?["content"] == "Hello" && whole["message"]?["thinking"] == "hm")
        #expect(whole["message"]?["tool_calls"]?.array?.count == 1 && whole["done"] == true)
        #expect(whole["done_reason"] == "length")
    }

    @Test func `a generated text carries its conversation`() async throws {
        let source = ScriptedModels(
            ScriptedGenerating { answer in
                answer.say(.text("Hello"))
                answer.finish()
            })
        let first = try await ask(source, .post, "/api/generate", #"{"prompt":"x","stream":false}"#).one
        #expect(first["response"] == "Hello" && first["done_reason"] == "stop")
        let context = try #require(first["context"])
        _ = try await ask(source, .post, "/api/generate", #"{"prompt":"y","context":\#(context.text)}"#)
        #expect(
            source.base.answers.last?.request.prompt
                == .chat(
                    [ChatMessage(.user, "x"), ChatMessage(.assistant, "Hello"), ChatMessage(.user, "y")], tools: []))
    }

    @Test func `an answer that breaks off ends with an error`() async throws {
        let source = ScriptedModels(
            ScriptedGenerating { answer in
                answer.say(.text("Hel"))
                answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
            })
        let body = #"{"messages":[{"role":"user","content":"x"}]}"#
        let lines = try await ask(source, .post, "/api/chat", body).lines
        #expect(lines.count == 2 && lines[1]["error"] == "It broke." && lines[1]["code"] == "engine_failed")
        let whole = try await ask(source, .post, "/api/chat", body.dropLast() + #","stream":false}"#)
        #expect(whole.status == 400 && whole.one["error"] == "It broke.")
    }

    @Test func `latest means the name, unless there is one that is called so`() async throws {
        let source = ScriptedModels(ScriptedGenerating { $0.finish() })
        let body = #"{"model":"first:latest","messages":[{"role":"user","content":"x"}]}"#
        _ = try await ask(source, .post, "/api/chat", body)
        #expect(source.base.answers.last?.request.model == ModelID("first"))
    }

    @Test func `vectors have length one, and nothing has none`() async throws {
        let source = ScriptedModels(ScriptedGenerating())
        let both = try await ask(source, .post, "/api/embed", #"{"model":"m","input":["a","b"],"dimensions":2}"#).one
        #expect(
            both["embeddings"] == [[1.0, 0.0], [1.0, 0.0]] && both["prompt_eval_count"] == 2 && both["model"] == "m")
        let asked = try #require(source.embedded.withLock { $0.last })
        #expect(asked.norm == .power(2) && asked.truncation == Truncation() && asked.dimensions == 2)
        let older = try await ask(source, .post, "/api/embeddings", #"{"model":"m","prompt":"a"}"#).one
        #expect(older == ["embedding": [1.0, 0.0]])
        #expect(try await ask(source, .post, "/api/embed", #"{"input":[]}"#).one["embeddings"] == [])
        _ = try await ask(source, .post, "/api/embed", #"{"input":"a","truncate":false}"#)
        #expect(source.embedded.withLock { $0.last?.truncation } == nil)
    }

    @Test func `models are listed, shown, loaded, and let go`() async throws {
        let (source, shelf) = (ScriptedModels(ScriptedGenerating()), Shelf())
        let list = try await ask(source, shelf, .get, "/api/tags").one
        #expect(list["models"]?.array?.first?["details"]?["parameter_size"] == "1.8M")
        let shown = try await ask(source, shelf, .post, "/api/show", #"{"name":"first:latest"}"#).one
        #expect(shown["model_info"]?["llama.context_length"] == 512 && shown["capabilities"] == ["completion"])
        #expect(shown["parameters"] == "top_k 3")
        let running = try await ask(source, shelf, .get, "/api/ps").one
        #expect(running["models"]?.array?.first?["context_length"] == 512)
        #expect(try await ask(source, shelf, .get, "/api/version").one == ["version": "0.1"])
        let load = try await ask(source, shelf, .post, "/api/generate", #"{"model":"first"}"#)
        #expect(load.one["done_reason"] == "load" && load.one["done"] == true)
        let unload = try await ask(source, shelf, .post, "/api/chat", #"{"model":"first","keep_alive":"0s"}"#)
        #expect(unload.one["done_reason"] == "unload")
        #expect(shelf.log == ["show first", "load first", "unload first"])
    }

    @Test func `a pull tells how far it is, and its failure`() async throws {
        let (source, shelf) = (ScriptedModels(ScriptedGenerating()), Shelf())
        let lines = try await ask(source, shelf, .post, "/api/pull", #"{"model":"hf.co/a/b"}"#).lines
        #expect(lines.map { $0["status"] } == ["pulling manifest", "pulling x", "success"])
        #expect(lines[1]["total"] == 10 && lines[1]["completed"] == 4 && lines[1]["digest"] == "job_1")
        let whole = try await ask(source, shelf, .post, "/api/pull", #"{"name":"hf.co/a/b","stream":false}"#)
        #expect(whole.lines == [["status": "success"]])
        let refused = try await ask(source, shelf, .post, "/api/pull", #"{"model":"none"}"#)
        #expect(refused.status == 404 && refused.one["error"] == "no such model")
        let broken = try await ask(source, shelf, .post, "/api/pull", #"{"model":"breaks"}"#).lines
        #expect(broken.map { $0["error"] } == [nil, "It broke."])
    }

    @Test(arguments: [
        (#"{"model":"n","from":"first","system":"be"}"#, "system"),
        (#"{"model":"n","from":"first","template":"{{ .Prompt }}"}"#, "template"),
        (#"{"model":"n","from":"first","messages":[{}]}"#, "messages"),
        (#"{"model":"n","from":"first","files":{"a":"b"}}"#, "files"),
        (#"{"model":"n","from":"first","adapters":{"a":"b"}}"#, "adapters"),
        (#"{"model":"n","from":"first","quantize":"q4_K_M"}"#, "quantize"),
        (#"{"model":"n"}"#, "from"), (#"{"from":"first"}"#, "model"),
    ])
    func `what a model cannot be made of is refused by name`(body: String, member: String) async throws {
        let answer = try await ask(ScriptedModels(ScriptedGenerating()), .post, "/api/create", body)
        #expect(answer.status == 400 && answer.one["param"]?.string == member && answer.one["error"]?.string != nil)
    }

    @Test func `a model is made, copied and removed`() async throws {
        let (source, shelf) = (ScriptedModels(ScriptedGenerating()), Shelf())
        let body = #"{"model":"n","from":"first:latest","parameters":{"top_k":1},"system":"","messages":[]}"#
        let made = try await ask(source, shelf, .post, "/api/create", body)
        #expect(made.lines.last == ["status": "success"])
        let copied = try await ask(source, shelf, .post, "/api/copy", #"{"source":"first","destination":"c"}"#)
        let removed = try await ask(source, shelf, .delete, "/api/delete", #"{"model":"first:latest"}"#)
        #expect(copied.status == 200 && removed.status == 200)
        #expect(shelf.log == [#"create n of first with {"top_k":1}"#, "copy first to c", "delete first"])
        for path in ["/api/push", "/api/blobs/sha256:0"] {
            #expect(try await ask(source, shelf, .post, path, "{}").one["code"] == "not_supported")
        }
    }

    @Test(arguments: [
        (999, "999"), (1_800_000, "1.8M"), (7_615_616_512, "7.6B"), (494_032_768, "494.03M"), (1_000, "1K"),
    ])
    func `numbers of parameters are short`(count: Int64, text: String) {
        #expect(OllamaModel.shown(count) == text)
    }
}

/// Answers by a script, and gives every text the same vector.
private final class ScriptedModels: Generating, Embedding {
    let base: ScriptedGenerating
    let embedded = Mutex<[EmbeddingRequest]>([])

    init(_ base: ScriptedGenerating) { self.base = base }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        try await base.generate(request)
    }
    func models() async -> [ServedModel] { await base.models() }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        embedded.withLock { $0.append(request) }
        return EmbeddingResult(
            model: request.model, entries: request.inputs.map { _ in .init(vectors: [[1, 0]]) },
            promptTokens: request.inputs.count)
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        throw ServiceError(.notSupported, "It ranks nothing.")
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        throw ServiceError(.notSupported, "It has no classes.")
    }
}

/// One model, and a list of what was asked of it.
private final class Shelf: OllamaLibrary {
    private let asked = Mutex<[String]>([])
    var log: [String] { asked.withLock(\.self) }

    private var model: OllamaModel {
        var model = OllamaModel(name: "first", modified: UnixTime(seconds: 1), bytes: 9, digest: "d")
        model.parameterCount = 1_800_000
        return model
    }

    private func note(_ text: String) { asked.withLock { $0.append(text) } }

    func models() async throws -> [OllamaModel] { [model] }
    func description(of name: String) async throws -> OllamaModelDescription {
        note("show \(name)")
        var description = OllamaModelDescription(model)
        description.info = ["llama.context_length": 512]
        description.capabilities = ["completion"]
        description.parameters = [("top_k", "3")]
        return description
    }
    func running() async throws -> [OllamaRunningModel] {
        [OllamaRunningModel(model, residentBytes: 5, expires: nil, contextTokens: 512)]
    }
    func load(_ name: String, keepAlive: KeepAlive?) async throws { note("load \(name)") }
    func unload(_ name: String) async throws { note("unload \(name)") }
    func pull(_ name: String, tell: @escaping @Sendable (OllamaProgress) async throws -> Void) async throws {
        guard name != "none" else { throw ServiceError(.modelNotFound, "no such model") }
        try await tell(OllamaProgress("pulling manifest"))
        guard name != "breaks" else { throw ServiceError(.engineFailed, "It broke.") }
        try await tell(OllamaProgress("pulling x", item: "job_1", total: 10, completed: 4))
        try await tell(OllamaProgress("success"))
    }
    func create(_ order: OllamaCreation) async throws {
        note("create \(order.name) of \(order.source) with \(JSONValue.object(order.parameters).text)")
    }
    func copy(_ source: String, to name: String) async throws { note("copy \(source) to \(name)") }
    func delete(_ name: String) async throws { note("delete \(name)") }
}
