import Foundation
import HTTPFetching
import Testing

/// Backpressure, both ways.
@Suite(.timeLimit(.minutes(1))) struct FlowControlTests {
    @Test func `a reader that stops stops the server, and going on loses nothing`() async throws {
        let total = 48 << 20
        let sent = Counter()
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let piece = (0..<(64 << 10)).map { UInt8(truncatingIfNeeded: $0) }
            while sent.value < total {
                try connection.write(piece)
                sent.add(piece.count)
            }
        } _: { server, client in
            let response = try await client.fetch(FetchRequest(server.url))
            // Stalled: nothing more was sent for a while.
            var before = -1
            while before != sent.value {
                before = sent.value
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(before < total / 2, "the rest is held back; the kernel's buffers hold some")
            var count = 0
            var largest = 0
            var isIntact = true
            for try await chunk in response.body {
                isIntact =
                    isIntact && chunk.first == UInt8(truncatingIfNeeded: count)
                    && chunk.last == UInt8(truncatingIfNeeded: count + chunk.count - 1)
                count += chunk.count
                largest = max(largest, chunk.count)
            }
            #expect(count == total)
            #expect(isIntact)
            #expect(largest <= (256 << 10) + (16 << 10), "the written bound")
        }
    }

    @Test func `a streamed body is asked for only as fast as the server reads`() async throws {
        let total = 32 << 20
        let made = Counter()
        let mayRead = Flag()
        try await withServer { connection in
            _ = try connection.readHead()
            mayRead.wait()
            let body = try connection.read(exactly: total)
            try connection.respond("\(body.count)")
        } _: { server, client in
            let stream = AsyncThrowingStream<[UInt8], any Error> {
                guard made.value < total else { return nil }
                made.add(64 << 10)
                return [UInt8](repeating: 7, count: 64 << 10)
            }
            async let response = client.fetch(
                FetchRequest(server.url, method: "PUT", body: .stream(stream, length: total)))
            var before = -1
            while before != made.value || before == 0 {
                before = made.value
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(before < total / 2, "the rest is not made yet")
            mayRead.raise()
            #expect(try await response.body.collect(upTo: 100) == Array("\(total)".utf8))
        }
    }

    @Test func `a streamed body without a length is chunked, also when it pauses`() async throws {
        let step = Counter()
        let seen = Counter()
        try await withServer { connection in
            let head = try connection.readHead()
            guard head.contains("Transfer-Encoding: chunked\r\n") else { return try connection.respond(head) }
            var text = ""
            while !text.hasSuffix("0\r\n\r\n") {
                text += String(decoding: try connection.read(upTo: 100), as: UTF8.self)
                seen.add()
            }
            try connection.respond(text)
        } _: { server, client in
            let stream = AsyncThrowingStream<[UInt8], any Error> {
                let number = step.add()
                guard number <= 3 else { return nil }
                // The next chunk is made only when the server has seen the one before.
                guard try await eventually({ seen.value >= number - 1 }) else { throw CancellationError() }
                return Array("part\(number)".utf8)
            }
            let response = try await client.fetch(FetchRequest(server.url, method: "POST", body: .stream(stream)))
            let told = String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
            #expect(told == "5\r\npart1\r\n5\r\npart2\r\n5\r\npart3\r\n0\r\n\r\n")
        }
    }

    struct Broken: Error {}

    @Test func `a stream that throws, or breaks its promise, fails the request`() async throws {
        try await withServer { connection in
            connection.waitForClose()
        } _: { server, client in
            let throwing = AsyncThrowingStream<[UInt8], any Error> { throw Broken() }
            let short = AsyncThrowingStream<[UInt8], any Error> { nil }
            let long = AsyncThrowingStream<[UInt8], any Error> { [1, 2, 3] }
            let bodies: [RequestBody] = [.stream(throwing), .stream(short, length: 5), .stream(long, length: 10)]
            for body in bodies {
                let error = await #expect(throws: FetchError.self) {
                    try await client.fetch(FetchRequest(server.url, method: "PUT", body: body))
                }
                #expect(error?.code == .requestBody)
            }
        }
    }

    @Test func `as many answers are read from one server at once as the configuration says`() async throws {
        let count = 300
        let mayEnd = Flag()
        try await withServer(configuration: HTTPClient.Configuration(connectionsPerHostMax: count)) { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            mayEnd.wait()
            try connection.write("more")
        } _: { server, client in
            defer { mayEnd.raise() }
            let answers = try await withThrowingTaskGroup(of: FetchResponse.self) { group in
                for _ in 0..<count { group.addTask { try await client.fetch(FetchRequest(server.url)) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(server.openCount == count, "every one has begun, and none has ended")
            mayEnd.raise()
            for answer in answers {
                #expect(try await answer.body.collect(upTo: 100) == Array("halfmore".utf8))
            }
        }
    }
}
