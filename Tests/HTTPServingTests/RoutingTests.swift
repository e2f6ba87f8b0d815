import JSONText
import Testing

@testable import HTTPServing

@Suite struct RoutingTests {
    private static var router: Router {
        var router = Router()
        for pattern in ["/", "/v1/models", "/v1/models/{model}", "/v1/models/{model}/files/{n}", "/v1/models/special"] {
            router.on(.get, pattern) { request in
                .text(
                    pattern + zip(request.parameters.names, request.parameters.values).map { " \($0)=\($1)" }.joined())
            }
        }
        router.on(.get, "/assets/{path...}") { .text("assets " + $0.parameters.string("path")) }
        router.on(.get, "/n/{n}") { .text("\(try $0.parameters.integer("n", in: 1...10))") }
        router.on(.post, "/v1/models/{id}") { .text("post " + $0.parameters.string("id")) }
        return router
    }

    @Test(arguments: [
        ("/", "/"), ("/v1/models", "/v1/models"), ("/v1/models/a", "/v1/models/{model} model=a"),
        ("/v1/models/special", "/v1/models/special"), ("/v1/models/org%2Fname", "/v1/models/{model} model=org/name"),
        ("/v1/models/%C3%A9", "/v1/models/{model} model=é"), ("/v1/models?x=/y", "/v1/models"),
        ("/v1/models/special/files/3", "/v1/models/{model}/files/{n} model=special n=3"),
        ("/assets/a/b/c.js", "assets a/b/c.js"), ("/n/7", "7"),
    ])
    func `a path finds its route`(target: String, expected: String) async throws {
        let response = await Self.router.respond(to: HTTPRequest(.get, target))
        #expect(response.status == 200)
        #expect(String(decoding: try await response.collectBody(), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("/v1", 404), ("/v1/models/", 404), ("/v1/models/a/files", 404), ("/assets", 404), ("//", 404), ("/n/0", 400),
        ("/n/eleven", 400), ("/n/99999999999999999999", 400), ("", 400), ("*", 400),
    ])
    func `a path without a route is refused`(target: String, status: Int) async throws {
        #expect(await Self.router.respond(to: HTTPRequest(.get, target)).status.rawValue == status)
    }

    @Test func `routes of one path with different placeholder names keep their own`() async throws {
        let response = await Self.router.respond(to: HTTPRequest(.post, "/v1/models/a"))
        #expect(String(decoding: try await response.collectBody(), as: UTF8.self) == "post a")
    }

    @Test func `the query is decoded, typed and bounded`() throws {
        let query = try HTTPQuery("a=1&b=x+y%21&c&a=2&flag=true")
        #expect(query["b"] == "x y!")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["c"] == "")
        #expect(try query.integer("a", in: 0...5) == 1)
        #expect(try query.integer("missing") == nil)
        #expect(try query.bool("flag") == true)
        #expect(throws: HTTPError.self) { try query.integer("b") }
        #expect(throws: HTTPError.self) { try query.integer("a", in: 5...9) }
        #expect(throws: HTTPError.self) { try query.bool("b") }
        #expect(throws: HTTPError.self) { try HTTPQuery("a=%ff") }
        #expect(try HTTPRequest(.get, "/?").query.items.isEmpty)
    }

    @Test func `headers compare names without case and keep their order`() {
        var headers: HTTPHeaders = ["Accept": "a", "X": "1", "accept": "b, c"]
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.list("Accept") == ["a", "b", "c"])
        headers.add("x", token: "2")
        headers.add("x", token: "2")
        #expect(headers["X"] == "1, 2")
        headers["accept"] = nil
        #expect(headers.fields.map(\.name) == ["x"])
    }

    @Test func `the OpenAPI document tells what the routes say`() throws {
        var router = Router()
        router.on(
            .post, "/v1/models/{model}/runs",
            RouteDescription(
                operation: "createRun", summary: "Starts a run", tags: ["Runs"],
                parameters: [.init("stream", in: .query, schema: ["type": "boolean"])],
                requestBodies: [.json(["type": "object"])],
                responses: [
                    .init(.ok, "The run", .json(["type": "string"]), .events), .init(.notFound),
                ], permission: "runs:write")
        ) { _ in .text("") }
        router.on(.get, "/files/{path...}", RouteDescription(operation: "getFile")) { _ in .text("") }
        router.on(.get, "/hidden") { _ in .text("") }
        let document = OpenAPIDocument.make(routes: router.routes, info: .init(title: "Test", version: "1"))
        #expect(document["openapi"] == "3.1.0")
        #expect(document["paths"]?.object?.keys == ["/v1/models/{model}/runs", "/files/{path}"])
        let operation = try #require(document["paths"]?["/v1/models/{model}/runs"]?["post"])
        #expect(operation["operationId"] == "createRun")
        #expect(operation["parameters"]?.array?.map { $0["name"]?.string } == ["stream", "model"])
        #expect(operation["parameters"]?[1]?["required"] == true)
        #expect(operation["requestBody"]?["content"]?["application/json"]?["schema"]?["type"] == "object")
        #expect(
            operation["responses"]?["200"]?["content"]?.object?.keys == ["application/json", "text/event-stream"])
        #expect(operation["responses"]?["404"]?["description"] == "Not Found")
        #expect(operation["security"] == [["bearer": []]])
        #expect(operation["x-permission"] == "runs:write")
    }
}
