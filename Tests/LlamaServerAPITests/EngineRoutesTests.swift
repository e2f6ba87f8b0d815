import HTTPServing
import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import LlamaServerAPI

@Suite struct EngineRoutesTests {
    private func send(
        _ method: HTTPMethod, _ target: String, _ body: String = "", engine: ScriptedEngine = ScriptedEngine()
    ) async throws -> JSONValue {
        var router = Router()
        let routes = EngineRoutes(engine, contextTokens: 4096) { body, id throws(ServiceError) in
            let text = try JSONField.body(body).value["messages"]?.text ?? ""
            return GenerationRequest(id: id, model: ModelID(""), prompt: .text(text))
        }
        for route in routes.routes { router.add(route) }
        router.onError = { error, _ in
            let error = ServiceError(reading: error)
            let wire = WireError(error, requestID: nil)
            return .json(wire.body, status: HTTPStatus(rawValue: wire.status))
        }
        let request = HTTPRequest(method, target, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let response = await router.respond(to: request)
        let value = try JSONValue.parse(try await response.collectBody())
        return response.status == .ok ? value : ["status": .whole(response.status.rawValue), "body": value]
    }

    @Test func `a text becomes tokens, with pieces when they are asked for`() async throws {
        #expect(try await send(.post, "/tokenize", #"{"content":"aé"}"#) == ["tokens": [0x61, 0xC3, 0xA9]])
        #expect(
            try await send(.post, "/tokenize", #"{"content":"aé","with_pieces":true}"#) == [
                "tokens": [
                    ["id": 0x61, "piece": "a"], ["id": 0xC3, "piece": [0xC3]], ["id": 0xA9, "piece": [0xA9]],
                ]
            ])
        #expect(
            try await send(.post, "/tokenize", #"{"content":"a","add_special":true,"parse_special":false}"#)
                == ["tokens": [1, 0x61, 2]])
    }

    @Test func `tokens become a text`() async throws {
        #expect(try await send(.post, "/detokenize", #"{"tokens":[195,169,33]}"#) == ["content": "é!"])
        #expect(try await send(.post, "/detokenize", #"{"tokens":[195,33]}"#) == ["content": "\u{FFFD}!"])
        #expect(try await send(.post, "/detokenize", #"{"tokens":[]}"#) == ["content": ""])
    }

    @Test func `a chat becomes its prompt`() async throws {
        #expect(try await send(.post, "/apply-template", #"{"messages":[1]}"#) == ["prompt": "<[1]>"])
    }

    @Test(arguments: [
        ("/tokenize", #"{"content":{}}"#, "content"), ("/tokenize", #"{"content":7}"#, "content"),
        ("/tokenize", #"{"content":["a",-1]}"#, "content[1]"),
        ("/tokenize", #"{"content":"a","with_pieces":1}"#, "with_pieces"), ("/detokenize", #"{"tokens":7}"#, "tokens"),
        ("/detokenize", #"{"tokens":"a"}"#, "tokens"), ("/detokenize", #"{"tokens":[1,-1]}"#, "tokens[1]"),
        ("/detokenize", #"{"tokens":[4294967296]}"#, "tokens[0]"), ("/detokenize", #"{"tokens":[1.5]}"#, "tokens[0]"),
    ])
    func `what is wrong is named`(path: String, body: String, parameter: String) async throws {
        let answer = try await send(.post, path, body)
        #expect(answer["status"] == 400)
        #expect(answer["body"]?["error"]?["param"] == .string(parameter))
    }

    @Test func `a body that is no object is refused`() async throws {
        for path in ["/tokenize", "/detokenize", "/apply-template"] {
            for body in ["", "[]", "{", "NaN"] { #expect(try await send(.post, path, body)["status"] == 400) }
        }
    }

    @Test func `slots are told as llama-server tells them`() async throws {
        let slots = try await send(.get, "/slots")
        #expect(slots[0]?["id"] == 0 && slots[0]?["n_ctx"] == 4096 && slots[0]?["is_processing"] == true)
        #expect(
            slots[0]?["next_token"] == [
                ["has_next_token": true, "has_new_line": false, "n_remain": -1, "n_decoded": 3]
            ])
        #expect(slots[0]?["n_prompt_tokens"] == 9 && slots[0]?["n_prompt_tokens_processed"] == 5)
        #expect(slots[0]?["request_id"] == "req_9" && slots[0]?["tenant"] == "red" && slots[0]?["priority"] == "high")
        #expect(slots[1]?["is_processing"] == false && slots[1]?["request_id"] == JSONValue.null)
        #expect(try await send(.get, "/slots?fail_on_no_slot=1").array?.count == 2)
        let busy = ScriptedEngine(hasIdleSlot: false)
        #expect(try await send(.get, "/slots?fail_on_no_slot=1", engine: busy)["status"] == 503)
        #expect(try await send(.get, "/slots", engine: busy).array?.count == 1)
    }

    @Test func `the cache is listed with its totals`() async throws {
        let cache = try await send(.get, "/cache")
        #expect(cache["cells"] == 100 && cache["cells_used"] == 40)
        #expect(
            cache["totals"] == [
                "lookups": 5, "hits": 4, "tokens_reused": 30, "tokens_computed": 12, "evictions": 2,
                "tokens_dropped": 0,
                "rejected_files": 1,
            ])
        #expect(cache["tiers"] == [["tier": "ram", "bytes": 10, "bytes_max": 20, "nodes": 1]])
        #expect(cache["nodes"]?[0]?["id"] == "18446744073709551615")
        #expect(cache["nodes"]?[0]?["tenant"] == JSONValue.null && cache["nodes"]?[0]?["seconds_since_use"] == 1.5)
    }

    @Test func `a node is forgotten by its id`() async throws {
        let gone = try await send(.delete, "/cache/18446744073709551615")
        #expect(gone == ["node": "18446744073709551615", "removed": 3])
        for unknown in ["7", "x", "-1", "+7", "007", "18446744073709551616", "1e3"] {
            #expect(try await send(.delete, "/cache/\(unknown)")["status"] == 404)
        }
        let used = try await send(.delete, "/cache/5")
        #expect(used["status"] == 409 && used["body"]?["error"]?["code"] == "conflict")
        #expect(try await send(.delete, "/cache/6")["status"] == 503)
    }

    @Test func `llama-server's other paths lead to the same`() async throws {
        let routes = ["/health", "/v1/models", "/v1/chat/completions", "/v1/completions", "/v1/models/{model...}"].map {
            Route(.get, $0) { _ in .text("here") }
        }
        let aliases = EngineRoutes.aliases(of: routes)
        #expect(aliases.map(\.pattern) == ["/v1/health", "/models", "/chat/completions"])
        var router = Router()
        for route in routes + aliases { router.add(route) }
        let response = await router.respond(to: HTTPRequest(.get, "/chat/completions"))
        #expect(try await response.collectBody() == Array("here".utf8))
    }
}

/// An engine whose tokens are bytes.
private struct ScriptedEngine: EngineInspecting {
    var hasIdleSlot = true

    func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [TokenPiece] {
        var pieces = text.utf8.map { TokenPiece(token: Int32($0), bytes: [$0]) }
        if addsSpecial { pieces.insert(TokenPiece(token: 1, bytes: []), at: 0) }
        if !parsesSpecial { pieces.append(TokenPiece(token: 2, bytes: [])) }
        return pieces
    }

    func detokenize(_ tokens: [Int32]) throws(ServiceError) -> [UInt8] { tokens.map { UInt8(truncatingIfNeeded: $0) } }

    func applyTemplate(_ request: GenerationRequest) throws(ServiceError) -> String {
        guard case .text(let text) = request.prompt else { return "" }
        return "<\(text)>"
    }

    func slots() async throws(ServiceError) -> [SlotReport] {
        let busy = SlotReport(
            index: 0, state: .writing, request: RequestID("req_9"), tenant: TenantID("red"), priority: .high,
            promptTokens: 9, cachedTokens: 4, computedTokens: 12, writtenTokens: 3)
        return hasIdleSlot ? [busy, SlotReport(index: 1, state: .idle)] : [busy]
    }

    func cache() async throws(ServiceError) -> CacheListing {
        CacheListing(
            tiers: [.init(tier: .ram, bytes: 10, bytesMax: 20, nodes: 1)],
            nodes: [
                .init(
                    id: .max, parent: nil, tenant: nil, start: 0, tokens: 4, bytes: 10, tier: .ram, hits: 2, users: 0,
                    children: 0, secondsSinceUse: 1.5, text: "You are")
            ], cells: 100, cellsUsed: 40, lookups: 5, hits: 4, tokensReused: 30, tokensComputed: 12, evictions: 2,
            rejectedFiles: 1)
    }

    func invalidateCache(node: UInt64) async throws(ServiceError) -> Int {
        switch node {
        case .max: 3
        case 5: throw ServiceError(.invalidValue, "Node 5 is in use.")
        case 6: throw ServiceError(.shuttingDown, "The engine stops.")
        default: 0
        }
    }
}
