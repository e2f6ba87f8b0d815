import Foundation
import HTTPServing
import Testing

/// Streams that wait, and what their connections keep meanwhile.
@Suite(.timeLimit(.minutes(1))) struct WaitingStreamTests {
    /// Pieces that are small, larger than a page, and larger than a connection's buffer, with waits between them.
    private static let sizes = [10, 6_000, 20, 100_000, 1, 9_000, 40_000, 3]

    private static func piece(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(0x20 + ($0 &+ size) % 90) } }

    private static let whole = sizes.flatMap(piece)

    /// Names of all lengths that libmicrohttpd looks at more closely, one that is long, and one that comes twice.
    private static let headers: HTTPHeaders = {
        var headers: HTTPHeaders = [
            "X-RateLimit-Limit": "7", "Warn": "a", "X-Last": "z",
            "X-\(String(repeating: "n", count: 200))": "long",
        ]
        headers.append("Set-Cookie", "one=1")
        headers.append("Set-Cookie", "two=2")
        return headers
    }()

    private static let router: Router = {
        var router = Router()
        router.on(.get, "/") { request in .text(request.headers["X"].map { "\($0.utf8.count)" } ?? "alive") }
        router.on(.get, "/waiting") { _ in
            HTTPResponse(
                headers: headers,
                body: .stream(keepAlive: nil) { writer in
                    for (turn, size) in sizes.enumerated() {
                        // Longer than a second once, so that pages are given back twice.
                        try await Task.sleep(for: .milliseconds(turn == 4 ? 1_200 : 20))
                        try await writer.write(piece(size))
                    }
                })
        }
        router.on(.get, "/silent") { _ in
            HTTPResponse(
                body: .stream(keepAlive: nil) { writer in
                    try await writer.write(Array("begun".utf8))
                    try await Task.sleep(for: .milliseconds(200))
                    try await writer.write(Array("waiting".utf8))
                    try await Task.sleep(for: .seconds(60))
                })
        }
        return router
    }()

    @Test func `what waits between its pieces loses nothing, and its connection goes on`() async throws {
        try await withServer(Self.router) { port in
            let (answer, next, long) = try await blocking {
                let client = try RawClient(port: port)
                try client.send(Self.request("/waiting", "HTTP/1.1"))
                return (
                    try client.readAnswer(), try client.ask("GET", "/"),
                    try client.ask("GET", "/", headers: ["X: " + String(repeating: "y", count: 20_000)])
                )
            }
            #expect(answer.body == String(decoding: Self.whole, as: UTF8.self))
            for field in Self.headers {
                #expect(answer.headers.contains { $0.name == field.name && $0.value == field.value }, "\(field)")
            }
            #expect(next.body == "alive")
            #expect(long.body == "20000", "the head of a later request has all of the buffer")
        }
    }

    @Test func `a client without chunks gets the same`() async throws {
        try await withServer(Self.router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send(Self.request("/waiting", "HTTP/1.0"))
                return try client.readToEnd()
            }
            let body = text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
            #expect(body == String(decoding: Self.whole, as: UTF8.self))
        }
    }

    @Test func `a long head does not keep a stream from its pieces`() async throws {
        try await withServer(Self.router) { port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    Self.request("/waiting", "HTTP/1.1", "X: \(String(repeating: "y", count: 12_000))\r\n"))
                return try client.readAnswer()
            }
            #expect(answer.body == String(decoding: Self.whole, as: UTF8.self))
        }
    }

    @Test func `streams that wait keep little of their connections' buffers`() async throws {
        let count = 300
        try await withServer(Self.router, configure: { $0.limits.headerBytes = 128 << 10 }) { port in
            let (before, clients) = try await blocking {
                // What the server needs for its first request does not count.
                let first = try RawClient(port: port)
                try first.send(Self.request("/silent", "HTTP/1.1"))
                _ = try first.readHead()
                let before = Self.residentBytes()
                let clients = try (0..<count).map { _ in
                    let client = try RawClient(port: port)
                    try client.send(Self.request("/silent", "HTTP/1.1"))
                    return client
                }
                for client in clients {
                    _ = try client.readHead()
                    _ = (try client.readChunk(), try client.readChunk())
                }
                return (before, clients + [first])
            }
            // Half of each buffer was in memory when the head was read: 64 KiB.
            try await eventually { (Self.residentBytes() - before) / clients.count < 40 << 10 }
        }
    }

    /// Memory of this process that is no copy of a file. Source: proc(5), `/proc/pid/status`.
    private static func residentBytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let count = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return (count ?? 1 << 32) << 10
    }

    private static func request(_ path: String, _ version: String, _ more: String = "") -> String {
        "GET \(path) \(version)\r\nHost: x\r\n\(more)\r\n"
    }
}
