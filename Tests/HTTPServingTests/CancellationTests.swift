import Streaming
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    @Test func `a client that leaves while its handler waits cancels the handler`() async throws {
        let (started, cancelled) = (Flag(), Flag())
        let outcomes = Recorder<RequestOutcome>()
        var router = Router()
        router.on(.get, "/wait") { request in
            request.context.whenFinished { outcomes.add($0) }
            started.set()
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
            return .text("too late")
        }
        try await withServer(router) { port in
            let client = try RawClient(port: port)
            try client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually { started.isSet }
            client.close()
            let closed = ContinuousClock.now
            try await eventually { cancelled.isSet && outcomes.values.count == 1 }
            #expect(ContinuousClock.now - closed < .seconds(1))
            #expect(outcomes.values.first?.wasAborted == true)
            #expect(outcomes.values.first?.status == nil)
        }
    }

    @Test func `a client that leaves before its request was even read cancels the handler`() async throws {
        let cancelled = Flag()
        var router = Router()
        router.on(.get, "/wait") { _ in
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
            return .text("too late")
        }
        try await withServer(router) { port in
            for _ in 0..<20 {
                let client = try RawClient(port: port)
                try client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
                client.close()
            }
            try await eventually { cancelled.isSet }
        }
    }

    @Test func `a client that leaves a silent stream cancels its producer`() async throws {
        let cancelled = Flag()
        var router = Router()
        router.on(.get, "/events") { _ in
            .events { writer in
                try await writer.write(ServerSentEvent(data: "first"))
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
            }
        }
        try await withServer(router) { port in
            let client = try RawClient(port: port)
            try client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            let text = try await blocking { try client.read(until: "first\n\n") }
            #expect(text.contains("text/event-stream"))
            #expect(!cancelled.isSet)
            client.close()
            try await eventually(within: .seconds(2)) { cancelled.isSet }
        }
    }

    @Test func `a request that is given up from elsewhere ends, whatever it is doing`() async throws {
        let (waiting, silent, busy) = (Flag(), Flag(), Flag())
        let contexts = Recorder<RequestContext>()
        var router = Router()
        router.on(.get, "/wait") { request in
            contexts.add(request.context)
            do { try await Task.sleep(for: .seconds(60)) } catch { waiting.set() }
            return .text("too late")
        }
        router.on(.get, "/silent") { request in
            .events { writer in
                try await writer.write(ServerSentEvent(data: "first"))
                contexts.add(request.context)
                do { try await Task.sleep(for: .seconds(60)) } catch { silent.set() }
            }
        }
        router.on(.get, "/busy") { request in
            .events { writer in
                contexts.add(request.context)
                do { while true { try await writer.write([UInt8](repeating: 32, count: 8_192)) } } catch { busy.set() }
            }
        }
        let near = Flag()
        router.on(.post, "/near") { request in
            _ = try await request.body.collect()
            return .events { writer in
                try await writer.onServerThread {
                    try await writer.write(ServerSentEvent(data: "first"))
                    contexts.add(request.context)
                    do { try await Task.sleep(for: .seconds(60)) } catch { near.set() }
                }
            }
        }
        try await withServer(router) { port in
            for (index, path) in ["wait", "silent", "busy", "near"].enumerated() {
                let client = try RawClient(port: port)
                let body = path == "near" ? "Content-Length: 2\r\n\r\n{}" : "\r\n"
                try client.send("\(path == "near" ? "POST" : "GET") /\(path) HTTP/1.1\r\nHost: x\r\n\(body)")
                try await eventually { contexts.values.count == index + 1 }
                contexts.values[index].abort()
                // Again does nothing.
                contexts.values[index].abort()
                try await eventually { [waiting, silent, busy, near][index].isSet }
                // Whatever was sent, the connection ends.
                try await blocking { while try client.receive() != nil {} }
            }
        }
        RequestContext().abort()
    }

    @Test func `a client that leaves a busy stream stops its producer`() async throws {
        let ended = Flag()
        var router = Router()
        router.on(.get, "/flood") { _ in
            .events { writer in
                defer { ended.set() }
                while true { try await writer.write(ServerSentEvent(data: String(repeating: "x", count: 1000))) }
            }
        }
        try await withServer(router) { port in
            let client = try RawClient(port: port)
            try client.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await blocking { try client.readExactly(100_000) }
            client.close()
            try await eventually(within: .seconds(2)) { ended.isSet }
        }
    }

    @Test func `a client that leaves in the middle of its upload ends the handler`() async throws {
        let errors = Recorder<String>()
        var router = Router()
        router.on(.post, "/upload") { request in
            do { for try await _ in request.body {} } catch {
                errors.add("\(type(of: error))")
                throw error
            }
            errors.add("no error")
            return .text("done")
        }
        try await withServer(router) { port in
            let client = try RawClient(port: port)
            try client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome")
            client.close()
            try await eventually { !errors.values.isEmpty }
            #expect(errors.values == ["CancellationError"])
        }
    }

    @Test func `a producer is asked for more only when the client takes what is there`() async throws {
        let produced = Recorder<Int>()
        var router = Router()
        router.on(.get, "/flood") { _ in
            HTTPResponse(
                .ok,
                body: .stream { writer in
                    for index in 0..<10_000 {
                        try await writer.write([UInt8](repeating: 65, count: 10_000))
                        produced.add(index)
                    }
                })
        }
        try await withServer(router) { port in
            let client = try RawClient(port: port)
            try client.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
            // The kernel's buffers fill; then the count must stand still.
            var last = -1
            try await eventually {
                let count = produced.values.count
                defer { last = count }
                return count > 0 && count == last && count < 10_000
            }
            #expect(produced.values.count < 2_000)
            client.close()
        }
    }

    @Test func `a stream that fails breaks the connection off instead of ending it`() async throws {
        struct Broken: Error {}
        var router = Router()
        router.on(.get, "/broken") { _ in
            .events { writer in
                try await writer.write(ServerSentEvent(data: "one"))
                throw Broken()
            }
        }
        try await withServer(router) { port in
            let text = try await blocking {
                let client = try RawClient(port: port)
                try client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
                return try client.readToEnd()
            }
            #expect(!text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `a silent event stream is kept alive with comments, and its head comes at once`() async throws {
        var router = Router()
        router.on(.get, "/quiet") { _ in
            .events(keepAlive: .milliseconds(200)) { _ in try await Task.sleep(for: .seconds(60)) }
        }
        try await withServer(router) { port in
            let (head, comment, elapsed) = try await blocking {
                let client = try RawClient(port: port)
                let start = ContinuousClock.now
                try client.send("GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n")
                let head = try client.readHead()
                let elapsed = ContinuousClock.now - start
                return (head, try client.readChunk(), elapsed)
            }
            #expect(head.status == 200)
            #expect(elapsed < .milliseconds(150))
            #expect(comment.map { String(decoding: $0, as: UTF8.self) } == ": keep-alive\n\n")
        }
    }
}
