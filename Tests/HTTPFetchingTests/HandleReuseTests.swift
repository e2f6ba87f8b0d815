@testable import HTTPFetching
import Synchronization
import Testing

/// One handle of libcurl serves one request after the other: what belongs to one of them is not to reach the next.
@Suite(.timeLimit(.minutes(1))) struct HandleReuseTests {
    /// Answers each request with its own bytes: the header, and as much of a body as that announces.
    private static let echo: @Sendable (RawConnection) throws -> Void = { connection in
        while true {
            let head = try connection.readHead()
            let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                .flatMap { Int($0.dropFirst("Content-Length: ".count)) }
            let body = try connection.read(exactly: length ?? 0)
            let answer = Array(head.utf8) + body
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(answer.count)\r\n\r\n")
            try connection.write(answer)
        }
    }

    private func echoed(_ client: HTTPClient, _ request: FetchRequest) async throws -> String {
        String(decoding: try await client.fetch(request).body.collect(upTo: 1 << 20), as: UTF8.self)
    }

    private func post(_ url: String, _ headers: FetchHeaders, _ body: String) -> FetchRequest {
        FetchRequest(url, method: "POST", headers: headers, body: .text(body))
    }

    @Test func `nothing of a request reaches the next one`() async throws {
        try await withServer(script: Self.echo) { server, client in
            let first = try await echoed(
                client,
                post(server.url, ["Authorization": "Bearer secret", "X-One": "1"], "a body that is rather long"))
            #expect(first.contains("Authorization: Bearer secret\r\nX-One: 1\r\n"))
            #expect(first.hasSuffix("Content-Length: 26\r\n\r\na body that is rather long"))
            let second = try await echoed(client, post(server.url, ["X-Two": "2"], "short"))
            let expected = [
                "POST / HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "Accept: */*", "X-Two: 2",
                "User-Agent: llama-nexus", "Content-Length: 5", "", "short",
            ]
            #expect(second == expected.joined(separator: "\r\n"))
            let third = try await echoed(client, FetchRequest(server.url, method: "POST"))
            #expect(third.hasSuffix("Content-Length: 0\r\n\r\n") && !third.contains("X-Two"))
            let fourth = try await echoed(client, FetchRequest(server.url))
            #expect(fourth.hasPrefix("GET / HTTP/1.1\r\n") && !fourth.contains("Content-Length"))
            #expect(server.acceptedCount == 1)
        }
    }

    @Test func `each request is asked about its peer, whoever used the handle before`() async throws {
        try await withServer(script: Self.echo) { server, client in
            let asked = Mutex(0)
            var request = post(server.url, [:], "x")
            request.allowsPeer = { _ in
                asked.withLock { $0 += 1 }
                return true
            }
            for _ in 0..<3 { _ = try await echoed(client, request) }
            #expect(asked.withLock(\.self) >= 3)
            request.allowsPeer = { _ in false }
            let denied = request
            await #expect(throws: FetchError.self) { try await client.fetch(denied) }
            request.allowsPeer = nil
            #expect(try await echoed(client, request).hasSuffix("\r\n\r\nx"))
        }
    }

    @Test func `requests that go on at the same time have handles of their own`() async throws {
        try await withServer(script: Self.echo) { server, client in
            for _ in 0..<5 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            let text = "body \(number) " + String(repeating: "x", count: number * 20)
                            let answer = try await echoed(client, post(server.url, ["X-Number": "\(number)"], text))
                            #expect(answer.contains("X-Number: \(number)\r\n") && answer.hasSuffix("\r\n\r\n" + text))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `URLs, methods and limits of earlier requests are not those of the next`() async throws {
        try await withServer(script: Self.echo) { server, client in
            for path in ["/a?b=c", "/b", "/a?b=c"] {
                for method in ["POST", "PUT", "PATCH"] {
                    let request = FetchRequest("\(server.url)\(path)", method: method, body: .text(path + method))
                    let answer = try await echoed(client, request)
                    #expect(answer.hasPrefix("\(method) \(path) HTTP/1.1\r\n") && answer.hasSuffix(path + method))
                }
            }
            let user = server.url.replacing("http://", with: "http://ada:lovelace@")
            let named = try await echoed(client, post(user, [:], "x"))
            #expect(named.contains("Authorization: Basic YWRhOmxvdmVsYWNl\r\n"))
            let bare = try await echoed(client, post(server.url, [:], "x"))
            #expect(!bare.contains("Authorization"))
        }
    }

    @Test func `a handle whose answer was broken off is not used again`() async throws {
        let count = Counter()
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                _ = try connection.read(exactly: 1)
                guard count.add() % 2 == 0 else {
                    return try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                }
                try connection.respond("whole")
            }
        } _: { server, client in
            for _ in 0..<4 {
                let request = post(server.url, [:], "x")
                await #expect(throws: FetchError.self) {
                    try await client.fetch(request).body.collect(upTo: 1000)
                }
                let whole = try await client.fetch(request).body.collect(upTo: 1000)
                #expect(whole == Array("whole".utf8))
            }
        }
    }
}
