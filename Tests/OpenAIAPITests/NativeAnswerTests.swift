import HTTPServing
import JSONText
import RequestScope
import TestAnswers
import Streaming
import Testing
import Vocabulary

@testable import OpenAIAPI

/// llama-server's own shape of answers, and what it has beside OpenAI's.
@Suite struct NativeAnswerTests {
    private static let details = GenerationDetails(
        prompt: "<s>ab", contextTokens: 100, sampling: SamplingParameters(temperature: 0.5, seed: 42).over(.standard),
        newTokensMax: 9, stop: ["END"], bannedEnds: [2], constraint: .grammar("root ::= \"a\""),
        reasoning: ReasoningOptions(), format: "generic")

    private static func start() -> GenerationEvent {
        var start = GenerationStart(model: ModelID("m"), promptTokens: 3)
        start.slot = 1
        return .started(start)
    }

    private static func token(_ id: Int32, _ count: Int) -> GenerationEvent {
        .token(
            TokenReport(
                id: id, usage: TokenUsage(promptTokens: 3, completionTokens: count, cachedTokens: 1),
                timings: GenerationTimings(
                    queue: .zero, prefill: .milliseconds(20), decode: .milliseconds(10 * count)), slot: 1))
    }

    private static func logprob(_ token: Int32, _ byte: UInt8) -> TokenLogprob {
        TokenLogprob(
            chosen: .init(token: token, bytes: [byte], logprob: -0.5),
            top: [.init(token: token, bytes: [byte], logprob: -0.5)])
    }

    private static func end(_ reason: FinishReason, completion: Int = 2, stop: String? = nil) -> GenerationEnd {
        var end = GenerationEnd(
            reason: reason, usage: TokenUsage(promptTokens: 3, completionTokens: completion, cachedTokens: 1),
            timings: GenerationTimings(queue: .zero, prefill: .milliseconds(20), decode: .milliseconds(30)))
        end.slot = 1
        end.stopText = stop
        end.details = details
        return end
    }

    private func send(
        _ path: String, _ body: String, _ events: [GenerationEvent], style: OpenAIRoutes.Style = .init()
    ) async throws -> HTTPResponse {
        let source = ScriptedGenerating { $0.outlet.end(with: events) }
        let routes = OpenAIRoutes(source, now: { 7 }, style: style)
        let route = try #require((routes.routes + routes.nativeRoutes).first { $0.pattern == path })
        let request = HTTPRequest(.post, path, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try await route.handler(request)
    }

    private func whole(
        _ path: String, _ body: String, _ events: [GenerationEvent], style: OpenAIRoutes.Style = .init()
    ) async throws -> JSONValue {
        try JSONValue.parse(try await send(path, body, events, style: style).collectBody())
    }

    private func chunks(_ path: String, _ body: String, _ events: [GenerationEvent]) async throws -> [JSONValue] {
        let text = String(decoding: try await send(path, body, events).collectBody(), as: UTF8.self)
        return try text.split(separator: "\n\n").map { $0.dropFirst("data: ".count) }.filter { $0 != "[DONE]" }
            .map { try JSONValue.parse(String($0)) }
    }

    private let events: [GenerationEvent] = [
        start(), token(5, 1), .logprobs([logprob(5, 0x61)]), .text("a"), token(6, 2), .logprobs([logprob(6, 10)]),
        .text("\n"), .finished(end(.length)),
    ]

    @Test(arguments: ["/completion", "/completions"])
    func `a whole answer tells what it was made with`(path: String) async throws {
        let answer = try await whole(path, #"{"prompt":"ab","return_tokens":true,"n_probs":1}"#, events)
        #expect(answer["content"] == "a\n" && answer["tokens"] == [5, 6] && answer["id_slot"] == 1)
        #expect(answer["stop"] == true && answer["stop_type"] == "limit" && answer["stopping_word"] == "")
        #expect(answer["tokens_predicted"] == 2 && answer["tokens_evaluated"] == 3 && answer["tokens_cached"] == 4)
        #expect(answer["has_new_line"] == true && answer["truncated"] == false && answer["prompt"] == "<s>ab")
        #expect(answer["model"] == "first" && answer["index"] == 0 && answer["choices"] == nil)
        let settings = try #require(answer["generation_settings"])
        #expect(settings["n_predict"] == 9 && settings["seed"] == 42 && settings["temperature"] == 0.5)
        #expect(settings["logit_bias"] == [["bias": nil, "token": 2]] && settings["ignore_eos"] == true)
        #expect(settings["stop"] == ["END"] && settings["grammar"] == "root ::= \"a\"")
        #expect(settings["adaptive_target"] != nil && settings["samplers"]?[0] == "penalties")
        #expect(answer["completion_probabilities"]?[1]?["id"] == 6)
        #expect(answer["completion_probabilities"]?[1]?["top_logprobs"]?[0]?["logprob"] == -0.5)
        #expect(answer["timings"]?["predicted_per_second"]?.double.map { abs($0 - 1_000 / 30) < 1e-9 } == true)
    }

    @Test func `tokens are told to those who ask`() async throws {
        let answer = try await whole("/completion", #"{"prompt":"ab"}"#, events)
        #expect(answer["tokens"] == [] && answer["completion_probabilities"] == nil)
    }

    @Test(arguments: [
        (end(.stop), "eos", ""), (end(.stop, stop: "END"), "word", "END"), (end(.length), "limit", ""),
        (end(.toolCalls), "eos", ""),
    ])
    func `the end has its kind`(end: GenerationEnd, kind: String, word: String) async throws {
        let answer = try await whole("/completion", #"{"prompt":"ab"}"#, [Self.start(), .finished(end)])
        #expect(answer["stop_type"] == .string(kind) && answer["stopping_word"] == .string(word))
    }

    @Test func `an answer that fills the context is truncated`() async throws {
        var end = Self.end(.length, completion: 97)
        end.isTruncated = true
        let full = [Self.start(), .finished(end)]
        #expect(try await whole("/completion", #"{"prompt":"ab"}"#, full)["truncated"] == true)
    }

    @Test func `probabilities of a stop text are left out`() async throws {
        var events = self.events.dropLast()
        events.append(.finished(Self.end(.stop, stop: "\n")))
        events.remove(at: 6)
        let answer = try await whole("/completion", #"{"prompt":"ab","n_probs":1}"#, Array(events))
        #expect(answer["content"] == "a" && answer["completion_probabilities"]?.array?.count == 1)
    }

    @Test func `probabilities after the samplers have names of their own`() async throws {
        var after = Self.logprob(5, 0x61)
        after.isAfterSampling = true
        after.top[0].logprob = 0
        let answer = try await whole(
            "/completion", #"{"prompt":"ab","n_probs":1,"post_sampling_probs":true}"#,
            [Self.start(), .logprobs([after]), .text("a"), .finished(Self.end(.length))])
        let told = try #require(answer["completion_probabilities"]?[0])
        #expect(told["prob"]?.double.map { abs($0 - 0.6065306597) < 1e-9 } == true && told["logprob"] == nil)
        #expect(told["top_probs"]?[0]?["prob"] == 1.0 && told["top_logprobs"] == nil)
        let read = try #require(TokenLogprob(told))
        #expect(read.isAfterSampling && abs(read.chosen.logprob + 0.5) < 1e-9)
    }

    @Test func `only the members that were asked for come back`() async throws {
        let answer = try await whole(
            "/completion",
            #"{"prompt":"ab","response_fields":["content","generation_settings/n_predict","nothing","timings/x"]}"#,
            events)
        #expect(answer == ["content": "a\n", "generation_settings/n_predict": 9])
    }

    @Test func `several prompts get an array`() async throws {
        let answer = try await whole("/completion", #"{"prompt":["ab",[1,2]],"n_cmpl":2}"#, events)
        #expect(answer.array?.map { $0["index"] } == [0, 1, 2, 3])
    }

    @Test func `a stream has a chunk for each token and one for the end`() async throws {
        let chunks = try await chunks(
            "/completion", #"{"prompt":"ab","stream":true,"n_probs":1,"timings_per_token":true}"#, events)
        #expect(chunks.map { $0["content"]?.string } == ["a", "\n", ""])
        #expect(chunks.map { $0["tokens"] } == [[5], [6], []] && chunks.map { $0["stop"] } == [false, false, true])
        #expect(chunks[0]["tokens_predicted"] == 1 && chunks[0]["timings"]?["predicted_n"] == 1)
        #expect(chunks[1]["completion_probabilities"]?.array?.count == 1 && chunks[1]["id_slot"] == 1)
        #expect(chunks[2]["has_new_line"] == true && chunks[2]["generation_settings"] != nil)
        #expect(chunks[2]["timings"]?["prompt_n"] == 2)
    }

    @Test func `a token whose text waits has a chunk without text`() async throws {
        let events = [
            Self.start(), Self.token(5, 1), Self.token(6, 2), .text("é"), Self.token(2, 3), .finished(Self.end(.stop)),
        ]
        let chunks = try await chunks("/completion", #"{"prompt":"ab","stream":true}"#, events)
        #expect(chunks.map { $0["content"]?.string } == ["", "é", "", ""])
        #expect(chunks.map { $0["tokens"] } == [[5], [6], [2], []])
    }

    @Test func `progress has timings when they are asked for, zero at first`() async throws {
        let events: [GenerationEvent] = [
            .promptProgress(PromptProgress(total: 9, cached: 2, processed: 2, elapsed: .milliseconds(3))),
            .promptProgress(PromptProgress(total: 9, cached: 2, processed: 9, elapsed: .milliseconds(5))),
            Self.start(), .finished(Self.end(.stop)),
        ]
        let chunks = try await chunks(
            "/completion", #"{"prompt":"ab","stream":true,"timings_per_token":true,"return_progress":true}"#, events)
        #expect(chunks[0]["prompt_progress"]?["processed"] == 2 && chunks[0]["timings"]?["prompt_ms"] == 0.0)
        #expect(chunks[1]["timings"]?["prompt_n"] == 7 && chunks[1]["timings"]?["prompt_ms"] == 5.0)
    }

    @Test func `a stream that fails says why and ends`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(Self.start(), .text("a"))
            answer.outlet.end(with: [], throwing: ServiceError(.engineFailed, "It broke."))
        }
        let route = try #require(OpenAIRoutes(source, now: { 7 }).nativeRoutes.first)
        let request = HTTPRequest(.post, "/completion", body: Array(#"{"prompt":"a","stream":true}"#.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let text = String(decoding: try await route.handler(request).collectBody(), as: UTF8.self)
        #expect(text.contains("It broke.") && !text.contains("[DONE]"))
    }

    // MARK: Beside OpenAI's

    private let chat = #""messages":[{"role":"user","content":"x"}]"#

    @Test func `a verbose answer carries llama-server's shape, and every answer its fingerprint`() async throws {
        let style = OpenAIRoutes.Style(fingerprint: "b1")
        let answer = try await whole("/v1/chat/completions", "{\(chat),\"verbose\":true}", events, style: style)
        #expect(answer["__verbose"]?["prompt"] == "<s>ab" && answer["system_fingerprint"] == "b1")
        #expect(try await whole("/v1/chat/completions", "{\(chat)}", events, style: style)["__verbose"] == nil)
        let always = OpenAIRoutes.Style(isVerbose: true)
        let loud = try await whole("/v1/completions", #"{"prompt":"x"}"#, events, style: always)
        #expect(loud["__verbose"]?["stop_type"] == "limit" && loud["system_fingerprint"] == nil)
    }

    @Test func `a chat's stream begins without text and has timings in each piece and with the usage`() async throws {
        let body = "{\(chat),\"stream\":true,\"timings_per_token\":true,\"stream_options\":{\"include_usage\":true}}"
        let chunks = try await chunks("/v1/chat/completions", body, events)
        #expect(chunks[0]["choices"]?[0]?["delta"] == ["role": "assistant", "content": nil])
        #expect(chunks[0]["timings"] == nil && chunks[1]["timings"]?["predicted_n"] == 1)
        #expect(chunks.last?["choices"] == [] && chunks.last?["timings"]?["predicted_n"] == 2)
    }

    @Test func `an echo stands before the answer`() async throws {
        let body = #"{"prompt":"ab","echo":true}"#
        #expect(try await whole("/v1/completions", body, events)["choices"]?[0]?["text"] == "aba\n")
        let tokens = try await whole("/v1/completions", #"{"prompt":[1,2],"echo":true}"#, events)
        #expect(tokens["choices"]?[0]?["text"] == "<s>aba\n")
        let chunks = try await chunks("/v1/completions", #"{"prompt":"ab","echo":true,"stream":true}"#, events)
        #expect(chunks.compactMap { $0["choices"]?[0]?["text"]?.string }.joined() == "aba\n")
    }

    @Test func `an echo with probabilities tells the prompt's, of which the first has none`() async throws {
        var events = self.events
        let prompt = [Self.logprob(1, 0x61), Self.logprob(2, 0x62)]
        events.insert(.promptLogprobs(prompt), at: 1)
        let body = #"{"prompt":"ab","echo":true,"logprobs":1}"#
        let told = try #require(try await whole("/v1/completions", body, events)["choices"]?[0]?["logprobs"])
        #expect(told["tokens"] == ["a", "b", "a", "\n"] && told["text_offset"] == [0, 1, 2, 3])
        #expect(told["token_logprobs"] == [nil, -0.5, -0.5, -0.5] && told["top_logprobs"]?[0] == JSONValue.null)
        let chunks = try await chunks("/v1/completions", String(body.dropLast()) + #","stream":true}"#, events)
        let all = chunks.compactMap { $0["choices"]?[0]?["logprobs"]?["tokens"]?.array }.flatMap(\.self)
        #expect(all == ["a", "b", "a", "\n"])
    }

    @Test func `probabilities of a prompt reach another server's client`() async throws {
        let request = GenerationRequest(
            id: try #require(RequestID("r")), model: ModelID("m"), prompt: .chat([ChatMessage(.user, "x")], tools: []))
        var asked = request
        asked.reports.promptTokens = true
        let client = ClientRequest(asked, model: "m")
        let read = try CompletionRequest.chat(client.bytes, id: request.id)
        #expect(read.generation.reports.promptTokens)
        var encoder = CompletionEncoder(read, model: ModelID("m"), created: 1)
        let chunk = try #require(encoder.chunks(for: .promptLogprobs([Self.logprob(1, 0x61)])).first)
        var decoder = CompletionDecoder(model: ModelID("m"))
        #expect(try decoder.events(for: chunk.text) == [.promptLogprobs([Self.logprob(1, 0x61)])])
    }

    // MARK: Lists

    @Test func `a model whose file is known is told with its facts`() async throws {
        var model = ServedModel(id: ModelID("a"), created: 1, contextTokens: 64)
        model.aliases = ["b"]
        model.tags = ["small"]
        model.facts = ModelFacts(
            vocabularyType: 1, vocabularyCount: 512, trainedContextTokens: 128, embeddingLength: 64,
            parameterCount: 260_000, bytes: 1_000_000, fileType: "F32")
        let list = ModelListing.list([model])
        let told = list["data"]?[0]
        #expect(told?["aliases"] == ["a", "b"] && told?["tags"] == ["small"])
        #expect(told?["meta"]?["n_vocab"] == 512 && told?["meta"]?["ftype"] == "F32" && told?["meta"]?["n_ctx"] == 64)
        #expect(list["models"]?[0]?["name"] == "a")
        #expect(ModelListing.list([ServedModel(id: ModelID("x"), created: 1)])["models"] == nil)
    }
}
