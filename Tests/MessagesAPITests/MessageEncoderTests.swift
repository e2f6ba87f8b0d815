import JSONText
import Streaming
import TestAnswers
import Testing
import Vocabulary

@testable import MessagesAPI

@Suite struct MessageEncoderTests {
    static func request(_ members: String = "") throws -> MessageRequest {
        let id = try #require(RequestID("req_1"))
        let body = #"{"max_tokens":7,"messages":[{"role":"user","content":"x"}]\#(members)}"#
        return try MessageRequest(Array(body.utf8), id: id)
    }

    static func encoder(_ members: String = "") throws -> MessageEncoder {
        MessageEncoder(try request(members), model: ModelID("m"))
    }

    static func read(_ events: [ServerSentEvent]) throws -> [JSONValue] {
        let values = try events.map { try JSONValue.parse($0.data) }
        #expect(values.map { $0["type"]?.string } == events.map(\.event))
        return values
    }

    private static func types(_ values: [JSONValue]) -> [String] {
        values.compactMap { $0["type"]?.string }.filter { $0 != "ping" }
    }

    /// The message starts once, then each block starts, grows and stops, in turn. Returns what the blocks add up to, and
    /// whether the last one is open.
    private static func blocks(_ values: [JSONValue]) -> (texts: [String], isOpen: Bool) {
        var texts: [String] = []
        var isOpen = false
        var starts = 0
        for value in values {
            switch value["type"]?.string {
            case "message_start":
                #expect(texts.isEmpty)
                starts += 1
            case "content_block_start":
                #expect(!isOpen && starts == 1 && value["index"] == .whole(texts.count))
                isOpen = true
                texts.append("")
            case "content_block_delta":
                #expect(isOpen && value["index"] == .whole(texts.count - 1))
                let delta = value["delta"]
                texts[texts.count - 1] +=
                    (delta?["text"] ?? delta?["thinking"] ?? delta?["partial_json"])?.string ?? ""
            case "content_block_stop":
                #expect(isOpen && value["index"] == .whole(texts.count - 1))
                isOpen = false
            case "ping": #expect(starts == 0)
            case "message_delta", "message_stop": #expect(!isOpen && starts == 1)
            default: #expect(value["type"] == "error")
            }
        }
        return (texts, isOpen)
    }

    private static func text(_ part: RandomAnswer.Part) -> [String] {
        switch part {
        case .reasoning(let text), .text(let text): [text]
        case .calls(let calls): calls.map(\.arguments)
        }
    }

    @Test(arguments: 0..<20) func `every block that starts stops once, and nothing is lost`(seed: UInt64) throws {
        var random = RandomAnswer(seed: seed)
        for _ in 0..<25 {
            var encoder = try Self.encoder()
            var events = encoder.start()
            let parts = random.parts()
            for event in random.events(parts) { events += try encoder.events(for: event) }
            let values = try Self.read(events)
            try #require(Self.blocks(values).texts == parts.flatMap(Self.text), "seed \(seed)")
            #expect(Self.types(values).first == "message_start")
            #expect(Self.types(values).suffix(2) == ["message_delta", "message_stop"])
            #expect(Self.types(values).count { $0 == "message_stop" } == 1)
        }
    }

    @Test(arguments: 0..<20) func `an answer that fails anywhere ends with an error`(seed: UInt64) throws {
        var random = RandomAnswer(seed: seed)
        for _ in 0..<25 {
            var encoder = try Self.encoder()
            var events = encoder.start()
            let all = random.events(random.parts())
            for event in all.prefix(random.number(0...all.count - 1)) { events += try encoder.events(for: event) }
            events += encoder.failure(ServiceError(.modelUnavailable, "It broke.", hint: "Again."))
            let values = try Self.read(events)
            _ = Self.blocks(values)
            #expect(values.last?["type"] == "error" && values.last?["error"]?["type"] == "overloaded_error")
            #expect(values.last?["error"]?["message"] == "It broke. Again." && values.last?["request_id"] == "req_1")
            #expect(!Self.types(values).contains("message_stop"))
        }
    }

    @Test func `blocks have the shapes that clients add up`() throws {
        var encoder = try Self.encoder()
        var events: [ServerSentEvent] = []
        for event: GenerationEvent in [
            .started(GenerationStart(model: ModelID("m"), promptTokens: 9, cachedTokens: 4)), .reasoning("hm"),
            .text("a"), .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "{}")),
            .finished(
                GenerationEnd(
                    reason: .toolCalls,
                    usage: TokenUsage(promptTokens: 9, completionTokens: 3, cachedTokens: 4, reasoningTokens: 1))),
        ] { events += try encoder.events(for: event) }
        let values = try Self.read(events)
        let message = try #require(values.first?["message"])
        #expect(message["id"] == "msg_1" && message["content"] == [] && message["stop_reason"]?.isNull == true)
        #expect(message["usage"]?["input_tokens"] == 5 && message["usage"]?["cache_read_input_tokens"] == 4)
        #expect(
            values.compactMap { $0["content_block"] } == [
                ["type": "thinking", "thinking": "", "signature": ""], ["type": "text", "text": ""],
                ["type": "tool_use", "id": "c", "name": "f", "input": [:]],
            ])
        #expect(
            values.compactMap { $0["delta"]?["type"]?.string } == [
                "thinking_delta", "signature_delta", "text_delta", "input_json_delta",
            ])
        let last = values[values.count - 2]
        #expect(last["delta"] == ["stop_reason": "tool_use", "stop_sequence": nil])
        #expect(last["usage"]?["output_tokens"] == 3 && last["usage"]?["input_tokens"] == 5)
        #expect(last["usage"]?["output_tokens_details"]?["thinking_tokens"] == 1)
    }

    @Test func `an answer of nothing has a beginning and an end`() throws {
        var encoder = try Self.encoder()
        let end = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 2, completionTokens: 0))
        let values = try Self.read(try encoder.events(for: .finished(end)))
        #expect(Self.types(values) == ["message_start", "message_delta", "message_stop"])
        #expect(values[0]["message"]?["usage"]?["input_tokens"] == 2)
    }

    @Test func `warnings are told at the end, and waiting in pings`() throws {
        var encoder = try Self.encoder(#","tools":[{"type":"bash_20250124","name":"bash"}]"#)
        let queued = try Self.read(try encoder.events(for: .queued(position: 3)))
        #expect(queued == [["type": "ping", "nexus": ["queue_position": 3]]])
        _ = try encoder.events(for: .warning(GenerationWarning(.reasoningBudget, "cut")))
        let end = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 2, completionTokens: 0))
        let values = try Self.read(try encoder.events(for: .finished(end)))
        let codes = values[1]["nexus"]?["warnings"]?.array?.map { $0["code"] }
        #expect(codes == ["tool_unsupported", "reasoning_budget"])
    }

    @Test(
        arguments: [
            (FinishReason.stop, nil, 3, "end_turn"), (.stop, "STOP", 3, "stop_sequence"),
            (.stop, "other", 3, "end_turn"),
            (.length, nil, 7, "max_tokens"), (.length, nil, 3, "model_context_window_exceeded"),
            (.toolCalls, "STOP", 3, "tool_use"),
        ] as [(FinishReason, String?, Int, String)])
    func `why an answer ended is told in Anthropic's words`(
        reason: FinishReason, text: String?, tokens: Int, word: String
    ) throws {
        let frame = MessageFrame(try Self.request(#","stop_sequences":["STOP"]"#), model: ModelID("m"))
        var end = GenerationEnd(reason: reason, usage: TokenUsage(promptTokens: 1, completionTokens: tokens))
        end.stopText = text
        let stop = frame.stop(end)
        #expect(stop["stop_reason"] == .string(word))
        let told: JSONValue = word == "stop_sequence" ? "STOP" : .null
        #expect(stop["stop_sequence"] == told)
    }
}
