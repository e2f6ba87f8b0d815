import JSONText
import Streaming
import TestAnswers
import Testing
import Vocabulary

@testable import ResponsesAPI

@Suite struct ResponseEncoderTests {
    static func request(_ members: String = "") throws -> ResponseRequest {
        let id = try #require(RequestID("req_1"))
        return try ResponseRequest(Array(#"{"input":"x"\#(members)}"#.utf8), id: id)
    }

    static func encoder(_ members: String = "") throws -> ResponseEncoder {
        ResponseEncoder(try request(members), model: ModelID("m"), created: 7)
    }

    /// The data of events, each of which carries its type as its name and the next number.
    static func read(_ events: [ServerSentEvent]) throws -> [JSONValue] {
        let values = try events.map { try JSONValue.parse($0.data) }
        #expect(values.map { $0["type"]?.string } == events.map(\.event))
        #expect(values.compactMap { $0["sequence_number"]?.integer } == values.indices.map { Int64($0) })
        return values
    }

    private static func types(_ values: [JSONValue]) -> [String] { values.compactMap { $0["type"]?.string } }

    /// Every item is added once, then its content, then it is done once, one item at a time.
    private static func checkOrder(_ values: [JSONValue]) {
        var open: (item: String, place: Int64, text: String)?
        var done: [JSONValue] = []
        for value in values.dropFirst(2) {
            let type = value["type"]?.string ?? ""
            switch type {
            case "response.queued", "response.in_progress": #expect(open == nil && done.isEmpty)
            case "response.output_item.added":
                #expect(open == nil && value["output_index"] == .whole(done.count))
                #expect(value["item"]?["status"] == "in_progress")
                open = (value["item"]?["id"]?.string ?? "", value["output_index"]?.integer ?? -1, "")
            case "response.output_item.done":
                let item = value["item"] ?? .null
                #expect(item["id"]?.string == open?.item && value["output_index"]?.integer == open?.place)
                let text = item["arguments"] ?? item["content"]?[0]?["text"]
                #expect(text?.string == open?.text)
                done.append(item)
                open = nil
            case "response.completed", "response.incomplete", "response.failed":
                #expect(open == nil && value["response"]?["output"] == .array(done))
            default:
                #expect(value["item_id"]?.string == open?.item && value["output_index"]?.integer == open?.place)
                if type.hasSuffix(".delta") { open?.text += value["delta"]?.string ?? "" }
                if type.hasSuffix("text.done") { #expect(value["text"]?.string == open?.text) }
                if type.hasSuffix("arguments.done") { #expect(value["arguments"]?.string == open?.text) }
            }
        }
    }

    @Test(arguments: 0..<20) func `every item that is added is done once, and numbers have no gaps`(seed: UInt64) throws
    {
        var random = RandomAnswer(seed: seed)
        for _ in 0..<25 {
            var encoder = try Self.encoder()
            var events = encoder.start()
            let reason: FinishReason = random.number(0...1) == 0 ? .stop : .length
            for event in random.events(random.parts(), reason: reason) { events += try encoder.events(for: event) }
            let values = try Self.read(events)
            #expect(Self.types(values).prefix(2) == ["response.created", "response.in_progress"])
            #expect(Self.types(values).last == (reason == .stop ? "response.completed" : "response.incomplete"))
            Self.checkOrder(values)
        }
    }

    @Test(arguments: 0..<20) func `an answer that fails anywhere is closed and told as failed`(seed: UInt64) throws {
        var random = RandomAnswer(seed: seed)
        for _ in 0..<25 {
            var encoder = try Self.encoder()
            var events = encoder.start()
            let all = random.events(random.parts())
            for event in all.prefix(random.number(0...all.count - 1)) { events += try encoder.events(for: event) }
            events += encoder.failure(ServiceError(.engineFailed, "It broke.", hint: "Again."))
            let values = try Self.read(events)
            Self.checkOrder(values)
            let response = values.last?["response"]
            #expect(values.last?["type"] == "response.failed" && response?["status"] == "failed")
            #expect(
                response?["error"]?["code"] == "server_error" && response?["error"]?["message"] == "It broke. Again.")
            #expect(response?["usage"]?.isNull == true)
        }
    }

    @Test func `a text is a message whose part opens and closes`() throws {
        var encoder = try Self.encoder()
        var events = encoder.start()
        for event: GenerationEvent in [
            .text("Hel"), .text("lo"),
            .finished(
                GenerationEnd(
                    reason: .stop, usage: TokenUsage(promptTokens: 5, completionTokens: 2, cachedTokens: 4))),
        ] { events += try encoder.events(for: event) }
        let values = try Self.read(events)
        #expect(
            Self.types(values).dropFirst(2).map { $0.replacing("response.", with: "") } == [
                "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
                "content_part.done", "output_item.done", "completed",
            ])
        let response = try #require(values.last?["response"])
        #expect(response["id"] == "resp_1" && response["created_at"] == 7 && response["model"] == "m")
        #expect(response["store"] == false && response["error"]?.isNull == true)
        #expect(response["output"]?[0]?["content"]?[0]?["text"] == "Hello")
        #expect(response["usage"]?["input_tokens"] == 5 && response["usage"]?["total_tokens"] == 7)
        #expect(response["usage"]?["input_tokens_details"]?["cached_tokens"] == 4)
    }

    @Test func `thinking and calls are items of their own`() throws {
        var encoder = try Self.encoder()
        var events: [ServerSentEvent] = []
        for event: GenerationEvent in [
            .reasoning("hm"), .toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "{}")),
            .finished(GenerationEnd(reason: .toolCalls, usage: TokenUsage(promptTokens: 1, completionTokens: 1))),
        ] { events += try encoder.events(for: event) }
        let values = try events.map { try JSONValue.parse($0.data) }
        let output = try #require(values.last?["response"]?["output"])
        #expect(output[0]?["type"] == "reasoning" && output[0]?["content"]?[0]?["text"] == "hm")
        #expect(output[0]?["summary"] == [])
        #expect(output[1]?["type"] == "function_call" && output[1]?["call_id"] == "c" && output[1]?["name"] == "f")
        #expect(values.last?["type"] == "response.completed")
    }

    @Test func `places in the queue, progress, warnings and timings are told`() throws {
        var encoder = try Self.encoder(#","tools":[{"type":"web_search"}]"#)
        let queued = try encoder.events(for: .queued(position: 3))
        #expect(try JSONValue.parse(try #require(queued.first).data)["nexus"]?["queue_position"] == 3)
        let progress = try encoder.events(
            for: .promptProgress(PromptProgress(total: 9, cached: 1, processed: 5, elapsed: .seconds(1))))
        #expect(try JSONValue.parse(try #require(progress.first).data)["prompt_progress"]?["total"] == 9)
        let nothing = try encoder.events(for: .warning(GenerationWarning(.reasoningBudget, "cut")))
        #expect(nothing.isEmpty)
        var end = GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 1, completionTokens: 1))
        end.timings = GenerationTimings(queue: .zero, prefill: .seconds(1), decode: .seconds(1))
        let ending = try encoder.events(for: .finished(end))
        let last = try JSONValue.parse(try #require(ending.last).data)
        let codes = last["response"]?["nexus"]?["warnings"]?.array?.map { $0["code"] }
        #expect(codes == ["tool_unsupported", "reasoning_budget"])
        #expect(last["timings"]?["prompt_n"] == 1 && last["response"]?["timings"]?["prompt_n"] == 1)
    }

    @Test func `the time of each token stands beside the piece that it brings`() throws {
        var encoder = try Self.encoder("")
        func token(_ count: Int) -> GenerationEvent {
            .token(
                TokenReport(
                    id: 1, usage: TokenUsage(promptTokens: 3, completionTokens: count),
                    timings: GenerationTimings(queue: .zero, prefill: .seconds(1), decode: .seconds(count)), slot: 0))
        }
        var told: [JSONValue?] = []
        for event in [token(1), .text("a"), token(2), token(3), .reasoning("b"), .text("c")] {
            for sent in try encoder.events(for: event) {
                let value = try JSONValue.parse(sent.data)
                if value["delta"] != nil { told.append(value["timings"]?["predicted_n"]) }
            }
        }
        #expect(told == [1, 3, nil])
    }

    @Test func `logprobs stand where they were asked for, and nowhere else`() throws {
        for (members, count) in [
            ("", 0), (#","top_logprobs":2"#, 1), (#","include":["message.output_text.logprobs"]"#, 1),
        ] {
            var encoder = try Self.encoder(members)
            var values: [JSONValue] = []
            for event: GenerationEvent in [
                .logprobs([RandomAnswer.token("a")]), .text("a"),
                .finished(GenerationEnd(reason: .stop, usage: TokenUsage(promptTokens: 1, completionTokens: 1))),
            ] { values += try encoder.events(for: event).map { try JSONValue.parse($0.data) } }
            let delta = try #require(values.first { $0["type"] == "response.output_text.delta" })
            #expect(delta["logprobs"]?.array?.count == count)
            #expect(values.last?["response"]?["output"]?[0]?["content"]?[0]?["logprobs"]?.array?.count == count)
        }
    }
}
