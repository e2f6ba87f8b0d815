import Testing

@testable import HTTPServing

/// Where a handler's first lines run.
@Suite(.timeLimit(.minutes(1))) struct ExecutionTests {
    private static var router: Router {
        var router = Router()
        let cases: [(String, Route.Execution)] = [
            ("/inline", .inline), ("/by-size", .bySize), ("/concurrent", .concurrent),
        ]
        for (path, execution) in cases {
            router.on(.post, path, execution: execution) { request in
                let first = threadName()
                return .text(first + " \(try await request.body.collect().count)")
            }
        }
        return router
    }

    private static let small = Route.inlineBodyBytesMax

    @Test(arguments: [
        ("/inline", small + 1, true), ("/by-size", 0, true), ("/by-size", small, true), ("/by-size", small + 1, false),
        ("/concurrent", 0, false), ("/concurrent", small + 1, false),
    ])
    func `a handler begins where its route says`(path: String, bytes: Int, isInline: Bool) async throws {
        try await withServer(Self.router) { port in
            let body = String(repeating: "x", count: bytes)
            let answer = try await blocking { try RawClient(port: port).ask("POST", path, body: body) }
            let (thread, count) = try Self.parts(of: answer.body)
            #expect((thread == "http") == isInline, "on \(thread)")
            #expect(count == bytes)
        }
    }

    @Test func `a body whose length is not known counts as large`() async throws {
        try await withServer(Self.router) { port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    "POST /by-size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
                return try client.readAnswer()
            }
            let (thread, count) = try Self.parts(of: answer.body)
            #expect(thread != "http")
            #expect(count == 1)
        }
    }

    private static func parts(of body: String) throws -> (thread: String, count: Int) {
        let space = try #require(body.lastIndex(of: " "))
        return (String(body[..<space]), try #require(Int(body[body.index(after: space)...])))
    }
}
