import HTTPServing
import JSONText
import RequestScope
import Streaming
import Telemetry
import TestAnswers
import Testing
import Vocabulary

@testable import MessagesAPI

@Suite struct MessagesRoutesTests {
    private static let body = #"{"max_tokens":9,"messages":[{"role":"user","content":"four"}],"stream":STREAM}"#

    private func respond(
        _ source: ScriptedGenerating, stream: Bool = false, path: String = "/v1/messages"
    ) async throws -> HTTPResponse {
        let route = try #require(MessagesRoutes(source).routes.first { $0.pattern == path })
        let body = Self.body.replacing("STREAM", with: String(stream))
        let request = HTTPRequest(.post, path, headers: ["anthropic-version": "2023-06-01"], body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try await route.handler(request)
    }

    @Test func `a whole answer has its blocks in order`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.reasoning("hm"), .text("a"))
            answer.say(.toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: #"{"x": "#)))
            answer.say(.toolCall(ToolCallDelta(index: 0, arguments: "1}")))
            answer.say(.toolCall(ToolCallDelta(index: 1, id: "d", name: "g", arguments: "")))
            answer.finish(.toolCalls)
        }
        let response = try await respond(source)
        #expect(response.headers["request-id"] == "req_1")
        let message = try JSONValue.parse(try await response.collectBody())
        #expect(
            message["content"] == [
                ["type": "thinking", "thinking": "hm", "signature": ""], ["type": "text", "text": "a"],
                ["type": "tool_use", "id": "c", "name": "f", "input": ["x": 1]],
                ["type": "tool_use", "id": "d", "name": "g", "input": [:]],
            ])
        #expect(message["id"] == "msg_1" && message["type"] == "message" && message["role"] == "assistant")
        #expect(message["stop_reason"] == "tool_use" && message["model"] == "first")
        #expect(message["usage"]?["input_tokens"] == 5 && message["usage"]?["output_tokens"] == 2)
    }

    @Test func `input that is no object is kept as text, with a warning`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.toolCall(ToolCallDelta(index: 0, id: "c", name: "f", arguments: #"{"x": "#)))
            answer.finish(.toolCalls)
        }
        let message = try JSONValue.parse(try await respond(source).collectBody())
        #expect(message["content"] == [["type": "text", "text": #"{"x": "#]])
        #expect(message["nexus"]?["warnings"]?[0]?["code"] == "tool_call_unreadable")
    }

    @Test func `a stream is kept alive with pings`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.text("a"))
            answer.finish()
        }
        let response = try await respond(source, stream: true)
        guard case .stream(let keepAlive, _) = response.body else {
            Issue.record("it is no stream")
            return
        }
        #expect(
            keepAlive.map { String(decoding: $0.bytes, as: UTF8.self) } == "event: ping\ndata: {\"type\":\"ping\"}\n\n")
        #expect(response.headers["Content-Type"] == "text/event-stream")
        let text = String(decoding: try await response.collectBody(), as: UTF8.self)
        #expect(text.hasPrefix("event: message_start\n") && text.contains("event: message_stop\n"))
    }

    @Test func `an answer that breaks off ends with an error`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.text("Hel"))
            answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
        }
        let text = String(decoding: try await respond(source, stream: true).collectBody(), as: UTF8.self)
        #expect(text.contains("Hel") && text.contains("event: error\n") && !text.contains("message_stop"))
        let failure = await #expect(throws: ServiceError.self) { _ = try await respond(source) }
        #expect(failure?.code == .engineFailed)
    }

    @Test func `tokens are counted, and no answer is started`() async throws {
        let source = ScriptedGenerating()
        let response = try await respond(source, path: "/v1/messages/count_tokens")
        #expect(try JSONValue.parse(try await response.collectBody()) == ["input_tokens": 4])
        #expect(source.answers.isEmpty)
    }

    @Test(arguments: [
        ("/v1/messages", "x", 400, "invalid_request_error"), ("/v1/messages/none", "{}", 404, "not_found_error"),
        ("/v1/messages/count_tokens", "{}", 400, "invalid_request_error"),
    ])
    func `errors have Anthropic's shape`(path: String, body: String, status: Int, type: String) async throws {
        var router = Router()
        router.middleware = [
            ClosureMiddleware { request, next in
                request.context[RequestIDKey.self] = RequestID("req_1")
                return try await next(request)
            }
        ]
        for route in MessagesRoutes(ScriptedGenerating()).routes { router.add(route) }
        let errors = ErrorAnswers(logger: Logger(label: "test", sink: .none), shapes: [MessageErrors.shape])
        router.onError = { error, request in errors.respond(to: error, request) }
        let response = await router.respond(to: HTTPRequest(.post, path, body: Array(body.utf8)))
        let answer = try JSONValue.parse(try await response.collectBody())
        #expect(response.status.rawValue == status && answer["type"] == "error")
        #expect(answer["error"]?["type"] == .string(type) && answer["error"]?["message"]?.string?.isEmpty == false)
        #expect(answer["request_id"] == "req_1" && response.headers["request-id"] == "req_1")
    }
}
