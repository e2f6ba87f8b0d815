import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Testing
import Vocabulary

@testable import LlamaServerAPI

@Suite struct AdapterRoutesTests {
    private func send(
        _ method: HTTPMethod, _ target: String, _ body: String = "", engine: ScriptedAdapters = ScriptedAdapters()
    ) async throws -> JSONValue {
        var router = Router()
        let routes = AdapterRoutes(engine) { field throws(JSONFieldError) in
            var scales: [AdapterScale] = []
            for element in try field.elements(countMax: 4) {
                scales.append(
                    AdapterScale(
                        id: try element.required("id").integer(in: 0...9),
                        scale: Float(try element.required("scale").number(in: -10...10))))
            }
            return scales
        }
        for route in routes.routes { router.add(route) }
        router.onError = { error, _ in
            let wire = WireError(ServiceError(reading: error), requestID: nil)
            return .json(wire.body, status: HTTPStatus(rawValue: wire.status))
        }
        let request = HTTPRequest(method, target, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        let response = await router.respond(to: request)
        let value = try JSONValue.parse(try await response.collectBody())
        return response.status == .ok ? value : ["status": .whole(response.status.rawValue), "body": value]
    }

    private let listed: JSONValue = [
        "id": 3, "path": "/a.gguf", "scale": 0.5, "task_name": "sum", "prompt_prefix": "x", "rank": 8, "users": 2,
    ]

    @Test func `adapters are told as llama-server tells them, and more`() async throws {
        #expect(try await send(.get, "/lora-adapters") == [listed])
    }

    @Test func `scales are set`() async throws {
        let engine = ScriptedAdapters()
        let body = #"[{"id":3,"scale":0.25},{"id":4,"scale":-1}]"#
        #expect(try await send(.post, "/lora-adapters", body, engine: engine) == ["success": true])
        #expect(
            engine.scales.withLock(\.self) == [AdapterScale(id: 3, scale: 0.25), AdapterScale(id: 4, scale: -1)])
        #expect(try await send(.post, "/lora-adapters", "[]", engine: engine) == ["success": true])
        #expect(engine.scales.withLock(\.self) == [])
    }

    @Test(arguments: [
        ("{}", JSONValue.null), ("", .null), ("[", .null), (#"[{"scale":1}]"#, "[0].id"), (#"[{"id":3}]"#, "[0].scale"),
        (#"[{"id":-1,"scale":1}]"#, "[0].id"), (#"[{"id":1e99,"scale":1}]"#, "[0].id"),
        (#"[{"id":3,"scale":"x"}]"#, "[0].scale"), (#"[{"id":3,"scale":1},{"id":3,"scale":11}]"#, "[1].scale"),
        ("[7]", "[0]"), (#"[{"id":3,"scale":NaN}]"#, .null),
    ])
    func `what is wrong with scales is named, and nothing changes`(body: String, parameter: JSONValue) async throws {
        let engine = ScriptedAdapters()
        let answer = try await send(.post, "/lora-adapters", body, engine: engine)
        #expect(answer["status"] == 400 && answer["body"]?["error"]?["param"] ?? .null == parameter)
        #expect(engine.scales.withLock(\.self) == nil)
    }

    @Test func `one is loaded and removed`() async throws {
        #expect(try await send(.post, "/lora-adapters/load", #"{"path":"a.gguf","scale":0.5}"#)["scale"] == 0.5)
        #expect(try await send(.post, "/lora-adapters/load", #"{"path":"a.gguf"}"#)["scale"]?.double == 1)
        #expect(try await send(.delete, "/lora-adapters/3") == ["id": 3, "success": true])
        #expect(try await send(.delete, "/lora-adapters/4")["status"] == 409)
        for unknown in ["5", "-1", "+3", "03", "x", "99999999999999999999", "3.0"] {
            #expect(try await send(.delete, "/lora-adapters/\(unknown)")["status"] == 404, "\(unknown)")
        }
    }

    @Test(arguments: [
        ("{}", "path"), (#"{"path":""}"#, "path"), (#"{"path":7}"#, "path"), (#"{"path":"a","scale":1001}"#, "scale"),
        (#"{"path":"a","scale":null,"more":1}"#, ""), (#"{"path":"a","scale":"1"}"#, "scale"),
    ])
    func `what is wrong with a file's name is named`(body: String, parameter: String) async throws {
        let answer = try await send(.post, "/lora-adapters/load", body)
        guard !parameter.isEmpty else {
            return #expect(answer["scale"]?.double == 1, "null is none, others are let be")
        }
        #expect(answer["status"] == 400 && answer["body"]?["error"]?["param"] == .string(parameter))
    }
}

/// One adapter with the number 3; 4 is in use.
private final class ScriptedAdapters: AdapterControlling {
    let scales = Mutex<[AdapterScale]?>(nil)

    private func report(_ scale: Float) -> AdapterReport {
        AdapterReport(id: 3, path: "/a.gguf", scale: scale, taskName: "sum", promptPrefix: "x", rank: 8, users: 2)
    }

    func adapters() async throws(ServiceError) -> [AdapterReport] { [report(0.5)] }

    func setAdapters(_ scales: [AdapterScale]) async throws(ServiceError) { self.scales.withLock { $0 = scales } }

    func loadAdapter(_ path: String, scale: Float) async throws(ServiceError) -> AdapterReport { report(scale) }

    func removeAdapter(_ id: Int) async throws(ServiceError) -> AdapterReport {
        switch id {
        case 3: return report(0)
        case 4: throw ServiceError(.conflict, "It is in use.")
        default: throw ServiceError(.notFound, "There is no such adapter.")
        }
    }
}
