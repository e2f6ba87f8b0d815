import Conversations
import HTTPServing
import JSONText
import RequestScope
import Streaming
import Synchronization
import TestAnswers
import Testing
import Vocabulary

@testable import ResponsesAPI

@Suite struct StoredResponsesTests {
    private let stores = MemoryStores()
    private let source = ScriptedGenerating { answer in
        answer.say(.text("Hello"))
        answer.finish()
    }

    private static func user(_ name: String, tenant: String = "t") -> Principal {
        Principal(user: UserID(name), name: name, tenant: TenantID(tenant), role: .user, origin: .open)
    }

    private func send(
        _ method: HTTPMethod, _ target: String, _ body: String = "", as principal: Principal = user("ann"),
        _ memory: ResponseMemory? = nil
    ) async throws -> (status: Int, body: JSONValue) {
        let memory = memory ?? stores.memory()
        var router = Router()
        let routes = ResponsesRoutes(source, now: { 7 }, memory: memory).routes + ConversationRoutes(memory).routes
        for route in routes { router.add(route) }
        router.onError = { error, _ in
            let wire = WireError(ServiceError(reading: error), requestID: nil)
            return .json(wire.body, status: HTTPStatus(rawValue: wire.status))
        }
        let request = HTTPRequest(method, target, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let response = await Principal.$current.withValue(principal) { await router.respond(to: request) }
        let bytes = try await response.collectBody()
        return (response.status.rawValue, bytes.isEmpty ? .null : try JSONValue.parse(bytes))
    }

    @Test(arguments: [user("bob"), user("ann", tenant: "u"), Principal.open])
    func `what is another's is not there, by any way`(other: Principal) async throws {
        let made = try await send(.post, "/v1/responses", #"{"input":"x"}"#).body
        let response = try #require(made["id"]?.string)
        let item = #"{"items":[{"role":"user","content":"x"}]}"#
        let conversation = try #require(try await send(.post, "/v1/conversations", item).body["id"]?.string)
        let listed = try await send(.get, "/v1/conversations/\(conversation)/items").body
        let itemID = try #require(listed["data"]?.array?.first?["id"]?.string)
        let ways: [(HTTPMethod, String, String)] = [
            (.get, "/v1/responses/\(response)", ""), (.get, "/v1/responses/\(response)?stream=true", ""),
            (.get, "/v1/responses/\(response)/input_items", ""), (.post, "/v1/responses/\(response)/cancel", ""),
            (.delete, "/v1/responses/\(response)", ""), (.get, "/v1/conversations/\(conversation)", ""),
            (.post, "/v1/conversations/\(conversation)", #"{"metadata":{}}"#),
            (.delete, "/v1/conversations/\(conversation)", ""),
            (.get, "/v1/conversations/\(conversation)/items", ""),
            (.post, "/v1/conversations/\(conversation)/items", item),
            (.get, "/v1/conversations/\(conversation)/items/\(itemID)", ""),
            (.delete, "/v1/conversations/\(conversation)/items/\(itemID)", ""),
            (.post, "/v1/responses", #"{"input":"y","previous_response_id":"\#(response)"}"#),
            (.post, "/v1/responses", #"{"input":"y","conversation":"\#(conversation)"}"#),
        ]
        let answers = source.answers.count
        for (method, target, body) in ways {
            let refused = try await send(method, target, body, as: other)
            #expect(refused.status == 404 && refused.body["error"]?["code"] == "not_found", "\(method) \(target)")
            // As if it had never been there.
            let never = try await send(
                method, target.replacing(response, with: "resp_x").replacing(conversation, with: "conv_x"),
                body.replacing(response, with: "resp_x").replacing(conversation, with: "conv_x"), as: other)
            #expect(never.status == 404 && never.body["error"]?["hint"] == refused.body["error"]?["hint"])
        }
        #expect(source.answers.count == answers)
        #expect(try await send(.get, "/v1/responses/\(response)").body == made)
        #expect(try await send(.get, "/v1/conversations/\(conversation)/items").body == listed)
    }

    @Test func `ids are the server's own, whatever the request is called`() async throws {
        let first = try await send(.post, "/v1/responses", #"{"input":"x"}"#).body["id"]
        let second = try await send(.post, "/v1/responses", #"{"input":"x"}"#).body["id"]
        #expect(first != second && first != "resp_1" || second != "resp_1")
        #expect(stores.state.withLock { $0.responses.count } == 2)
    }

    @Test func `a conversation gets what was asked and answered, once it is whole`() async throws {
        let conversation = try #require(try await send(.post, "/v1/conversations").body["id"]?.string)
        let body = #"{"input":"x","conversation":{"id":"\#(conversation)"}}"#
        #expect(try await send(.post, "/v1/responses", body).body["conversation"] == ["id": .string(conversation)])
        let items = try await send(.get, "/v1/conversations/\(conversation)/items?order=asc").body["data"]?.array ?? []
        #expect(items.map { $0["role"] } == ["user", "assistant"])
        #expect(items[0]["content"] == [["type": "input_text", "text": "x"]])
        #expect(items[1]["content"]?.array?.first?["text"] == "Hello")
        let broken = ScriptedGenerating { answer in
            answer.outlet.end(throwing: ServiceError(.engineFailed, "It broke."))
        }
        let memory = stores.memory()
        let route = try #require(ResponsesRoutes(broken, now: { 7 }, memory: memory).routes.first)
        let request = HTTPRequest(.post, "/v1/responses", body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_2")
        await Principal.$current.withValue(Self.user("ann")) {
            await #expect(throws: ServiceError.self) { _ = try await route.handler(request) }
        }
        #expect(try await send(.get, "/v1/conversations/\(conversation)/items").body["data"]?.array?.count == 2)
    }

    @Test func `one whose writer is gone has failed, and stays so`() async throws {
        var lost = StoredResponse(
            id: "resp_9", owner: DataOwner(Self.user("ann")), created: 1, status: .inProgress, input: [],
            body: ["id": "resp_9", "status": "in_progress"])
        lost.writer = "other"
        try await stores.add(lost)
        #expect(try await send(.get, "/v1/responses/resp_9").body["status"] == "in_progress")
        let told = try await send(.get, "/v1/responses/resp_9", stores.memory { $0 == "other" }).body
        #expect(told["status"] == "failed" && told["error"]?["code"] == "server_error")
        #expect(try await send(.get, "/v1/responses/resp_9").body == told)
    }
}

extension StoredResponsesTests {
    private func send(_ method: HTTPMethod, _ target: String, _ memory: ResponseMemory) async throws -> (
        status: Int, body: JSONValue
    ) {
        try await send(method, target, "", as: Self.user("ann"), memory)
    }
}
