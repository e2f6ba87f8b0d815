import Access
import HTTPServing
import JSONText
import Synchronization

@testable import Platform

/// A provider of OpenID Connect on a port of this machine that signs with Ed25519. Its tokens can be made wrong.
final class HonestProvider: Sendable {
    struct State {
        var keys = SigningKeys(now: 1_000, signer: SodiumSignatures())
        var codes: [String: String] = [:]
        var change: @Sendable (inout JSONObject) -> Void = { _ in }
        var requestCount = 0
    }
    let state = Mutex(State())
    private let server: Mutex<(server: HTTPServer, port: Int)?> = Mutex(nil)

    var issuer: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }

    static func start() async throws -> HonestProvider {
        let provider = HonestProvider()
        let server = HTTPServer(ServerConfiguration()) { [provider] request in try await provider.answer(request) }
        guard let port = try await server.start() else { return provider }
        provider.server.withLock { $0 = (server, port) }
        return provider
    }

    func stop() async { await server.withLock { $0?.server }?.shutdown() }

    /// What the browser brings back from the page that it was sent to.
    func signIn(_ location: String) throws -> (code: String, state: String) {
        let query = try HTTPQuery(location.split(separator: "?", maxSplits: 1)[1])
        let code = "code-\(state.withLock(\.codes.count))"
        state.withLock { $0.codes[code] = query["nonce"] ?? "" }
        return (code, query["state"] ?? "")
    }

    func accessToken(audience: String, now: Int64, subject: String = "ci") -> String {
        let claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(audience), "sub": .string(subject), "iat": .integer(now),
            "exp": .integer(now + 300), "groups": ["staff"],
        ]
        return state.withLock { $0.keys.sign(claims, type: "JWT", signer: SodiumSignatures()) }
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        state.withLock { $0.requestCount += 1 }
        switch request.path {
        case "/.well-known/openid-configuration":
            return .json([
                "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
                "token_endpoint": .string(issuer + "/token"), "jwks_uri": .string(issuer + "/keys"),
            ])
        case "/keys": return .json(state.withLock(\.keys.verification.json))
        case "/token":
            let form = FormText.decode(try await request.body.collect()) ?? [:]
            guard let nonce = state.withLock({ $0.codes.removeValue(forKey: form["code"] ?? "") }),
                form["code_verifier"]?.utf8.count == 43
            else { return .json(["error": "invalid_grant"], status: .badRequest) }
            var claims: JSONObject = [
                "iss": .string(issuer), "aud": "client", "sub": "person", "nonce": .string(nonce), "groups": ["staff"],
                "preferred_username": "ada", "iat": .integer(Self.now), "exp": .integer(Self.now + 300),
            ]
            state.withLock(\.change)(&claims)
            let token = state.withLock { [claims] in $0.keys.sign(claims, type: "JWT", signer: SodiumSignatures()) }
            return .json(["access_token": "a", "id_token": .string(token)])
        default: return .text("?", status: .notFound)
        }
    }

    static let now: Int64 = 1_800_000_000
}
