import Foundation
import HTTPFetching
import Testing

/// Who lets go, and that the server sees it.
@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    /// A script that starts a response and never ends it.
    static let endless: @Sendable (RawConnection) throws -> Void = { connection in
        _ = try connection.readHead()
        try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nstart")
        connection.waitForClose()
    }

    @Test func `a task cancelled before it began opens nothing`() async throws {
        try await withServer(script: Self.endless) { server, client in
            let url = server.url
            let mayBegin = Flag()
            let task = Task {
                while !mayBegin.isUp { await Task.yield() }
                return try await client.fetch(FetchRequest(url)).status
            }
            task.cancel()
            mayBegin.raise()
            let error = await #expect(throws: FetchError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(server.acceptedCount == 0)
        }
    }

    @Test func `cancelling while the header is awaited closes the connection`() async throws {
        try await withServer {
            $0.waitForClose()
        } _: { server, client in
            let url = server.url
            let task = Task { try await client.fetch(FetchRequest(url)).status }
            try await expectEventually { server.openCount == 1 }
            task.cancel()
            let error = await #expect(throws: FetchError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await expectEventually { server.openCount == 0 }
        }
    }

    @Test func `cancelling while the body is read closes the connection`() async throws {
        try await withServer(script: Self.endless) { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            let task = Task { try await response.body.collect(upTo: 1_000_000) }
            try await expectEventually { server.openCount == 1 }
            task.cancel()
            let error = await #expect(throws: FetchError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await expectEventually { server.openCount == 0 }
        }
    }

    @Test func `leaving the loop closes the connection while the response lives`() async throws {
        try await withServer(script: Self.endless) { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            for try await _ in response.body { break }
            try await expectEventually { server.openCount == 0 }
            #expect(response.status == 200)
        }
    }

    @Test func `a response that nobody reads closes the connection when it goes`() async throws {
        try await withServer(script: Self.endless) { server, client in
            do {
                let status = try await client.fetch(FetchRequest(server.url)).status
                #expect(status == 200)
            }
            try await expectEventually { server.openCount == 0 }
            #expect(client.statistics.liveTransferCount == 0)
        }
    }

    @Test func `a body has one reader`() async throws {
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.respond("once")
        } _: { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            #expect(try await response.body.collect(upTo: 10).count == 4)
            let error = await #expect(throws: FetchError.self) { try await response.body.collect(upTo: 10) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func `a stream that feeds a cancelled request is cancelled too`() async throws {
        let ended = Flag()
        try await withServer {
            $0.waitForClose()
        } _: { server, client in
            let url = server.url
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.onTermination = { _ in ended.raise() }
                continuation.yield([1])
            }
            let task = Task { try await client.fetch(FetchRequest(url, method: "PUT", body: .stream(stream))).status }
            try await expectEventually { server.openCount == 1 }
            task.cancel()
            _ = try? await task.value
            try await expectEventually { ended.isUp && server.openCount == 0 }
        }
    }

    @Test func `shutting down ends what runs and refuses what comes`() async throws {
        let server = try RawServer(script: Self.endless)
        defer { server.stop() }
        let client = try HTTPClient()
        let response = try await client.fetch(FetchRequest(server.url))
        let read = Task { try await response.body.collect(upTo: 1_000_000) }
        await client.shutDown()
        await client.shutDown()
        let readError = await #expect(throws: FetchError.self) { try await read.value }
        #expect(readError?.code == .shutDown)
        let lateError = await #expect(throws: FetchError.self) { try await client.fetch(FetchRequest(server.url)) }
        #expect(lateError?.code == .shutDown)
        #expect(client.statistics == FetchStatistics(liveTransferCount: 0, liveContextCount: 0))
        try await expectEventually { server.openCount == 0 }
    }

    @Test func `a client that is let go ends by itself`() async throws {
        try await withServer(script: Self.endless) { server, _ in
            var dropped: HTTPClient? = try HTTPClient()
            let response = try await dropped?.fetch(FetchRequest(server.url))
            dropped = nil
            let error = await #expect(throws: FetchError.self) { try await response?.body.collect(upTo: 1_000_000) }
            #expect(error?.code == .shutDown)
        }
    }

    @Test func `cancels at any moment leave nothing open`() async throws {
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond(String(repeating: "x", count: 100_000))
            }
        } _: { server, client in
            let url = server.url
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let task = Task { try await client.fetch(FetchRequest(url)).body.collect(upTo: 100_000) }
                        try? await Task.sleep(for: .microseconds(number * 50))
                        task.cancel()
                        _ = try? await task.value
                    }
                }
            }
            try await expectEventually { client.statistics.liveTransferCount == 0 }
        }
    }

    @Test func `one transfer too many is refused`() async throws {
        try await withServer(configuration: HTTPClient.Configuration(transfersMax: 1), script: Self.endless) {
            server, client in
            let first = try await client.fetch(FetchRequest(server.url))
            let error = await #expect(throws: FetchError.self) { try await client.fetch(FetchRequest(server.url)) }
            #expect(error?.code == .overloaded)
            first.body.cancel()
        }
    }
}
