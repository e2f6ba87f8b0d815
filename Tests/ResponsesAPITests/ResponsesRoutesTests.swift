import HTTPServing
import JSONText
import RequestScope
import Streaming
import TestAnswers
import Testing
import Vocabulary

@testable import ResponsesAPI

@Suite struct ResponsesRoutesTests {
    private func respond(
        _ source: ScriptedGenerating, _ body: String, path: String = "/v1/responses"
    ) async throws -> HTTPResponse {
        let routes = ResponsesRoutes(source, now: { 7 })
        let route = try #require((routes.routes + routes.aliases).first { $0.pattern == path })
        let request = HTTPRequest(.post, path, headers: ["X-Nexus-Tenant": "ann"], body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try await route.handler(request)
    }

    @Test(arguments: ["/v1/responses", "/responses"]) func `a whole answer is the response of its stream`(
        path: String
    ) async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.reasoning("hm"), .text("Hello"), .warning(GenerationWarning(.reasoningBudget, "cut")))
            answer.finish(.length)
        }
        let whole = try JSONValue.parse(
            try await respond(source, #"{"input":"x"}"#, path: path).collectBody())
        let stream = try await respond(source, #"{"input":"x","stream":true}"#, path: path)
        let events = String(decoding: try await stream.collectBody(), as: UTF8.self)
        let last = try #require(events.split(separator: "\n").last { $0.hasPrefix("data: ") })
        #expect(try JSONValue.parse(String(last.dropFirst(6)))["response"] == whole)
        #expect(whole["status"] == "incomplete" && whole["model"] == "first")
        #expect(whole["incomplete_details"]?["reason"] == "max_output_tokens")
        #expect(whole["output"]?.array?.map { $0["status"] } == ["completed", "incomplete"])
        #expect(source.answers.allSatisfy { $0.request.scheduling.tenant == TenantID("ann") })
    }

    @Test func `an answer that breaks off is an error, whole and as a stream`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.text("Hel"))
            answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
        }
        let failure = await #expect(throws: ServiceError.self) { _ = try await respond(source, #"{"input":"x"}"#) }
        #expect(failure?.code == .engineFailed)
        let stream = try await respond(source, #"{"input":"x","stream":true}"#)
        let text = String(decoding: try await stream.collectBody(), as: UTF8.self)
        #expect(text.contains("event: response.failed") && !text.contains("response.completed"))
        #expect(text.contains("Hel"))
    }

    @Test func `a stream that ends without a finish has failed`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(.text("Hel"))
            answer.outlet.end()
        }
        let stream = try await respond(source, #"{"input":"x","stream":true}"#)
        let text = String(decoding: try await stream.collectBody(), as: UTF8.self)
        #expect(text.contains("event: response.failed"))
    }

    @Test func `tokens are counted, and no answer is started`() async throws {
        let source = ScriptedGenerating()
        let body = #"{"input":"four","instructions":"and 5"}"#
        for path in ["/v1/responses/input_tokens", "/responses/input_tokens"] {
            let answer = try JSONValue.parse(try await respond(source, body, path: path).collectBody())
            #expect(answer == ["object": "response.input_tokens", "input_tokens": 9])
        }
        #expect(source.answers.isEmpty)
    }

    @Test func `nothing is kept`() async throws {
        var router = Router()
        for route in ResponsesRoutes(ScriptedGenerating(), now: { 7 }).routes { router.add(route) }
        router.onError = { error, _ in .text((error as? ServiceError)?.code.rawValue ?? "", status: .notFound) }
        let answer = await router.respond(to: HTTPRequest(.get, "/v1/responses/resp_1"))
        #expect(String(decoding: try await answer.collectBody(), as: UTF8.self) == "not_found")
    }
}
