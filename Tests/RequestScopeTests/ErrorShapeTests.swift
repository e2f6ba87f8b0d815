import HTTPServing
import JSONText
import Testing
import Vocabulary

@testable import RequestScope

@Suite struct ErrorShapeTests {
    private static let own = ErrorShape(below: "/v1/own", idHeader: "own-id") { error, id in
        ["own": .string(error.code.rawValue), "id": id.map { .string($0.text) } ?? .null]
    }

    @Test(arguments: [
        ("/v1/own", "own"), ("/v1/own/more", "own"), ("/v1/owner", "error"), ("/v1", "error"), ("/v1/x", "error"),
        ("/own", nil), ("/v10", nil), ("", nil),
    ])
    func `each path has the shape of its API`(path: String, member: String?) {
        let shape = [Self.own].first(for: path)
        #expect(shape?.body(ServiceError(.notFound, "x"), RequestID("r")).object?.keys.first == member)
    }

    @Test func `a missing key is told in the shape of the path's API`() async throws {
        let check = APIKeyCheck(keys: ["k"], shapes: [Self.own])
        for (path, member) in [("/v1/own", "own"), ("/v1/x", "error"), ("/x", "error")] {
            let response = try await check.respond(to: HTTPRequest(.get, path)) { _ in HTTPResponse() }
            #expect(response.status == .unauthorized && response.headers["WWW-Authenticate"] == "Bearer")
            #expect(try JSONValue.parse(try await response.collectBody())[member] != nil)
        }
    }
}
