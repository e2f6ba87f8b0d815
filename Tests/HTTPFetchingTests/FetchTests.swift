import Foundation
import HTTPFetching
import Streaming
import Testing

/// The way of one request and its answer.
@Suite(.timeLimit(.minutes(1))) struct FetchTests {
    @Test func `a response has its status, its headers and its body`() async throws {
        try await withServer { connection in
            let head = try connection.readHead()
            let isAsExpected =
                head.hasPrefix("GET /a?b=c HTTP/1.1\r\n") && head.contains("X-One: 1\r\n")
                && head.contains("User-Agent: llama-nexus\r\n") && head.contains("X-Empty:\r\n")
            try connection.respond(isAsExpected ? "yes" : head, headers: "Set-Cookie: a\r\nset-cookie:  b \r\n")
        } _: { server, client in
            let request = FetchRequest("\(server.url)/a?b=c", headers: ["X-One": "1", "X-Empty": ""])
            let response = try await client.fetch(request)
            #expect(response.status == 200)
            #expect(response.headers["content-length"] == "3")
            #expect(response.headers.values("SET-COOKIE") == ["a", "b"])
            #expect(response.url == "\(server.url)/a?b=c")
            #expect(try await response.body.collect(upTo: 100) == Array("yes".utf8))
        }
    }

    @Test func `a chunked body arrives however it is cut`() async throws {
        let whole =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6\r\npedia \r\nB\r\nin chunks.\n\r\n0\r\nX: y\r\n\r\n"
        let bytes = Array(whole.utf8)
        let cut = Counter()
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                let place = cut.add()
                try connection.write(Array(bytes[..<place]))
                usleep(200)
                try connection.write(Array(bytes[place...]))
            }
        } _: { server, client in
            for _ in 1..<bytes.count {
                let response = try await client.fetch(FetchRequest(server.url))
                let body = try await response.body.collect(upTo: 100)
                #expect(String(decoding: body, as: UTF8.self) == "Wikipedia in chunks.\n", "cut at \(cut.value)")
            }
            #expect(server.acceptedCount == 1, "the connection is kept alive")
        }
    }

    @Test(arguments: [nil, 1024, 2048, 100_000])
    func `how much is read at a time does not change what is read`(receiveBytes: Int?) async throws {
        let whole = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(whole.count)\r\n\r\n")
                try connection.write(whole)
            }
        } _: { server, client in
            // On one connection, which does not remember how the one before was read.
            for bytes in [receiveBytes, 4096, receiveBytes] {
                let response = try await client.fetch(FetchRequest(server.url, receiveBytes: bytes))
                var read: [UInt8] = []
                for try await chunk in response.body {
                    read += chunk
                }
                #expect(read == whole)
            }
            #expect(server.acceptedCount == 1)
        }
    }

    @Test func `a Unix socket is spoken to`() async throws {
        let path = "/tmp/nexus-fetching-\(UInt32.random(in: 0...UInt32.max)).sock"
        try await withServer(.unixSocket(path)) { connection in
            let head = try connection.readHead()
            try connection.respond(head.contains("Host: engine\r\n") ? "engine" : head)
        } _: { _, client in
            let response = try await client.fetch(FetchRequest("http://engine/health", unixSocketPath: path))
            #expect(try await response.body.collect(upTo: 100) == Array("engine".utf8))
        }
    }

    @Test(arguments: [1, 1_000, 65_535, 65_536, 200_000])
    func `a body arrives as it is, and nothing is said of it that the caller did not say`(count: Int) async throws {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withServer { connection in
            let head = try connection.readHead()
            let taken = try connection.read(exactly: count)
            let isAsExpected =
                taken == body && head.contains("Content-Length: \(count)\r\n")
                && !head.lowercased().contains("content-type")
                && !head.lowercased().contains("expect") && !head.lowercased().contains("transfer-encoding")
            try connection.respond(isAsExpected ? "yes" : head)
        } _: { server, client in
            let response = try await client.fetch(FetchRequest(server.url, method: "POST", body: .bytes(body)))
            #expect(String(decoding: try await response.body.collect(upTo: 5_000), as: UTF8.self) == "yes")
        }
    }

    @Test func `two hundred transfers run at once`() async throws {
        let waiting = Counter()
        try await withServer { connection in
            _ = try connection.readHead()
            waiting.add()
            while waiting.value < 200 { usleep(1000) }
            try connection.respond("done")
        } _: { server, client in
            let url = server.url
            let doneCount = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        try await client.fetch(FetchRequest(url)).body.collect(upTo: 10).count
                    }
                }
                return try await group.reduce(0) { $0 + ($1 == 4 ? 1 : 0) }
            }
            #expect(doneCount == 200)
        }
    }

    @Test func `connections are bounded and used again`() async throws {
        let configuration = HTTPClient.Configuration(connectionsPerHostMax: 2)
        try await withServer(configuration: configuration) { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond("ok")
            }
        } _: { server, client in
            let url = server.url
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { _ = try await client.fetch(FetchRequest(url)).body.collect(upTo: 10) }
                }
                try await group.waitForAll()
            }
            #expect(server.acceptedCount <= 2)
        }
    }

    @Test func `a connection that the server closed is replaced, and the bytes are sent again`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            let body = try connection.read(exactly: 4)
            try connection.respond(String(decoding: body, as: UTF8.self))
        } _: { server, client in
            for _ in 0..<20 {
                let response = try await client.fetch(FetchRequest(server.url, method: "POST", body: .text("body")))
                #expect(try await response.body.collect(upTo: 10) == Array("body".utf8))
            }
            #expect(server.acceptedCount == 20)
        }
    }

    @Test func `a connection that the server closed while nobody used it costs nothing`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.respond("ok")
        } _: { server, client in
            #expect(try await client.fetch(FetchRequest(server.url)).body.collect(upTo: 10) == Array("ok".utf8))
            let before = clock()
            try await Task.sleep(for: .milliseconds(400))
            // A thread that is told of it again and again would compute all the time.
            #expect(Double(clock() - before) / Double(CLOCKS_PER_SEC) < 0.2)
        }
    }

    @Test func `server-sent events are read from the body`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for text in ["data: a\n", "\nevent: b\nda", "ta: 1\ndata: 2\n\n: c\n\ndata: z\n\n"] {
                try connection.write(text)
            }
        } _: { server, client in
            var events: [ServerSentEvent] = []
            for try await event in try await client.fetch(FetchRequest(server.url)).body.events() {
                events.append(event)
            }
            #expect(
                events == [
                    ServerSentEvent(data: "a"), ServerSentEvent(event: "b", data: "1\n2"), ServerSentEvent(data: "z"),
                ])
        }
    }

    @Test func `a HEAD has a header only, and a POST without a body says so`() async throws {
        try await withServer { connection in
            while true {
                let head = try connection.readHead()
                if head.hasPrefix("HEAD ") {
                    try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                } else {
                    try connection.respond(head.contains("Content-Length: 0\r\n") ? "zero" : head)
                }
            }
        } _: { server, client in
            let head = try await client.fetch(FetchRequest(server.url, method: "HEAD"))
            #expect(head.headers["Content-Length"] == "1000")
            #expect(try await head.body.collect(upTo: 0) == [])
            let post = try await client.fetch(FetchRequest(server.url, method: "POST"))
            #expect(try await post.body.collect(upTo: 1000) == Array("zero".utf8))
        }
    }

    @Test func `a compressed body is undone when asked for`() async throws {
        // Made by `printf hello | gzip -n`.
        let packed = try #require(Data(base64Encoded: "H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=="))
        try await withServer { connection in
            while true {
                let asked = try connection.readHead().contains("gzip")
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\nX: \(asked)\r\n\r\n"
                )
                try connection.write(Array(packed))
            }
        } _: { server, client in
            let undone = try await client.fetch(FetchRequest(server.url, decompresses: true))
            #expect(undone.headers["x"] == "true")
            #expect(try await undone.body.collect(upTo: 100) == Array("hello".utf8))
            let raw = try await client.fetch(FetchRequest(server.url))
            #expect(raw.headers["x"] == "false")
            #expect(try await raw.body.collect(upTo: 100) == Array(packed))
        }
    }

    @Test func `interim responses are skipped`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            try connection.respond("ok", status: "201 Created")
        } _: { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            #expect(response.status == 201)
            #expect(response.headers["Link"] == nil)
        }
    }
}
