import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import OpenAIAPI

@Suite struct CompletionWireTests {
    private let events: [GenerationEvent] = [
        .started(GenerationStart(model: ModelID("m"), promptTokens: nil)), .text("Hel"), .text("lo"),
        .toolCall(ToolCallDelta(index: 0, id: "call_1", name: "f", arguments: "{\"a\":")),
        .toolCall(ToolCallDelta(index: 0, arguments: "1}")),
        .finished(
            GenerationEnd(
                reason: .toolCalls, usage: TokenUsage(promptTokens: 5, completionTokens: 9, cachedTokens: 2),
                timings: GenerationTimings(
                    queue: .milliseconds(1), prefill: .milliseconds(20), decode: .milliseconds(300)))),
    ]

    private func encoder(_ kind: CompletionRequest.Kind = .chat) throws -> CompletionEncoder {
        let path = kind == .chat ? #"{"messages":[{"role":"user","content":"x"}],"# : #"{"prompt":"x","#
        let body = Array((path + #""stream":true,"stream_options":{"include_usage":true}}"#).utf8)
        let id = try #require(RequestID("req_01abc"))
        let request = try kind == .chat ? CompletionRequest.chat(body, id: id) : .text(body, id: id)
        return CompletionEncoder(request, model: ModelID("m"), created: 7)
    }

    private struct Wrong: Error {}

    private func whole(
        _ answers: [CompletionAnswer], _ rest: String = "", _ kind: CompletionRequest.Kind = .chat
    ) throws -> JSONValue {
        let request = try RequestFieldsTests.read(rest, chat: kind == .chat)
        return try JSONValue.parse(WholeAnswer(request, model: ModelID("m"), created: 7).bytes(answers))
    }

    private func chunks(
        _ events: some Sequence<GenerationEvent>, _ kind: CompletionRequest.Kind = .chat
    ) throws -> [JSONValue] {
        var encoder = try encoder(kind)
        return events.flatMap { encoder.chunks(for: $0) }
    }

    private func roundTrip(_ events: [GenerationEvent], _ kind: CompletionRequest.Kind) throws -> [GenerationEvent] {
        var chunks = try chunks(events, kind)
        if case .finished(let end) = events.last { chunks.append(try encoder(kind).chunk(usage: end.usage)) }
        var decoder = CompletionDecoder(model: ModelID("m"))
        var read: [GenerationEvent] = []
        for chunk in chunks { read += try decoder.events(for: chunk.text) }
        read += try decoder.events(for: "[DONE]")
        read.append(try decoder.end())
        return read
    }

    @Test func `what is written as a stream is read back as the same events`() throws {
        for kind in [CompletionRequest.Kind.chat, .text] { #expect(try roundTrip(events, kind) == events) }
    }

    @Test func `every chunk carries the request's id`() throws {
        #expect(try chunks(events).count == 6)
        #expect(try chunks(events).allSatisfy { $0["id"] == "chatcmpl-01abc" && $0["created"] == 7 })
    }

    @Test func `a failed stream ends with the error and a finish`() throws {
        let error = CompletionEncoder.error(
            ServiceError(.engineFailed, "It broke.", hint: "Again."), requestID: try #require(RequestID("r")))
        #expect(error["error"]?["code"] == "engine_failed")
        var encoder = try encoder()
        #expect(encoder.failure()["choices"]?[0]?["finish_reason"] == "error")
        var decoder = CompletionDecoder(model: ModelID("m"))
        let read = #expect(throws: ServiceError.self) { _ = try decoder.events(for: error.text) }
        #expect(read?.code == .engineFailed)
        #expect(read?.message == "It broke.")
        #expect(read?.hint == "Again.")
    }

    @Test func `a stream that breaks off is an error, not an end`() throws {
        var decoder = CompletionDecoder(model: ModelID("m"))
        _ = try decoder.events(for: #"{"choices":[{"delta":{"content":"a"}}]}"#)
        #expect(throws: ServiceError.self) { try decoder.end() }
        #expect(throws: ServiceError.self) { _ = try decoder.events(for: "<html>") }
    }

    @Test func `another server's numbers cannot break the arithmetic`() throws {
        var decoder = CompletionDecoder(model: ModelID("m"))
        let huge = "9223372036854775807"
        _ = try decoder.events(
            for: #"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":\#(huge),"#
                + #""completion_tokens":\#(huge),"prompt_tokens_details":{"cached_tokens":-\#(huge)}}}"#)
        let last = try decoder.end()
        guard case .finished(let end) = last else { throw Wrong() }
        #expect(try encoder().chunk(usage: end.usage)["usage"]?["total_tokens"] == .integer(2 * Int64(Int32.max)))
        for index in ["-1", "1024", huge] {
            #expect(throws: ServiceError.self) {
                _ = try decoder.events(for: #"{"choices":[{"delta":{"tool_calls":[{"index":\#(index)}]}}]}"#)
            }
        }
    }

    @Test func `tool calls are told apart by their index, in any order`() async throws {
        let answer = try await CompletionAnswer(
            collecting: Recorded(events: [
                .toolCall(ToolCallDelta(index: 2, id: "c", name: "h", arguments: "{")),
                .toolCall(ToolCallDelta(index: 0, id: "a", name: "f", arguments: "[")),
                .toolCall(ToolCallDelta(index: 2, arguments: "}")), .toolCall(ToolCallDelta(index: 0, arguments: "]")),
                .finished(
                    GenerationEnd(reason: .toolCalls, usage: TokenUsage(promptTokens: 1, completionTokens: 1))),
            ]))
        #expect(
            answer.toolCalls == [
                ToolCall(id: "a", name: "f", arguments: "[]"), ToolCall(id: "c", name: "h", arguments: "{}"),
            ])
    }

    @Test func `a whole answer has text, calls, usage and timings`() async throws {
        let answer = try await CompletionAnswer(collecting: Recorded(events: events))
        let object = try whole([answer])
        #expect(object["object"] == "chat.completion")
        #expect(object["choices"]?[0]?["message"]?["content"] == "Hello")
        #expect(
            object["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]
                == ["name": "f", "arguments": "{\"a\":1}"])
        #expect(object["choices"]?[0]?["finish_reason"] == "tool_calls")
        #expect(object["usage"]?["total_tokens"] == 14)
        #expect(object["usage"]?["prompt_tokens_details"]?["cached_tokens"] == 2)
        #expect(object["timings"]?["prompt_ms"] == 20.0)
        #expect(object["timings"]?["prompt_n"] == 3 && object["timings"]?["cache_n"] == 2)
        // Eight steps for nine tokens: the first comes with the prompt.
        #expect(object["timings"]?["predicted_per_second"]?.double.map { abs($0 - 80 / 3) < 1e-9 } == true)
        #expect(object["nexus"] == nil)
    }

    @Test func `thinking, logprobs, warnings and reports have their places`() async throws {
        let token = TokenLogprob(
            chosen: .init(token: 5, bytes: [0xC3], logprob: -0.5),
            top: [.init(token: 5, bytes: [0xC3], logprob: -0.5), .init(token: 6, bytes: [0x61], logprob: -.infinity)])
        var end = GenerationEnd(
            reason: .stop, usage: TokenUsage(promptTokens: 5, completionTokens: 9, reasoningTokens: 4))
        end.cache = CacheReport(cachedTokens: 3, tier: .disk, firstDifference: 3, differenceText: "you are")
        end.receipt = ReproductionReceipt(model: "ab", template: nil, seed: 7, build: "b1")
        end.stopText = "END"
        let answer = try await CompletionAnswer(
            collecting: Recorded(events: [
                .reasoning("hm"), .logprobs([token]), .text("x"),
                .warning(GenerationWarning(.reasoningBudget, "Enough.")), .finished(end),
            ]))
        let object = try whole([answer])
        let choice = object["choices"]?[0]
        #expect(choice?["message"]?["reasoning_content"] == "hm")
        #expect(object["usage"]?["completion_tokens_details"]?["reasoning_tokens"] == 4)
        let written = choice?["logprobs"]?["content"]?[0]
        #expect(written?["token"] == "\u{FFFD}" && written?["bytes"] == [0xC3] && written?["id"] == 5)
        #expect(written?["top_logprobs"]?[1]?["logprob"] == -9999.0)
        #expect(
            object["nexus"] == [
                "cache": [
                    "cached_tokens": 3, "tier": "disk", "first_difference": 3, "difference_text": "you are",
                ], "stop_text": "END", "receipt": ["model": "ab", "template": nil, "seed": 7, "build": "b1"],
                "warnings": [["code": "reasoning_budget", "message": "Enough."]],
            ])
        let legacy = try whole([answer], "", .text)["choices"]?[0]?["logprobs"]
        #expect(legacy?["tokens"] == ["bytes:\\xc3"])
        #expect(legacy?["top_logprobs"]?[0] == ["bytes:\\xc3": -0.5, "a": -9999.0])
    }

    @Test func `offsets of older logprobs count characters over the whole answer`() throws {
        func token(_ text: String) -> TokenLogprob {
            TokenLogprob(chosen: .init(token: 1, bytes: Array(text.utf8), logprob: -1), top: [])
        }
        let chunks = try chunks(
            [.logprobs([token("né"), token("e")]), .text("née"), .logprobs([token("!")]), .text("!")], .text)
        let found = chunks.compactMap { $0["choices"]?[0]?["logprobs"]?["text_offset"] }
        #expect(found == [[0, 2], [3]])
    }

    @Test func `several choices share the usage and keep their own reports`() async throws {
        let answers = try await [3, 4].asyncMap { count in
            try await CompletionAnswer(
                collecting: Recorded(events: [
                    .text("\(count)"),
                    .finished(
                        GenerationEnd(
                            reason: .length,
                            usage: TokenUsage(promptTokens: 10, completionTokens: count, cachedTokens: 2),
                            timings: GenerationTimings(queue: .zero, prefill: .zero, decode: .milliseconds(count)))),
                ]))
        }
        let object = try whole(answers, #""n":2"#)
        #expect(object["choices"]?.array?.map { $0["index"] } == [0, 1])
        #expect(object["choices"]?[1]?["message"]?["content"] == "4")
        #expect(object["choices"]?[1]?["timings"]?["predicted_ms"] == 4.0)
        #expect(object["timings"] == nil)
        #expect(object["usage"]?["prompt_tokens"] == 10 && object["usage"]?["completion_tokens"] == 7)
        let prompts = try whole(answers, #""n":1"#)
        #expect(prompts["usage"]?["prompt_tokens"] == 20)
    }

    @Test func `older clients get function calls`() async throws {
        let answer = try await CompletionAnswer(collecting: Recorded(events: events))
        let request = try RequestFieldsTests.read(#""functions":[{"name":"f"}]"#)
        let whole = WholeAnswer(request, model: ModelID("m"), created: 7).bytes([answer])
        let choice = try JSONValue.parse(whole)["choices"]?[0]
        #expect(choice?["message"]?["function_call"] == ["name": "f", "arguments": "{\"a\":1}"])
        #expect(choice?["message"]?["tool_calls"] == nil)
        #expect(choice?["finish_reason"] == "function_call")
        var encoder = CompletionEncoder(request, model: ModelID("m"), created: 7)
        let chunks = events.flatMap { encoder.chunks(for: $0) }
        #expect(chunks[3]["choices"]?[0]?["delta"]?["function_call"] == ["arguments": "{\"a\":", "name": "f"])
    }

    @Test func `other servers' dialects are understood`() throws {
        var decoder = CompletionDecoder(model: ModelID("m"))
        let lines = [
            #"{"choices":[{"delta":{"role":"assistant"}}],"error":null}"#,
            #"{"choices":[{"delta":{"reasoning":"hm"}}],"usage":null,"timings":null}"#,
            #"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]}}]}"#,
            #"{"choices":[{"delta":{},"finish_reason":"content_filter"}],"nexus":{"warnings":[{"code":"new"}]}}"#,
            #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2},"timings":{"prompt_ms":-5}}"#,
        ]
        var read: [GenerationEvent] = []
        for line in lines { read += try decoder.events(for: line) }
        let token = TokenLogprob(chosen: .init(token: -1, bytes: [0x61], logprob: -1), top: [])
        #expect(
            read == [
                .started(GenerationStart(model: ModelID("m"), promptTokens: nil)), .reasoning("hm"),
                .logprobs([token]), .text("a"),
            ])
        let end = GenerationEnd(
            reason: .stop, usage: TokenUsage(promptTokens: 1, completionTokens: 2),
            timings: GenerationTimings(queue: .zero, prefill: .zero, decode: .zero))
        #expect(try decoder.end() == .finished(end))
    }

    @Test func `text completions have their own shape`() throws {
        let chunks = try chunks(events.prefix(2), .text)
        #expect(chunks.count == 1)
        #expect(chunks[0]["object"] == "text_completion")
        #expect(chunks[0]["choices"]?[0]?["text"] == "Hel")
    }

    @Test func `a request survives the way to a worker`() throws {
        let id = try #require(RequestID("req_1"))
        var request = GenerationRequest(
            id: id, model: ModelID("m"),
            prompt: .chat(
                [
                    ChatMessage(.user, "hi", name: "ann"),
                    ChatMessage(.assistant, "", toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}")]),
                    ChatMessage(.tool, "3", toolCallID: "c"),
                ], tools: [ToolDefinition(name: "f", definition: ["type": "function", "function": ["name": "f"]])]),
            newTokensMax: 9, sampling: SamplingParameters(temperature: 0.25, topK: 3, seed: 1), stop: ["x"],
            templateVariables: ["enable_thinking": false])
        request.reasoning.isEnabled = false
        let sent = ClientRequest(request, model: "m")
        #expect(sent.path == "/v1/chat/completions")
        #expect(try CompletionRequest.chat(sent.bytes, id: id).generation == request)
        var text = request
        text.prompt = .tokens([1, 2])
        text.templateVariables = [:]
        #expect(try CompletionRequest.text(ClientRequest(text, model: "m").bytes, id: id).generation == text)
    }

    @Test func `the status follows from the code`() {
        let statuses = [
            ServiceError.Code.invalidJSON, .modelNotFound, .bodyTooLarge, .overloaded, .modelUnavailable,
            .internalError, .conflict,
        ].map { WireError(ServiceError($0, "x", retryAfter: .milliseconds(1500)), requestID: nil) }
        #expect(statuses.map(\.status) == [400, 404, 413, 429, 503, 500, 409])
        #expect(statuses[3].retryAfterSeconds == 2)
    }
}
