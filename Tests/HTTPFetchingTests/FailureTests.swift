import Foundation
import HTTPFetching
import Testing

/// What goes wrong, and what it is called.
@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    private func code(_ body: () async throws -> Void) async -> FetchError.Code? {
        do {
            try await body()
            Issue.record("nothing was thrown")
            return nil
        } catch {
            return (error as? FetchError)?.code
        }
    }

    // MARK: time limits

    @Test func `a server that does not begin to answer is given up`() async throws {
        try await withServer {
            $0.waitForClose()
        } _: { server, client in
            let start = ContinuousClock.now
            let request = FetchRequest(server.url, timeouts: Timeouts(firstByte: .milliseconds(150)))
            #expect(await code { _ = try await client.fetch(request) } == .timeout(.firstByte))
            #expect(ContinuousClock.now - start >= .milliseconds(150))
            #expect(ContinuousClock.now - start < .seconds(3))
            try await expectEventually { server.openCount == 0 }
        }
    }

    @Test func `a body that stops moving is given up, after what came before`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            connection.waitForClose()
        } _: { server, client in
            let request = FetchRequest(server.url, timeouts: Timeouts(idle: .milliseconds(150)))
            var iterator = try await client.fetch(request).body.makeAsyncIterator()
            #expect(try await iterator.next() == Array("first".utf8))
            let error = await #expect(throws: FetchError.self) { try await iterator.next() }
            #expect(error?.code == .timeout(.idle))
        }
    }

    @Test func `a body that moves slowly is not idle, but has a total limit`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while true {
                try connection.write(".")
                usleep(20_000)
            }
        } _: { server, client in
            let limits = Timeouts(idle: .milliseconds(400), total: .milliseconds(900))
            let response = try await client.fetch(FetchRequest(server.url, timeouts: limits))
            #expect(await code { _ = try await response.body.collect(upTo: 10_000) } == .timeout(.total))
        }
    }

    @Test func `a reader that is slow is not the server's fault`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            let body = [UInt8](repeating: 1, count: 16 << 20)
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            try connection.write(body)
        } _: { server, client in
            let request = FetchRequest(server.url, timeouts: Timeouts(idle: .milliseconds(200)))
            let response = try await client.fetch(request)
            try await Task.sleep(for: .milliseconds(600))
            #expect(try await response.body.collect(upTo: 16 << 20).count == 16 << 20)
        }
    }

    @Test func `a connection that is not made is given up`() async throws {
        // A listener whose queue is full does not answer: one bound of 0 and connections that nobody accepts.
        let configuration = HTTPClient.Configuration(connectionsPerHostMax: 1)
        try await withServer(configuration: configuration) { connection in
            connection.waitForClose()
        } _: { server, client in
            let first = Task { try await client.fetch(FetchRequest(server.url)) }
            try await expectEventually { server.acceptedCount == 1 }
            let request = FetchRequest(server.url, timeouts: Timeouts(connect: .milliseconds(100)))
            #expect(await code { _ = try await client.fetch(request) } == .timeout(.connect))
            first.cancel()
            #expect(await code { _ = try await first.value } == .cancelled)
        }
    }

    // MARK: broken answers

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", FetchError.Code.readAborted),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .readAborted),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", .readAborted),
            ("HTTP/1.1 20", .readAborted), ("", .readAborted), ("SSH-2.0-OpenSSH\r\n", .malformedResponse),
        ]) func `an answer that is cut or broken is an error`(text: String, expected: FetchError.Code) async throws
    {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write(text)
        } _: { server, client in
            let found = await code { _ = try await client.fetch(FetchRequest(server.url)).body.collect(upTo: 1000) }
            #expect(
                found == expected || ((text.contains("zz") || text.hasSuffix(" 20")) && found == .malformedResponse))
        }
    }

    @Test(arguments: [100, 5000]) func `a header has a bound`(lineCount: Int) async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            let filler = String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: lineCount)
            try connection.respond("", headers: filler)
        } _: { server, client in
            #expect(await code { _ = try await client.fetch(FetchRequest(server.url)) } == .tooLarge)
        }
    }

    @Test func `a header of one endless line has a bound`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nX: ")
            while true { try connection.write([UInt8](repeating: 121, count: 4096)) }
        } _: { server, client in
            let error = await #expect(throws: FetchError.self) { try await client.fetch(FetchRequest(server.url)) }
            #expect(error?.code == .tooLarge, "\(String(reflecting: error))")
        }
    }

    @Test func `a body that is collected has a bound`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while true { try connection.write([UInt8](repeating: 1, count: 4096)) }
        } _: { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            #expect(await code { _ = try await response.body.collect(upTo: 100_000) } == .tooLarge)
            try await expectEventually { server.openCount == 0 }
        }
    }

    // MARK: nobody there, and not allowed

    @Test func `a closed port and an unknown name have their own codes`() async throws {
        let server = try RawServer { $0.waitForClose() }
        let url = server.url
        server.stop()
        try await withClient { client in
            try await expectEventually { server.openCount == 0 }
            #expect(await code { _ = try await client.fetch(FetchRequest(url)) } == .connect)
            #expect(await code { _ = try await client.fetch(FetchRequest("http://nowhere.invalid/")) } == .resolve)
        }
    }

    @Test(arguments: [
        "ftp://localhost/", "file:///etc/passwd", "localhost", "", "http://", "http://a b/", "http://x\u{0}y/",
    ]) func `other URLs are refused`(url: String) async throws {
        try await withClient { client in
            #expect(await code { _ = try await client.fetch(FetchRequest(url)) } == .invalidRequest)
        }
    }

    @Test(arguments: [("A\r\nB", "c"), ("A", "b\r\nC: d"), ("A", "b\u{0}"), ("Content-Length", "3"), ("", "x")])
    func `headers that would break out are refused`(name: String, value: String) async throws {
        try await withClient { client in
            let request = FetchRequest("http://localhost/", headers: FetchHeaders([.init(name: name, value: value)]))
            #expect(await code { _ = try await client.fetch(request) } == .invalidRequest)
        }
    }

    @Test func `an address can be denied, also on a connection that is open already`() async throws {
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond("ok")
            }
        } _: { server, client in
            let port = server.port
            let denying = FetchRequest(server.url, allowsPeer: { _ in false })
            #expect(await code { _ = try await client.fetch(denying) } == .denied)
            #expect(server.acceptedCount == 0)
            let allowing = FetchRequest(
                server.url, allowsPeer: { $0 == PeerAddress(family: .ipv4, host: "127.0.0.1", port: port) })
            let body = try await client.fetch(allowing).body.collect(upTo: 10)
            #expect(body.count == 2)
            #expect(server.acceptedCount == 1)
            #expect(await code { _ = try await client.fetch(denying) } == .denied)
        }
    }

    @Test func `errors hold no secrets`() async throws {
        try await withClient { client in
            for url in [
                "http://user:hunter2@127.0.0.1:1/", "http://user:hunter2@nowhere.invalid/", "ftp://user:hunter2@h/",
            ] {
                let request = FetchRequest(url, headers: ["Authorization": "Bearer hunter2"])
                let error = await #expect(throws: FetchError.self) { try await client.fetch(request) }
                #expect(error.map { !"\($0) \(String(reflecting: $0))".contains("hunter2") } == true)
            }
        }
    }
}
