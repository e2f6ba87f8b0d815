import HTTPServing
import Testing

/// What the router makes of middleware that does not wait, among middleware that does.
@Suite struct PlainMiddlewareTests {
    private struct Refused: Error {}

    /// Tells that it was there, in both directions.
    private struct Mark: PlainMiddleware {
        let name: String
        var answers = false
        var refuses = false

        func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
            request.client.address += name
            if refuses { throw Refused() }
            return answers ? .text("\(name) answers \(request.client.address)") : nil
        }

        func after(_ request: HTTPRequest, _ response: inout HTTPResponse) { response.headers.append("X-After", name) }
    }

    private func ask(_ middleware: [any Middleware], _ path: String = "/") async throws -> (String, [String]) {
        var router = Router()
        router.middleware = middleware
        router.onError = { error, request in .text("\(type(of: error)) of \(request.client.address)", status: 400) }
        router.on(.get, "/") { .text("handler of \($0.client.address)") }
        let response = await router.respond(to: HTTPRequest(.get, path))
        return (String(decoding: try await response.collectBody(), as: UTF8.self), response.headers.all("X-After"))
    }

    private let waiting = ClosureMiddleware { request, next in
        var request = request
        request.client.address += "-"
        var response = try await next(request)
        response.headers.append("X-After", "-")
        return response
    }

    @Test func `they see the request from outside and the response from inside`() async throws {
        let (body, after) = try await ask([Mark(name: "a"), Mark(name: "b"), waiting, Mark(name: "c"), Mark(name: "d")])
        #expect(body == "handler of ab-cd")
        #expect(after == ["d", "c", "-", "b", "a"])
    }

    @Test func `one that answers is the last to see the request`() async throws {
        let (body, after) = try await ask([Mark(name: "a"), waiting, Mark(name: "b", answers: true), Mark(name: "c")])
        #expect(body == "b answers a-b")
        #expect(after == ["b", "-", "a"])
    }

    @Test func `what one refuses, those outside of it see the response to`() async throws {
        let (body, after) = try await ask([Mark(name: "a"), waiting, Mark(name: "b"), Mark(name: "c", refuses: true)])
        #expect(body == "Refused of a-bc")
        #expect(after == ["b", "-", "a"])
    }

    @Test func `an error further inside is a response to all of them`() async throws {
        let (body, after) = try await ask([Mark(name: "a"), Mark(name: "b"), waiting], "/nowhere")
        #expect(body == "HTTPError of ab-")
        #expect(after == ["-", "b", "a"])
    }

    @Test func `what one that waits throws is a response to those outside of it`() async throws {
        let throwing = ClosureMiddleware { _, _ in throw Refused() }
        let (body, after) = try await ask([Mark(name: "a"), throwing, Mark(name: "b")])
        #expect(body == "Refused of a")
        #expect(after == ["a"])
    }

    @Test func `on its own one works as any other`() async throws {
        let response = try await Mark(name: "a").respond(to: HTTPRequest(.get, "/")) { _ in .text("inside") }
        #expect(response.headers.all("X-After") == ["a"])
        await #expect(throws: Refused.self) {
            _ = try await Mark(name: "a", refuses: true).respond(to: HTTPRequest(.get, "/")) { _ in .text("inside") }
        }
    }

    @Test func `a path without placeholders wins over one with them, for its own method only`() async throws {
        var router = Router()
        router.on(.get, "/v1/{name}") { .text("any \($0.parameters.string("name"))") }
        router.on(.get, "/v1/models") { .text("models \($0.parameters.items.count)") }
        router.on(.post, "/v1/models") { _ in .text("made") }
        for (method, target, expected) in [
            (HTTPMethod.get, "/v1/models", "models 0"), (.get, "/v1/models?a=b", "models 0"),
            (.get, "/v1/%6dodels", "models 0"), (.get, "/v1/other", "any other"), (.post, "/v1/models", "made"),
        ] {
            let response = await router.respond(to: HTTPRequest(method, target))
            #expect(String(decoding: try await response.collectBody(), as: UTF8.self) == expected)
        }
        #expect(await router.respond(to: HTTPRequest(.head, "/v1/models")).status == .ok)
        #expect(await router.respond(to: HTTPRequest(.delete, "/v1/models")).status == .methodNotAllowed)
        #expect(await router.respond(to: HTTPRequest(.get, "/v1/models/")).status == .notFound)
    }
}
