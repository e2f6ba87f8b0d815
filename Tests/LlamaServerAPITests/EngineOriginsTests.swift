import HTTPServing
import Testing

@testable import LlamaServerAPI

@Suite struct EngineOriginsTests {
    private func send(_ method: HTTPMethod, _ origin: String?, _ origins: EngineOrigins) async throws -> HTTPResponse {
        var router = Router()
        router.middleware = [origins]
        router.add(Route(.post, "/x") { _ in .text("here") })
        return await router.respond(
            to: HTTPRequest(method, "/x", headers: origin.map { ["Origin": $0] } ?? [:]))
    }

    @Test(arguments: ["localhost", "web.mydomain.fr", "https://a.example:8443"])
    func `whoever asks is named, unless somebody says otherwise`(origin: String) async throws {
        let preflight = try await send(.options, origin, EngineOrigins())
        #expect(preflight.status == .ok)
        #expect(preflight.headers["Access-Control-Allow-Origin"] == origin)
        #expect(preflight.headers["Access-Control-Allow-Credentials"] == "true")
        #expect(preflight.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS")
        #expect(preflight.headers["Access-Control-Allow-Headers"] == "*")
        let answer = try await send(.post, origin, EngineOrigins())
        #expect(answer.headers["Access-Control-Allow-Origin"] == origin && answer.headers["Vary"] == "Origin")
        #expect(try await send(.post, nil, EngineOrigins()).headers["Access-Control-Allow-Origin"] == nil)
    }

    @Test func `without credentials every page is named at once`() async throws {
        var origins = EngineOrigins()
        origins.allowsCredentials = false
        #expect(try await send(.options, "https://a", origins).headers["Access-Control-Allow-Origin"] == "*")
        #expect(try await send(.options, "https://a", origins).headers["Access-Control-Allow-Credentials"] == "false")
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://localhost:8080", true), ("https://localhost", true),
        ("http://127.0.0.1:3000", true), ("http://[::1]", true), ("http://[::1]:3000", true),
        ("http://evil.com", false), ("http://notlocalhost", false), ("http://localhost.evil.com", false),
        ("http://localhost:80@evil.com", false), ("http://localhost:", false), ("localhost", false), ("null", false),
        ("file://localhost", false), ("http://127.0.0.1.evil.com", false),
    ])
    func `this machine's pages are told from others`(origin: String, isLocal: Bool) async throws {
        var origins = EngineOrigins()
        origins.origins = .localhost
        let answer = try await send(.options, origin, origins)
        #expect(answer.headers["Access-Control-Allow-Origin"] == (isLocal ? origin : nil))
    }

    @Test func `a list is sent as it is`() async throws {
        var origins = EngineOrigins()
        origins.origins = .literal("https://chat.example")
        #expect(
            try await send(.options, "https://evil.example", origins).headers["Access-Control-Allow-Origin"]
                == "https://chat.example")
    }
}
