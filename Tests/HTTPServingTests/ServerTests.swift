import Foundation
import JSONText
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    @Test func `a request reaches its handler with everything it carries`() async throws {
        var router = Router()
        router.on(.post, "/v1/things/{name}") { request in
            let body = try await request.body.collect()
            return .text(
                [
                    request.method.rawValue, request.path, request.parameters.string("name"),
                    try request.query["q"] ?? "-", request.headers["x-thing"] ?? "-", request.remoteAddress,
                    String(decoding: body, as: UTF8.self),
                ].joined(separator: "|"))
        }
        try await withServer(router) { port in
            let answer = try await blocking {
                try RawClient(port: port).ask(
                    "POST", "/v1/things/a%2Fb?q=x%20y", headers: ["X-Thing: seven"], body: "hello")
            }
            #expect(answer.status == 200)
            #expect(answer.body == "POST|/v1/things/a/b|a/b|x y|seven|127.0.0.1|hello")
        }
    }

    @Test func `one connection serves many requests, also when they come in one piece`() async throws {
        var router = Router()
        router.on(.get, "/{n}") { .text($0.parameters.string("n")) }
        router.on(.get, "/later/{n}") { request in
            await Task.yield()
            return .text("later " + request.parameters.string("n"))
        }
        try await withServer(router) { port in
            let bodies = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    (0..<20).map { "GET /\($0 % 2 == 0 ? "" : "later/")\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
                return try (0..<20).map { _ in try client.readAnswer().body }
            }
            #expect(bodies == (0..<20).map { $0 % 2 == 0 ? "\($0)" : "later \($0)" })
        }
    }

    @Test func `HEAD is answered from GET without a body`() async throws {
        var router = Router()
        router.on(.get, "/text") { _ in .text("hello") }
        router.on(.get, "/stream") { _ in .events { writer in try await writer.write(Array("data: 1\n\n".utf8)) } }
        try await withServer(router) { port in
            let (text, stream, after) = try await blocking {
                let client = try RawClient(port: port)
                return (
                    try client.ask("HEAD", "/text"), try RawClient(port: port).ask("HEAD", "/stream"),
                    try client.ask("GET", "/text")
                )
            }
            #expect(text.status == 200)
            #expect(text.header("Content-Length") == "5")
            #expect(stream.status == 200)
            #expect(after.body == "hello")
        }
    }

    @Test func `OPTIONS and wrong methods name the methods of the path`() async throws {
        var router = Router()
        router.on(.get, "/a") { _ in .text("a") }
        router.on(.delete, "/a") { _ in .text("a") }
        try await withServer(router) { port in
            let (options, wrong, missing) = try await blocking {
                let client = try RawClient(port: port)
                return (try client.ask("OPTIONS", "/a"), try client.ask("PUT", "/a"), try client.ask("PUT", "/b"))
            }
            #expect(options.status == 204)
            #expect(options.header("Allow") == "DELETE, GET, HEAD, OPTIONS")
            #expect(wrong.status == 405)
            #expect(wrong.header("Allow") == "DELETE, GET, HEAD, OPTIONS")
            #expect(missing.status == 404)
            #expect(missing.header("Content-Type") == "application/problem+json")
        }
    }

    @Test func `an unexpected error is a bland 500, and the error hook decides its shape`() async throws {
        struct Secret: Error { let password = "hunter2" }
        var router = Router()
        router.on(.get, "/boom") { _ in throw Secret() }
        try await withServer(router) { port in
            let answer = try await blocking { try RawClient(port: port).ask("GET", "/boom") }
            #expect(answer.status == 500)
            #expect(!answer.body.contains("hunter2"))
            #expect(try JSONValue.parse(answer.body)["code"] == "internal_error")
        }
        router.onError = { error, _ in .json(["error": ["message": "custom"]], status: 418) }
        try await withServer(router) { port in
            let answers = try await blocking {
                let client = try RawClient(port: port)
                return [
                    try client.ask("GET", "/boom"), try client.ask("GET", "/missing"), try client.ask("GET", "/%zz"),
                ]
            }
            for answer in answers {
                #expect(answer.status == 418)
                #expect(answer.body == #"{"error":{"message":"custom"}}"#)
            }
        }
    }

    @Test func `a header with a line break cannot be smuggled into the answer`() async throws {
        var router = Router()
        router.on(.get, "/") { _ in HTTPResponse(.ok, headers: ["X-A": "1\r\nX-B: 2"]) }
        try await withServer(router) { port in
            let answer = try await blocking { try RawClient(port: port).ask("GET", "/") }
            #expect(answer.status == 500)
            #expect(answer.header("X-B") == nil)
        }
    }

    @Test func `the outcome of a response is told once it is sent`() async throws {
        let outcomes = Recorder<RequestOutcome>()
        var router = Router()
        router.middleware = [
            ClosureMiddleware { request, next in
                request.context.whenFinished { outcomes.add($0) }
                return try await next(request)
            }
        ]
        router.on(.get, "/") { _ in .text("twelve bytes", status: 201) }
        try await withServer(router) { port in
            _ = try await blocking { try RawClient(port: port).ask("GET", "/") }
            try await eventually { outcomes.values.count == 1 }
            let outcome = try #require(outcomes.values.first)
            #expect(outcome.status == 201)
            #expect(outcome.bodyBytes == 12)
            #expect(!outcome.wasAborted)
            #expect(outcome.duration > .zero)
        }
    }

    @Test func `what an inner middleware leaves in the context, an outer one sees`() async throws {
        enum UserKey: RequestContextKey { typealias Value = String }
        var router = Router()
        router.middleware = [
            ClosureMiddleware { request, next in
                var response = try await next(request)
                response.headers["X-User"] = request.context[UserKey.self]
                return response
            },
            ClosureMiddleware { request, next in
                request.context[UserKey.self] = "ada \(request.route?.permission ?? "-")"
                return try await next(request)
            },
        ]
        router.on(.get, "/", RouteDescription(permission: "read")) { .text($0.context[UserKey.self] ?? "-") }
        let response = await router.respond(to: HTTPRequest(.get, "/"))
        #expect(response.headers["X-User"] == "ada read")
        #expect(try await response.collectBody() == Array("ada read".utf8))
    }

    @Test func `a Unix socket serves its owner only and leaves no file`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/http.sock"
            var router = Router()
            router.on(.get, "/") { .text("over \($0.remoteAddress.isEmpty ? "unix" : "tcp")") }
            let server = HTTPServer(ServerConfiguration(.unix(path: path)), router: router)
            #expect(try await server.start() == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let answer = try await blocking { try RawClient(path: path).ask("GET", "/") }
            #expect(answer.body == "over unix")
            let second = HTTPServer(ServerConfiguration(.unix(path: path)), router: router)
            let failure = await #expect(throws: HTTPServerError.self) { try await second.start() }
            #expect(failure?.code == .addressInUse)
            await server.shutdown(deadline: .zero)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `addresses that cannot be had are refused with a reason`() async throws {
        try await withServer(Router()) { port in
            let taken = HTTPServer(ServerConfiguration(.tcp(host: "127.0.0.1", port: port)), router: Router())
            let failure = await #expect(throws: HTTPServerError.self) { try await taken.start() }
            #expect(failure?.code == .addressInUse)
        }
        let beyond = HTTPServer(ServerConfiguration(.tcp(host: "127.0.0.1", port: 70_000)), router: Router())
        let failure = await #expect(throws: HTTPServerError.self) { try await beyond.start() }
        #expect(failure?.code == .badAddress)
    }
}
