import HTTPFetching
import HTTPServing
import JSONText
import Testing
import Vocabulary

@testable import RequestScope

@Suite(.timeLimit(.minutes(1))) struct APIKeyCheckTests {
    /// Answers to requests of a real server with these keys: status, and what the handler or the check said.
    private func ask(
        _ requests: [(path: String, headers: FetchHeaders)], keys: [String] = ["right", "other-key"]
    ) async throws -> [(status: Int, body: JSONValue, headers: FetchHeaders)] {
        var router = Router()
        router.middleware = [APIKeyCheck(keys: keys)]
        for path in ["/health", "/v1/health", "/ready", "/metrics", "/slots", "/v1/models"] {
            router.on(.get, path) { .json(["path": .string($0.path)]) }
        }
        let server = HTTPServer(ServerConfiguration(.tcp(host: "127.0.0.1", port: 0)), router: router)
        let port = try #require(try await server.start())
        let client = try HTTPClient()
        var answers: [(Int, JSONValue, FetchHeaders)] = []
        do {
            for request in requests {
                let response = try await client.fetch(
                    FetchRequest("http://127.0.0.1:\(port)\(request.path)", headers: request.headers))
                let body = try JSONValue.parse(try await response.body.collect(upTo: 1 << 16))
                answers.append((response.status, body, response.headers))
            }
        } catch {
            Issue.record(error)
        }
        await client.shutDown()
        await server.shutdown(deadline: .zero)
        return answers
    }

    @Test func `a right key opens, in each way to send it`() async throws {
        let answers = try await ask([
            ("/v1/models", ["Authorization": "Bearer right"]), ("/v1/models", ["Authorization": "bearer  other-key"]),
            ("/slots", ["X-Api-Key": "right"]), ("/metrics", ["Authorization": "right"]),
        ])
        #expect(answers.map(\.status) == [200, 200, 200, 200])
    }

    @Test func `no key and wrong keys get 401 in OpenAI's shape`() async throws {
        let answers = try await ask([
            ("/v1/models", [:]), ("/v1/models", ["Authorization": "Bearer wrong"]),
            ("/v1/models", ["Authorization": "Bearer righ"]), ("/v1/models", ["Authorization": "Bearer rightright"]),
            ("/v1/models", ["Authorization": "Bearer "]), ("/slots", [:]), ("/metrics", [:]), ("/nowhere", [:]),
            ("/v1/models", ["Authorization": "Bearer wrong", "X-Api-Key": "right"]),
            ("/health/../v1/models", [:]), ("/health/", [:]), ("//health", [:]),
        ])
        #expect(answers.map(\.status) == Array(repeating: 401, count: 12))
        for answer in answers {
            #expect(answer.body["error"]?["type"] == "authentication_error")
            #expect(answer.body["error"]?["code"] == "invalid_api_key")
            #expect(answer.headers["WWW-Authenticate"] == "Bearer")
            #expect(!answer.body.text.contains("wrong") && !answer.body.text.contains("right"))
        }
    }

    @Test func `health is open to everyone`() async throws {
        let answers = try await ask([("/health", [:]), ("/v1/health", [:]), ("/ready", [:]), ("/health?x=1", [:])])
        #expect(answers.map(\.status) == [200, 200, 200, 200])
    }

    @Test func `without keys nobody is asked, and an empty key is none`() async throws {
        #expect(try await ask([("/v1/models", [:])], keys: []).map(\.status) == [200])
        #expect(try await ask([("/v1/models", [:])], keys: ["", "x"]).map(\.status) == [401])
    }

    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abd", false), ("ab", "abc", false), ("abcabc", "abc", false), ("", "a", false),
    ])
    func `keys are compared whole`(given: String, key: String, isEqual: Bool) {
        #expect(APIKeyCheck.isEqual(Array(given.utf8), Array(key.utf8)) == isEqual)
    }

    @Test func `a dump shows no key`() {
        var text = ""
        dump(APIKeyCheck(keys: ["top-secret"]), to: &text)
        #expect(!text.contains("top-secret") && !text.contains("116"))
    }

    @Test func `the error travels with its status`() {
        let error = WireError.serviceError(from: [:], status: 401)
        #expect(error.code == .invalidAPIKey && WireError(error, requestID: nil).status == 401)
    }
}
