import AdminAPI
import HTTPServing
import JSONText
import Testing
import Vocabulary

@Suite struct EngineStateRoutesTests {
    /// An engine with a slot of another tenant's, one of the caller's own, and a cached prompt.
    private struct Engines: EngineObserving {
        func engineState(of name: String) async throws -> JSONValue {
            [
                "deployment": .string(name),
                "replicas": [
                    [
                        "id": 1, "state": "ready",
                        "slots": [
                            ["id": 0, "tenant": "acme", "request_id": "req_1", "written_tokens": 3],
                            ["id": 1, "tenant": "mine", "request_id": "req_2", "written_tokens": 4],
                        ],
                        "cache": ["cells": 10, "nodes": [["id": "1", "text": "a secret prompt"]]],
                    ]
                ],
            ]
        }

        func dropCached(_ node: String, of name: String) async throws -> JSONValue { ["node": .string(node)] }
    }

    private func ask(as role: Role) async throws -> JSONValue {
        var router = Router()
        for route in EngineStateRoutes(Engines()).routes { router.add(route) }
        var principal = Principal.open
        principal.role = role
        principal.tenant = TenantID("mine")
        let response = await Principal.$current.withValue(principal) {
            await router.respond(to: HTTPRequest(.get, "/api/v1/deployments/tiny/engine"))
        }
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the answer has no bytes")
            return .null
        }
        return try JSONValue.parse(bytes)
    }

    @Test func `an administrator sees whose requests run and what prompts say`() async throws {
        let state = try await ask(as: .admin)
        #expect(state["deployment"]?.string == "tiny")
        let replica = try #require(state["replicas"]?.array?.first)
        #expect(replica["slots"]?.array?.first?["tenant"]?.string == "acme")
        #expect(replica["cache"]?["nodes"]?.array?.first?["text"]?.string == "a secret prompt")
    }

    @Test func `others see how busy it is, and their own requests only`() async throws {
        let replica = try #require(try await ask(as: .viewer)["replicas"]?.array?.first)
        let slots = try #require(replica["slots"]?.array)
        #expect(slots[0]["tenant"]?.isNull == true && slots[0]["request_id"]?.isNull == true)
        #expect(slots[0]["written_tokens"]?.integer == 3)
        #expect(slots[1]["tenant"]?.string == "mine" && slots[1]["request_id"]?.string == "req_2")
        #expect(replica["cache"]?["nodes"]?.array?.isEmpty == true && replica["cache"]?["cells"]?.integer == 10)
    }
}
