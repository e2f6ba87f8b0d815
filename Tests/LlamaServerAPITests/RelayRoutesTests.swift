import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Testing
import Vocabulary

@testable import LlamaServerAPI

@Suite struct RelayRoutesTests {
    private func send(
        _ method: HTTPMethod, _ target: String, _ body: String = ""
    ) async throws -> (status: Int, call: RelayedCall?, body: JSONValue) {
        let relay = NotingRelay()
        var router = Router()
        for route in RelayRoutes(relay).routes { router.add(route) }
        router.onError = { error, _ in
            let wire = WireError(ServiceError(reading: error), requestID: nil)
            return .json(wire.body, status: HTTPStatus(rawValue: wire.status))
        }
        let request = HTTPRequest(method, target, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let response = await router.respond(to: request)
        return (
            response.status.rawValue, relay.calls.withLock { $0.first },
            try JSONValue.parse(try await response.collectBody())
        )
    }

    @Test func `a call is rebuilt from its parts`() async throws {
        let call = try #require(
            try await send(.post, "/slots/007?action=save&model=a/b:1&x=%0d%0aHost:%20evil", #"{"filename":"f"}"#).call)
        #expect(call.path == "/slots/007" && call.query == "?action=save" && call.model == ModelID("a/b:1"))
        #expect(call.method == .post && call.body == Array(#"{"filename":"f"}"#.utf8))
        #expect(call.changes && call.wakes && call.operation == "actOnSlot")
        let odd = try #require(try await send(.post, "/slots/1?action=sa%26model%3dve", "{}").call)
        #expect(odd.query == "?action=samodelve")
    }

    @Test(arguments: [
        (HTTPMethod.post, "/tokenize?model=q", #"{"model":"b"}"#, "q"), (.post, "/tokenize", #"{"model":"b"}"#, "b"),
        (.post, "/lora-adapters", #"[{"id":0,"scale":1}]"#, ""), (.post, "/tokenize", "{", ""),
        (.get, "/props", "", ""),
        (.post, "/tokenize", #"{"model":5}"#, ""),
    ])
    func `the query names the model before the body does`(
        method: HTTPMethod, target: String, body: String, name: String
    ) async throws {
        #expect(try await send(method, target, body).call?.model == ModelID(name))
    }

    @Test(arguments: [
        (HTTPMethod.post, "/slots/x?action=save"), (.delete, "/cache/12a"), (.delete, "/lora-adapters/-1"),
        (.delete, "/lora-adapters/%2e%2e%2fprops"), (.delete, "/cache/123456789012345678901"),
    ])
    func `what is no number reaches no worker`(method: HTTPMethod, target: String) async throws {
        let answer = try await send(method, target)
        #expect(answer.status == 404 && answer.call == nil && answer.body["error"]?["code"] == "not_found")
    }

    @Test func `a name without end is refused`() async throws {
        let answer = try await send(.get, "/props?model=" + String(repeating: "x", count: 300))
        #expect(answer.status == 400 && answer.call == nil)
    }

    @Test func `what shows or changes what others do is for administrators`() {
        let routes = RelayRoutes(NotingRelay()).routes
        #expect(routes.allSatisfy { $0.description.permission != nil })
        let changing = routes.filter { $0.method != .get && $0.description.permission != "chat.use" }
        #expect(changing.count == 5 && changing.allSatisfy { $0.description.permission == "workers.admin" })
    }
}

private final class NotingRelay: WorkerRelaying {
    let calls = Mutex<[RelayedCall]>([])

    func relay(_ call: RelayedCall) async throws -> HTTPResponse {
        calls.withLock { $0.append(call) }
        return .json([:])
    }
}
