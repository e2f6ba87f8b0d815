import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct WebSocketTests {
    private static func router(
        _ change: @escaping @Sendable (inout WebSocketOptions) -> Void = { _ in },
        serve: @escaping @Sendable (WebSocket) async throws -> Void = { socket in
            for try await message in socket { try await socket.send(message) }
        }
    ) -> Router {
        var router = Router()
        router.on(.get, "/socket") { request in
            var options = WebSocketOptions { $0 == "https://a.example" }
            change(&options)
            return try .webSocket(request, options: options, serve: serve)
        }
        return router
    }

    @Test func `the handshake's answer is the one of RFC 6455, and hashes are right`() {
        #expect(HTTPResponse.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(
            SHA1.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)).prefix(4)
                == [0x84, 0x98, 0x3E, 0x44])
        #expect(
            ["", "f", "fo", "foo", "foob"].map { Base64.encode(Array($0.utf8)) } == [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==",
            ])
    }

    @Test func `messages come back, also fragmented, and pings are answered`() async throws {
        try await withServer(Self.router()) { port in
            try await blocking {
                let client = try WebSocketClient(port: port)
                try client.send(.text, "hello")
                #expect(try client.receive() == .init(opcode: .text, payload: Array("hello".utf8)))
                try client.send(.text, "he", isFinal: false)
                try client.send(.ping, "are you there")
                try client.send(.continuation, "llo")
                #expect(try client.receive() == .init(opcode: .pong, payload: Array("are you there".utf8)))
                #expect(try client.receive() == .init(opcode: .text, payload: Array("hello".utf8)))
                let large = [UInt8](repeating: 7, count: 300_000)
                try client.send(.binary, large)
                #expect(try client.receive() == .init(opcode: .binary, payload: large))
                try client.close(1000)
                #expect(try client.receive().closeCode == 1000)
                #expect(try client.raw.receive() == nil)
            }
        }
    }

    @Test func `an early message that comes with the handshake is not lost`() async throws {
        try await withServer(Self.router()) { port in
            try await blocking {
                let client = try WebSocketClient(port: port, early: WebSocketClient.frame(.text, Array("early".utf8)))
                #expect(try client.receive().payload == Array("early".utf8))
            }
        }
    }

    @Test(arguments: [
        ([], 426), (["Upgrade: websocket", "Connection: Upgrade"], 400),
        (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"], 400),
        (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"], 400),
        (
            [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://evil.example",
            ], 403
        ),
    ])
    func `a bad handshake is refused`(headers: [String], status: Int) async throws {
        try await withServer(Self.router()) { port in
            let answer = try await blocking { try RawClient(port: port).ask("GET", "/socket", headers: headers) }
            #expect(answer.status == status)
        }
    }

    @Test func `the peer's misdeeds close the socket with the right code`() async throws {
        try await withServer(Self.router { $0.messageBytesMax = 1000 }) { port in
            try await blocking {
                let tooBig = try WebSocketClient(port: port)
                try tooBig.send(.binary, [UInt8](repeating: 0, count: 1001))
                #expect(try tooBig.receive().closeCode == 1009)
                let tooBigInParts = try WebSocketClient(port: port)
                for _ in 0..<3 { try tooBigInParts.send(.binary, [UInt8](repeating: 0, count: 400), isFinal: false) }
                // The first fragment opens the message; a second one of the same kind breaks the protocol.
                #expect([1002, 1009].contains(try tooBigInParts.receive().closeCode))
                let notText = try WebSocketClient(port: port)
                try notText.send(.text, [0xFF, 0xFE])
                #expect(try notText.receive().closeCode == 1007)
                let unmasked = try WebSocketClient(port: port)
                try unmasked.raw.send([0x81, 0x01, 0x41])
                #expect(try unmasked.receive().closeCode == 1002)
            }
        }
    }

    @Test func `the server's side closes with its own code and reason`() async throws {
        let router = Self.router(serve: { socket in
            try await socket.send(.text("bye"))
            socket.close(.policyViolation, reason: "enough")
        })
        try await withServer(router) { port in
            try await blocking {
                let client = try WebSocketClient(port: port)
                #expect(try client.receive().payload == Array("bye".utf8))
                let close = try client.receive()
                #expect(close.closeCode == 1008)
                #expect(close.payload.dropFirst(2) == Array("enough".utf8)[...])
                try client.close(1008)
                #expect(try client.raw.receive() == nil)
            }
        }
    }

    @Test func `what comes after the server's own close is not delivered`() async throws {
        let heard = Recorder<WebSocket.Message>()
        let router = Self.router(serve: { socket in
            var messages = socket.makeAsyncIterator()
            if let first = try await messages.next() { heard.add(first) }
            socket.close(.policyViolation, reason: "enough")
            while let message = try await messages.next() { heard.add(message) }
        })
        try await withServer(router) { port in
            try await blocking {
                let client = try WebSocketClient(port: port)
                try client.send(.text, "one")
                #expect(try client.receive().closeCode == 1008)
                try client.send(.text, "two")
                try client.close(1008)
                #expect(try client.raw.receive() == nil)
            }
        }
        #expect(heard.values == [.text("one")])
    }

    @Test func `a peer that vanishes ends the iteration with an error and cancels the rest`() async throws {
        let (started, ended, cancelled) = (Flag(), Recorder<WebSocketError>(), Flag())
        let router = Self.router(serve: { socket in
            started.set()
            do { for try await _ in socket {} } catch let error as WebSocketError { ended.add(error) }
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
        })
        try await withServer(router) { port in
            let client = try await blocking { try WebSocketClient(port: port) }
            try await eventually { started.isSet }
            client.raw.close()
            try await eventually { cancelled.isSet }
            #expect(ended.values == [WebSocketError(closeCode: .abnormal)])
        }
    }

    @Test func `a slow reader on either side holds the other back`() async throws {
        let (release, sent) = (Flag(), Recorder<Int>())
        let router = Self.router(serve: { socket in
            for index in 0..<3000 {
                try await socket.send(.binary([UInt8](repeating: UInt8(index % 251), count: 10_000)))
                sent.add(index)
            }
            while !release.isSet { try await Task.sleep(for: .milliseconds(2)) }
            var count = 0
            for try await _ in socket {
                count += 1
                if count == 3000 { try await socket.send(.text("all")) }
            }
        })
        try await withServer(router) { port in
            let client = try await blocking { try WebSocketClient(port: port) }
            var last = -1
            try await eventually {
                let count = sent.values.count
                defer { last = count }
                return count > 0 && count == last && count < 3000
            }
            let payload = [UInt8](repeating: 1, count: 10_000)
            try await blocking {
                for index in 0..<3000 {
                    let message = try client.receive()
                    #expect(message.payload.count == 10_000 && message.payload.first == UInt8(index % 251))
                }
                let frame = WebSocketClient.frame(.binary, payload)
                var accepted = 0
                for _ in 0..<2000 {
                    let count = client.raw.sendSome(frame)
                    accepted += max(0, count)
                    if count < frame.count { break }
                }
                #expect(accepted < 2000 * frame.count)
                release.set()
                // The rest of the frame that was cut, and all others.
                let cut = accepted % frame.count
                if cut > 0 { try client.raw.send(Array(frame[cut...])) }
                for _ in 0..<(3000 - (accepted + frame.count - 1) / frame.count) { try client.raw.send(frame) }
                #expect(try client.receive().payload == Array("all".utf8))
            }
        }
    }

    @Test func `a silent peer is pinged and then given up`() async throws {
        let ended = Recorder<String>()
        let router = Self.router {
            $0.pingInterval = .milliseconds(200)
            $0.pongTimeout = .milliseconds(300)
        } serve: { socket in
            do { for try await _ in socket {} } catch { ended.add("\(type(of: error))") }
        }
        try await withServer(router) { port in
            try await blocking {
                let client = try WebSocketClient(port: port)
                #expect(try client.receive().opcode == .ping)
                #expect(try client.raw.receive() == nil)
            }
            try await eventually { ended.values == ["WebSocketError"] || ended.values == ["CancellationError"] }
        }
    }

    @Test func `shutdown says goodbye`() async throws {
        let server = HTTPServer(ServerConfiguration(), router: Self.router())
        let port = try #require(try await server.start())
        let client = try await blocking { try WebSocketClient(port: port) }
        async let stopped: Void = server.shutdown(deadline: .seconds(5))
        #expect(try await blocking { try client.receive() }.closeCode == 1001)
        try client.close(1001)
        await stopped
    }
}
