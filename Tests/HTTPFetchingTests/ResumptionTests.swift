import Foundation
import HTTPFetching
import HTTPServing
import Streaming
import Testing

/// On which thread those go on who have asked.
@Suite(.timeLimit(.minutes(1))) struct ResumptionTests {
    private static let clientsThread = "http-fetching"

    /// The calling thread's name. Not for a task's function, which may be elsewhere afterwards.
    private static func thread() throws -> String {
        try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    @Test func `who asks for it goes on where the bytes have come, as long as they are few`() async throws {
        let few = 1_000
        let many = FetchRequest.inlineBytesMax
        let (wantsFew, wantsMany, wantsEnd) = (Flag(), Flag(), Flag())
        try await withServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(few + many + 1)\r\n\r\n")
            wantsFew.wait()
            try connection.write([UInt8](repeating: 1, count: few))
            wantsMany.wait()
            try connection.write([UInt8](repeating: 2, count: many))
            wantsEnd.wait()
            try connection.write([3])
        } _: { server, client in
            let asking = Task(executorPreference: LocalExecutor.shared) {
                let response = try await client.fetch(FetchRequest(server.url, resumption: .inline))
                var threads = [try Self.thread()]
                var body = response.body.makeAsyncIterator()
                var count = 0
                for (flag, end) in [(wantsFew, few), (wantsMany, few + many), (wantsEnd, few + many + 1)] {
                    flag.raise()
                    while count < end { count += try await body.next()?.count ?? end }
                    threads.append(try Self.thread())
                }
                return threads
            }
            let threads = try await asking.value
            #expect(threads.map { $0 == Self.clientsThread } == [true, true, false, false])
        }
    }

    @Test func `others go on on the pool`() async throws {
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond("answer")
            }
        } _: { server, client in
            let ordinary = Task(executorPreference: LocalExecutor.shared) {
                _ = try await client.fetch(FetchRequest(server.url))
                return try Self.thread()
            }
            let ordinaryThread = try await ordinary.value
            #expect(ordinaryThread != Self.clientsThread)
            let free = Task {
                _ = try await client.fetch(FetchRequest(server.url, resumption: .inline))
                return try Self.thread()
            }
            let freeThread = try await free.value
            #expect(freeThread != Self.clientsThread)
        }
    }

    @Test func `a server's handler begins on the server's thread and goes on on the client's`() async throws {
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond("answer")
            }
        } _: { server, client in
            let url = server.url
            var router = Router()
            router.on(.get, "/") { _ in
                let first = try Self.thread()
                let response = try await client.fetch(FetchRequest(url, resumption: .inline))
                let second = try Self.thread()
                let answer = try await response.body.collect(upTo: 100)
                return .text("\(first) \(second) \(String(decoding: answer, as: UTF8.self))")
            }
            let gateway = HTTPServer(ServerConfiguration(.tcp(host: "127.0.0.1", port: 0)), router: router)
            let port = try #require(try await gateway.start())
            let response = try await client.fetch(FetchRequest("http://127.0.0.1:\(port)/"))
            let text = String(decoding: try await response.body.collect(upTo: 1_000), as: UTF8.self)
            await gateway.shutdown(deadline: .zero)
            #expect(text == "http \(Self.clientsThread) answer")
        }
    }

    @Test func `many at once are all answered, whatever they do meanwhile`() async throws {
        try await withServer { connection in
            while true {
                _ = try connection.readHead()
                try connection.respond("answer")
            }
        } _: { server, client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for place in 0..<200 {
                    group.addTask(executorPreference: LocalExecutor.shared) {
                        var count = 0
                        for _ in 0..<10 {
                            let response = try await client.fetch(FetchRequest(server.url, resumption: .inline))
                            count += try await response.body.collect(upTo: 100).count
                            // Longer than the client's thread lets the steps of one turn take.
                            let end = ContinuousClock.now + .milliseconds(place % 50 == 0 ? 2 : 0)
                            while ContinuousClock.now < end {}
                        }
                        return count
                    }
                }
                var sum = 0
                for try await count in group { sum += count }
                #expect(sum == 200 * 10 * 6)
            }
        }
    }
}
