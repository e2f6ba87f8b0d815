import HTTPServing
import JSONText
import RequestScope
import Streaming
import TestAnswers
import Testing
import Vocabulary

@testable import OpenAIAPI

@Suite struct OpenAIRoutesTests {
    private static let start = GenerationEvent.started(GenerationStart(model: ModelID("m"), promptTokens: 5))

    private func respond(
        _ source: ScriptedGenerating, _ path: String, _ body: String, headers: HTTPHeaders = [:]
    ) async throws -> HTTPResponse {
        let route = try #require(OpenAIRoutes(source, now: { 7 }).routes.first { $0.pattern == path })
        let request = HTTPRequest(.post, path, headers: headers, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try await route.handler(request)
    }

    /// The texts after `data: ` of a stream.
    private func lines(_ response: HTTPResponse) async throws -> [String] {
        String(decoding: try await response.collectBody(), as: UTF8.self).split(separator: "\n\n").map {
            String($0.dropFirst("data: ".count))
        }
    }

    private func chunks(_ response: HTTPResponse) async throws -> [JSONValue] {
        let lines = try await lines(response)
        #expect(lines.last == "[DONE]")
        return try lines.dropLast().map { try JSONValue.parse($0) }
    }

    @Test func `the choices of a stream come side by side, with one usage`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(Self.start, .text("one "), .text(answer.request.id.text))
            answer.finish()
        }
        let body =
            #"{"messages":[{"role":"user","content":"x"}],"n":3,"stream":true,"stream_options":{"include_usage":true}}"#
        let chunks = try await chunks(try await respond(source, "/v1/chat/completions", body))
        var texts: [Int64: String] = [:]
        for choice in chunks.compactMap({ $0["choices"]?[0] }) {
            let index = try #require(choice["index"]?.integer)
            texts[index, default: ""] += choice["delta"]?["content"]?.string ?? ""
        }
        #expect(texts == [0: "one req_1-0", 1: "one req_1-1", 2: "one req_1-2"])
        #expect(chunks.count { $0["choices"]?[0]?["finish_reason"]?.string == "stop" } == 3)
        #expect(chunks.count { $0["usage"] != nil } == 1)
        #expect(chunks.last?["usage"]?["prompt_tokens"] == 5 && chunks.last?["usage"]?["completion_tokens"] == 6)
        #expect(Set(chunks.compactMap { $0["id"]?.string }) == ["chatcmpl-1"])
    }

    @Test func `prompts and choices of a whole answer are in OpenAI's order`() async throws {
        let source = ScriptedGenerating { answer in
            guard case .text(let prompt) = answer.request.prompt else { return }
            answer.say(Self.start, .text("\(prompt) \(answer.request.sampling.seed ?? 0)"))
            answer.finish(.length)
        }
        let response = try await respond(source, "/v1/completions", #"{"prompt":["a","b"],"n":2,"seed":8}"#)
        let object = try JSONValue.parse(try await response.collectBody())
        #expect(object["choices"]?.array?.map { $0["text"] } == ["a 8", "a 9", "b 8", "b 9"])
        #expect(object["choices"]?.array?.map { $0["index"] } == [0, 1, 2, 3])
        #expect(object["usage"]?["prompt_tokens"] == 10 && object["usage"]?["completion_tokens"] == 8)
        #expect(object["model"] == "first")
    }

    @Test func `one choice that fails ends all of them`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(Self.start, .text("x"))
            switch answer.request.id.text {
            case "req_1-0": answer.finish()
            case "req_1-1": answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
            default: break
            }
        }
        let body = #"{"prompt":"a","n":3,"stream":true,"stream_options":{"include_usage":true}}"#
        let chunks = try await chunks(try await respond(source, "/v1/completions", body))
        #expect(chunks.count { $0["error"]?["code"] == "engine_failed" } == 1)
        #expect(chunks.allSatisfy { $0["usage"] == nil })
        let failed = chunks.filter { $0["choices"]?[0]?["finish_reason"] == "error" }
        let indices = failed.compactMap { $0["choices"]?[0]?["index"]?.integer }
        #expect(indices.contains(1) && indices.contains(2))
        #expect(source.gone == [try #require(RequestID("req_1-2"))])
        let whole = await #expect(throws: ServiceError.self) {
            _ = try await respond(source, "/v1/completions", #"{"prompt":"a","n":3}"#)
        }
        #expect(whole?.code == .engineFailed)
    }

    @Test func `a choice that is refused ends those that were started`() async throws {
        let source = ScriptedGenerating(refusesAfter: 2) { $0.say(Self.start) }
        let error = await #expect(throws: ServiceError.self) {
            _ = try await respond(source, "/v1/completions", #"{"prompt":"a","n":3,"stream":true}"#)
        }
        #expect(error?.code == .overloaded)
        #expect(source.gone.count == 2)
    }

    @Test func `a client that goes takes all choices with it`() async throws {
        let source = ScriptedGenerating { $0.say(Self.start, .text("x")) }
        let response = try await respond(source, "/v1/completions", #"{"prompt":"a","n":4,"stream":true}"#)
        let reading = Task { try await response.collectBody() }
        reading.cancel()
        await #expect(throws: CancellationError.self) { _ = try await reading.value }
        #expect(source.gone.count == 4)
    }

    @Test func `a stream that ends without its last event is an error`() async throws {
        let source = ScriptedGenerating { answer in
            answer.say(Self.start, .text("x"))
            answer.outlet.end()
        }
        let chunks = try await chunks(try await respond(source, "/v1/completions", #"{"prompt":"a","stream":true}"#))
        #expect(chunks.suffix(2).first?["error"]?["code"] == "engine_failed")
        #expect(chunks.last?["choices"]?[0]?["finish_reason"] == "error")
    }

    @Test func `progress is told in the stream, and any text is safe in it`() async throws {
        let nasty = "\n\ndata: [DONE]\n\n\u{2028}\u{0}\"\\"
        let source = ScriptedGenerating { answer in
            #expect(answer.request.scheduling.reportsProgress && answer.request.scheduling.tenant == TenantID("red"))
            answer.say(
                .queued(position: 2),
                .promptProgress(PromptProgress(total: 9, cached: 4, processed: 6, elapsed: .milliseconds(3))),
                Self.start, .text(nasty))
            answer.finish()
        }
        let body = #"{"messages":[{"role":"user","content":"x"}],"stream":true,"return_progress":true}"#
        let chunks = try await chunks(
            try await respond(source, "/v1/chat/completions", body, headers: ["X-Nexus-Tenant": "red"]))
        #expect(chunks[0]["nexus"]?["queue_position"] == 2)
        #expect(chunks[1]["prompt_progress"] == ["total": 9, "cache": 4, "processed": 6, "time_ms": 3.0])
        #expect(chunks[2]["choices"]?[0]?["delta"]?["role"] == "assistant")
        #expect(chunks[3]["choices"]?[0]?["delta"]?["content"] == .string(nasty))
        #expect(chunks.count == 5)
    }

    @Test func `turns are taken one at a time, in the order in which they were asked for`() async throws {
        let turns = Turns()
        let taken = Outlet<Int>(capacity: 100)
        try await withThrowingTaskGroup(of: Void.self) { group in
            await turns.take {
                for number in 0..<8 {
                    group.addTask { await turns.take { _ = taken.offer(number) } }
                    while turns.waitingCount <= number { await Task.yield() }
                }
                _ = taken.offer(-1)
            }
            try await group.waitForAll()
        }
        taken.end()
        var order: [Int] = []
        for try await number in taken.stream() { order.append(number) }
        #expect(order == [-1, 0, 1, 2, 3, 4, 5, 6, 7])
    }

    @Test func `a turn that fails is passed on`() async throws {
        let turns = Turns()
        await #expect(throws: CancellationError.self) { try await turns.take { throw CancellationError() } }
        var isDone = false
        await turns.take { isDone = true }
        #expect(isDone)
    }
}
