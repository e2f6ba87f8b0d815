import Foundation
import JSONText
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct RobustnessTests {
    private static var router: Router {
        var router = Router()
        router.on(.get, "/") { _ in .text("alive") }
        router.on(.post, "/echo") { request in
            .bytes(try await request.body.collect(), contentType: "application/octet-stream")
        }
        router.on(.post, "/small", bodyBytesMax: 10) { request in
            .bytes(try await request.body.collect(), contentType: "application/octet-stream")
        }
        router.on(.post, "/ignore") { _ in .text("ignored", status: 202) }
        return router
    }

    private static func expectAlive(_ port: Int) async throws {
        let answer = try await blocking { try RawClient(port: port).ask("GET", "/") }
        #expect(answer.body == "alive")
    }

    @Test(arguments: [
        "\r\n\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET  /  HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost x\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
    ])
    func `a malformed request is refused and the next one served`(request: String) async throws {
        try await withServer(Self.router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send(request)
                client.finishSending()
                return try client.readToEnd()
            }
            #expect(
                text.isEmpty || text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 5")
                    || text.hasPrefix("HTTP/1.0 4"), "\(text)")
            try await Self.expectAlive(port)
        }
    }

    @Test(arguments: [
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: +5", "Content-Length: 5, 5",
    ])
    func `a body of doubtful length is refused and its connection closed`(headers: String) async throws {
        try await withServer(Self.router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send("POST /echo HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\r\nhello")
                return try client.readToEnd()
            }
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400"), "\(text)")
            #expect(!text.contains("hello"))
            try await Self.expectAlive(port)
        }
    }

    @Test(arguments: [
        "Content-Length: 0, 44", "Content-Length: +0", "Content-Length: -1", "Content-Length: 0x0",
        "Content-Length: 0\r\nContent-Length: 0", "Content-Length: 6\r\nTransfer-Encoding: chunked",
    ])
    func `nothing behind a body of doubtful length is taken for a request`(headers: String) async throws {
        try await withServer(Self.router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    "POST /echo HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return try client.readToEnd()
            }
            #expect(text.hasPrefix("HTTP/1.1 400"), "\(text)")
            // libmicrohttpd writes the head of its own refusals twice; then it closes.
            #expect(!text.contains("alive") && !text.contains("200 OK"), "\(text)")
        }
    }

    @Test(arguments: ["/%zz", "/%", "/%ff%fe", "/a%00b"])
    func `a path that is not percent-encoded UTF-8 is a bad request`(path: String) async throws {
        try await withServer(Self.router) { port in
            let answer = try await blocking { try RawClient(port: port).ask("GET", path) }
            #expect(answer.status == 400)
            #expect(try JSONValue.parse(answer.body)["code"] == "malformed_request")
        }
    }

    @Test func `raw bytes that are no UTF-8 in path, query and headers do no harm`() async throws {
        try await withServer(Self.router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    Array("GET /".utf8) + [0xFF, 0xFE] + Array("?a=".utf8) + [0xC3]
                        + Array(" HTTP/1.1\r\nHost: x\r\nX: ".utf8) + [0xFF]
                        + Array("\r\nConnection: close\r\n\r\n".utf8))
                return try client.readToEnd()
            }
            #expect(text.hasPrefix("HTTP/1.1 4"), "\(text)")
            try await Self.expectAlive(port)
        }
    }

    @Test func `a flood of headers ends in an error and not in memory`() async throws {
        try await withServer(Self.router) { port in
            let sent = try await blocking {
                let client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n")
                let line = Array("X-Flood: \(String(repeating: "y", count: 1000))\r\n".utf8)
                let block = Array(repeatElement(line, count: 100).joined())
                var sent = 0
                while sent < 100_000_000 {
                    do { try client.send(block) } catch { return sent }
                    sent += block.count
                }
                return sent
            }
            // What the kernel's buffers swallowed; the server read some 32 KiB of it.
            #expect(sent < 20_000_000)
            try await Self.expectAlive(port)
        }
    }

    @Test func `headers at the limit pass and headers beyond it do not`() async throws {
        try await withServer(Self.router) { port in
            let (fitting, large) = try await blocking {
                (
                    try RawClient(port: port).ask("GET", "/", headers: ["X: " + String(repeating: "y", count: 20_000)]),
                    try RawClient(port: port).ask("GET", "/", headers: ["X: " + String(repeating: "y", count: 40_000)])
                )
            }
            #expect(fitting.status == 200)
            #expect(large.status == 431)
        }
    }

    @Test(arguments: [
        ("Content-Length: 11", "hello world"), ("Transfer-Encoding: chunked", "b\r\nhello world\r\n0\r\n\r\n"),
    ])
    func `a body that is larger than its route allows is 413`(header: String, body: String) async throws {
        try await withServer(Self.router) { port in
            let (answer, next) = try await blocking {
                let client = try RawClient(port: port)
                try client.send("POST /small HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n\(body)")
                return (try client.readAnswer(), try client.ask("GET", "/"))
            }
            #expect(answer.status == 413)
            #expect(next.body == "alive")
        }
    }

    @Test func `a large body that is not wanted is refused before it is sent`() async throws {
        try await withServer(Self.router) { port in
            let answer = try await blocking {
                let client = try RawClient(port: port)
                try client.send(
                    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
                return try client.readAnswer()
            }
            #expect(answer.status == 413)
        }
    }

    @Test(arguments: [1, 1000, 16 * 1024, 16 * 1024 + 1, 100_000, 5_000_000])
    func `bodies of every size come back as they were sent`(count: Int) async throws {
        try await withServer(Self.router) { port in
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 & 0x3F | 0x20) & 0x7F }
            let (plain, chunked) = try await blocking {
                let client = try RawClient(port: port)
                try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n")
                try client.send(body)
                let plain = try client.readAnswer()
                try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: count, by: 3333) {
                    let part = body[start..<min(start + 3333, count)]
                    try client.send(Array((String(part.count, radix: 16) + "\r\n").utf8) + part + [13, 10])
                }
                try client.send("0\r\n\r\n")
                return (plain, try client.readAnswer())
            }
            #expect(plain.body == String(decoding: body, as: UTF8.self))
            #expect(chunked.body == plain.body)
        }
    }

    @Test func `an answer that comes before the body keeps the connection when the body is small`() async throws {
        try await withServer(Self.router) { port in
            let (answer, next) = try await blocking {
                let client = try RawClient(port: port)
                let answer = try client.ask("POST", "/ignore", body: String(repeating: "x", count: 100_000))
                return (answer, try client.ask("GET", "/"))
            }
            #expect(answer.status == 202)
            #expect(next.body == "alive")
        }
    }

    @Test func `a handler that does not read slows its client down`() async throws {
        let release = Flag()
        var router = Router()
        router.on(.post, "/slow", bodyBytesMax: .max) { request in
            var count = 0
            for try await chunk in request.body {
                count += chunk.count
                while !release.isSet { try await Task.sleep(for: .milliseconds(5)) }
            }
            return .text("\(count)")
        }
        try await withServer(router) { port in
            let total = 50_000_000
            let answer = try await blocking {
                let client = try RawClient(port: port)
                try client.send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: \(total)\r\n\r\n")
                let block = [UInt8](repeating: 65, count: 100_000)
                var sent = 0
                var stuck = 0
                while stuck < 100 {
                    let count = client.sendSome(block)
                    if count > 0 {
                        sent += count
                        stuck = 0
                    } else {
                        stuck += 1
                        usleep(2_000)
                    }
                }
                #expect(sent < 20_000_000)
                release.set()
                while sent < total {
                    let part = block.prefix(total - sent)
                    try client.send(Array(part))
                    sent += part.count
                }
                return try client.readAnswer()
            }
            #expect(answer.body == "\(total)")
        }
    }

    @Test func `slow senders are cut off, and idle connections too`() async throws {
        try await withServer(Self.router) { configuration in
            configuration.timeouts.header = .milliseconds(500)
            configuration.timeouts.body = .milliseconds(500)
            configuration.timeouts.idle = .seconds(1)
        } _: { port in
            async let header = blocking { try Self.drip("GET / HTTP/1.1\r\nHost: x\r\nX: ", port) }
            async let body = blocking {
                try Self.drip("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", port)
            }
            async let idle = blocking {
                let client = try RawClient(port: port)
                _ = try client.ask("GET", "/")
                let start = ContinuousClock.now
                _ = try client.readToEnd()
                return ContinuousClock.now - start
            }
            #expect(try await header < .seconds(3))
            #expect(try await body < .seconds(3))
            #expect(try await idle < .seconds(4))
            try await Self.expectAlive(port)
        }
    }

    /// Sends a byte now and then until the server has had enough, and says how long that took.
    private static func drip(_ start: String, _ port: Int) throws -> Duration {
        let client = try RawClient(port: port)
        let begin = ContinuousClock.now
        try client.send(start)
        while ContinuousClock.now - begin < .seconds(8) {
            do { try client.send("y") } catch { break }
            usleep(50_000)
        }
        return ContinuousClock.now - begin
    }

    @Test func `a client that takes nothing of its answer is cut off`() async throws {
        let outcomes = Recorder<RequestOutcome>()
        var router = Router()
        router.on(.get, "/large") { request in
            request.context.whenFinished { outcomes.add($0) }
            return .bytes([UInt8](repeating: 65, count: 50_000_000), contentType: "text/plain")
        }
        try await withServer(router) {
            $0.timeouts.idle = .seconds(1)
        } _: { port in
            let client = try RawClient(port: port)
            try client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually { !outcomes.values.isEmpty }
            #expect(outcomes.values.first?.wasAborted == true)
            client.close()
        }
    }

    @Test func `many connections at once are all served`() async throws {
        try await withServer(Self.router) { port in
            let bodies = try await blocking {
                let clients = try (0..<500).map { _ in try RawClient(port: port) }
                for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
                return try clients.map { try $0.readAnswer().body }
            }
            #expect(bodies.count == 500)
            #expect(bodies.allSatisfy { $0 == "alive" })
        }
    }

    @Test func `connections beyond the limit of one address are closed`() async throws {
        try await withServer(Self.router) {
            $0.limits.connectionsPerAddress = 2
        } _: { port in
            let (first, third) = try await blocking {
                let (one, two, three) = (
                    try RawClient(port: port), try RawClient(port: port), try RawClient(port: port)
                )
                let first = try one.ask("GET", "/").status
                _ = try two.ask("GET", "/")
                return (first, (try? three.ask("GET", "/"))?.status)
            }
            #expect(first == 200)
            #expect(third == nil)
        }
    }
}
