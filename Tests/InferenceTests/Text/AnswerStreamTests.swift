import ChatFormats
import JSONText
import Streaming
import Testing
import Vocabulary

@testable import Inference

@Suite struct AnswerStreamTests {
    private let tool = ToolDefinition(
        name: "weather", definition: ["type": "function", "function": ["name": "weather"]])

    private func events(
        _ texts: [String], format: ChatFormat = .hermes, reason: FinishReason = .stop, request: String = "req_1",
        opening: AnswerOpening = .answer, failing error: ServiceError? = nil
    ) async throws -> [GenerationEvent] {
        let outlet = Outlet<GenerationEvent>(capacity: 64, onRoom: {}, onReaderGone: {})
        let stream = AnswerStream(
            outlet.stream(), format: format, reading: ParserSetup(tools: [tool], opening: opening),
            requestID: try #require(RequestID(request)))
        for text in texts { #expect(outlet.offer(.text(text)) == .accepted) }
        let end = GenerationEvent.finished(
            GenerationEnd(reason: reason, usage: TokenUsage(promptTokens: 1, completionTokens: 2)))
        outlet.end(with: error == nil ? [end] : [], throwing: error)
        var events: [GenerationEvent] = []
        for try await event in stream { events.append(event) }
        return events
    }

    private func text(_ events: [GenerationEvent]) -> String {
        events.reduce("") { if case .text(let more) = $1 { $0 + more } else { $0 } }
    }

    private func calls(_ events: [GenerationEvent]) -> [ToolCallDelta] {
        events.compactMap { if case .toolCall(let delta) = $0 { delta } else { nil } }
    }

    private func reason(_ events: [GenerationEvent]) -> FinishReason? {
        if case .finished(let end) = events.last { end.reason } else { nil }
    }

    private let call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Ulm\"}}\n</tool_call>"

    @Test func `a call ends the answer with tool_calls, and each call has an id`() async throws {
        let events = try await events(["Let me see. ", call, "\n", call])
        #expect(reason(events) == .toolCalls)
        let starts = calls(events).filter { $0.name != nil }
        #expect(starts.map(\.name) == ["weather", "weather"])
        #expect(starts.map(\.id) == ["call_req_1_0", "call_req_1_1"])
        let arguments = calls(events).filter { $0.index == 0 }.map(\.arguments).joined()
        #expect(arguments == "{\"city\": \"Ulm\"}")
        #expect(text(events).hasPrefix("Let me see."))
    }

    @Test func `where a template insists on a length of ids they have it`() async throws {
        let mistral = "[TOOL_CALLS]weather[ARGS]{\"city\": \"Ulm\"}"
        func id(_ request: String) async throws -> String {
            let events = try await events([mistral], format: .mistralBrackets, request: request)
            return try #require(calls(events).first?.id)
        }
        let first = try await id("req_1")
        #expect(first.count == 9)
        #expect(first.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(try await id("req_1") == first)
        #expect(try await id("req_2") != first)
    }

    @Test func `a call that was cut is told, and the reason stays length`() async throws {
        let events = try await events([String(call.dropLast(30))], reason: .length)
        #expect(reason(events) == .length)
        #expect(
            events.contains {
                if case .warning(let warning) = $0 { warning.code == .toolCallIncomplete } else { false }
            })
    }

    @Test func `thinking is told apart`() async throws {
        let events = try await events(
            ["hmm", "</think>", "Yes."], opening: .thinking(try #require(ChatFormat.qwen.thinking)))
        #expect(events.contains(.reasoning("hmm")))
        #expect(text(events) == "Yes.")
        #expect(reason(events) == .stop)
    }

    @Test func `an error passes through`() async throws {
        let error = await #expect(throws: ServiceError.self) { try await events(["a"], failing: .shuttingDown) }
        #expect(error?.code == .shuttingDown)
    }
}
