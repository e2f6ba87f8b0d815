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

    @Test func `what is written as a stream is read back as the same events`() throws {
        let encoder = try encoder()
        var decoder = CompletionDecoder(model: ModelID("m"))
        var read: [GenerationEvent] = []
        for chunk in events.flatMap(encoder.chunks) { read += try decoder.events(for: chunk.text) }
        read += try decoder.events(for: "[DONE]")
        read.append(try decoder.end())
        #expect(read == events)
    }

    @Test func `every chunk carries the request's id`() throws {
        let encoder = try encoder()
        let failure = encoder.chunks(
            for: ServiceError(.engineFailed, "x"), requestID: try #require(RequestID("req_01abc")))
        let chunks = events.flatMap(encoder.chunks) + failure
        #expect(chunks.allSatisfy { $0.text.contains("01abc") })
        #expect(chunks.dropLast(2).allSatisfy { $0["id"] == "chatcmpl-01abc" })
    }

    @Test func `a failed stream ends with the error and a finish`() throws {
        let chunks = try encoder().chunks(
            for: ServiceError(.engineFailed, "It broke.", hint: "Again."), requestID: try #require(RequestID("r")))
        #expect(chunks[0]["error"]?["code"] == "engine_failed")
        #expect(chunks[1]["choices"]?[0]?["finish_reason"] == "error")
        var decoder = CompletionDecoder(model: ModelID("m"))
        let error = #expect(throws: ServiceError.self) { _ = try decoder.events(for: chunks[0].text) }
        #expect(error?.code == .engineFailed)
        #expect(error?.message == "It broke.")
        #expect(error?.hint == "Again.")
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
        #expect(try encoder().chunks(for: last).last?["usage"]?["total_tokens"] == .integer(2 * Int64(Int32.max)))
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
        let object = try encoder().whole(answer)
        #expect(object["object"] == "chat.completion")
        #expect(object["choices"]?[0]?["message"]?["content"] == "Hello")
        #expect(
            object["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]
                == ["name": "f", "arguments": "{\"a\":1}"])
        #expect(object["choices"]?[0]?["finish_reason"] == "tool_calls")
        #expect(object["usage"]?["total_tokens"] == 14)
        #expect(object["usage"]?["prompt_tokens_details"]?["cached_tokens"] == 2)
        #expect(object["timings"]?["prompt_ms"] == 20.0)
    }

    @Test func `text completions have their own shape`() throws {
        let chunks = try events.prefix(2).flatMap(encoder(.text).chunks)
        #expect(chunks.count == 1)
        #expect(chunks[0]["object"] == "text_completion")
        #expect(chunks[0]["choices"]?[0]?["text"] == "Hel")
    }

    @Test func `a request survives the way to a worker`() throws {
        let id = try #require(RequestID("req_1"))
        let request = GenerationRequest(
            id: id, model: ModelID("m"),
            prompt: .chat(
                [
                    ChatMessage(.user, "hi", name: "ann"),
                    ChatMessage(.assistant, "", toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}")]),
                    ChatMessage(.tool, "3", toolCallID: "c"),
                ], tools: [ToolDefinition(name: "f", definition: ["type": "function", "function": ["name": "f"]])]),
            newTokensMax: 9, sampling: SamplingParameters(temperature: 0.25, topK: 3, seed: 1), stop: ["x"],
            templateVariables: ["enable_thinking": false])
        let sent = ClientRequest(request, model: "m")
        #expect(sent.path == "/v1/chat/completions")
        #expect(try CompletionRequest.chat(sent.body.bytes, id: id).generation == request)
        var text = request
        text.prompt = .tokens([1, 2])
        text.templateVariables = [:]
        #expect(try CompletionRequest.text(ClientRequest(text, model: "m").body.bytes, id: id).generation == text)
    }

    @Test func `the status follows from the code`() {
        let statuses = [
            ServiceError.Code.invalidJSON, .modelNotFound, .bodyTooLarge, .overloaded, .modelUnavailable,
            .internalError,
        ].map { WireError(ServiceError($0, "x", retryAfter: .milliseconds(1500)), requestID: nil) }
        #expect(statuses.map(\.status) == [400, 404, 413, 429, 503, 500])
        #expect(statuses[3].retryAfterSeconds == 2)
    }
}

/// Events that are there already, in the shape of a generation's stream.
private struct Recorded: AsyncSequence, Sendable {
    let events: [GenerationEvent]
    func makeAsyncIterator() -> Iterator { Iterator(rest: events[...]) }
    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<GenerationEvent>
        mutating func next() async throws -> GenerationEvent? { rest.popFirst() }
    }
}
