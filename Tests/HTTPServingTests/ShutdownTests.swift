import Streaming
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    private func start(_ router: Router) async throws -> (HTTPServer, Int) {
        let server = HTTPServer(ServerConfiguration(), router: router)
        return (server, try #require(try await server.start()))
    }

    @Test func `running responses are finished, idle connections and new clients are not kept`() async throws {
        let (started, release) = (Flag(), Flag())
        var router = Router()
        router.on(.get, "/") { _ in .text("quick") }
        router.on(.get, "/slow") { _ in
            started.set()
            while !release.isSet { try await Task.sleep(for: .milliseconds(2)) }
            return .text("finished")
        }
        let (server, port) = try await start(router)
        let (idle, busy) = (try RawClient(port: port), try RawClient(port: port))
        _ = try await blocking { try idle.ask("GET", "/") }
        try busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { started.isSet }
        async let stopped: Void = server.shutdown(deadline: .seconds(20))
        #expect(try await blocking { try idle.readToEnd() } == "")
        release.set()
        let answer = try await blocking { try busy.readAnswer() }
        #expect(answer.body == "finished")
        #expect(answer.header("Connection")?.lowercased() == "close")
        await stopped
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
    }

    @Test func `what is not finished by the deadline is cancelled`() async throws {
        let (started, cancelled, streaming, streamCancelled) = (Flag(), Flag(), Flag(), Flag())
        var router = Router()
        router.on(.get, "/forever") { _ in
            started.set()
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.set() }
            return .text("never")
        }
        router.on(.get, "/stream") { _ in
            .events { writer in
                streaming.set()
                do { while true { try await writer.write(.init(data: "x")) } } catch { streamCancelled.set() }
            }
        }
        let (server, port) = try await start(router)
        let (waiting, flooded) = (try RawClient(port: port), try RawClient(port: port))
        try waiting.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
        try flooded.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { started.isSet && streaming.isSet }
        let begin = ContinuousClock.now
        await server.shutdown(deadline: .milliseconds(100))
        #expect(ContinuousClock.now - begin < .seconds(3))
        try await eventually { cancelled.isSet && streamCancelled.isSet }
        #expect(try await blocking { try waiting.readToEnd() } == "")
        flooded.close()
    }

    @Test func `a task that prefers the server's thread ends with the server, wherever its last steps run`()
        async throws
    {
        let (started, ended) = (Flag(), Flag())
        let names = Recorder<String>()
        var router = Router()
        router.on(.get, "/stream") { _ in
            .events { writer in
                await writer.onServerThread {
                    do {
                        for count in 0... {
                            try await Task.sleep(for: .milliseconds(1))
                            names.add(threadName())
                            try await writer.write(.init(data: "\(count)"))
                            started.set()
                        }
                    } catch {
                        // The server's thread may be gone by now; the task goes on all the same.
                        for _ in 0..<100 { await Task.yield() }
                        ended.set()
                    }
                }
            }
        }
        let (server, port) = try await start(router)
        let clients = try (0..<8).map { _ in try RawClient(port: port) }
        for client in clients { try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") }
        try await eventually { started.isSet && names.values.count > 100 }
        #expect(names.values.prefix(100).allSatisfy { $0 == "http" })
        await server.shutdown(deadline: .milliseconds(20))
        try await eventually { ended.isSet }
        for client in clients { client.close() }
    }

    @Test func `run serves until its task is cancelled`() async throws {
        var router = Router()
        router.on(.get, "/") { _ in .text("here") }
        let server = HTTPServer(ServerConfiguration(), router: router)
        let ports = Recorder<Int>()
        let run = Task { try await server.run(drain: .seconds(1)) { port in port.map(ports.add) } }
        try await eventually { !ports.values.isEmpty }
        let port = try #require(ports.values.first)
        #expect(try await blocking { try RawClient(port: port).ask("GET", "/") }.body == "here")
        run.cancel()
        try await run.value
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
    }

    @Test func `another server takes the port over while connections to the first are still served`() async throws {
        let (started, release) = (Flag(), Flag())
        var router = Router()
        router.on(.get, "/") { _ in .text("first") }
        router.on(.get, "/slow") { _ in
            started.set()
            while !release.isSet { try await Task.sleep(for: .milliseconds(2)) }
            return .text("finished")
        }
        let (first, port) = try await start(router)
        let (idle, busy) = (try RawClient(port: port), try RawClient(port: port))
        _ = try await blocking { try idle.ask("GET", "/") }
        try busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { started.isSet }
        // It has connected before, and is let in although nobody has accepted it yet.
        let late = try RawClient(port: port)
        await first.stopListening()
        await first.stopListening()
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }

        var next = Router()
        next.on(.get, "/") { _ in .text("second") }
        let second = HTTPServer(ServerConfiguration(.tcp(host: "0.0.0.0", port: port)), router: next)
        #expect(try await second.start() == port)
        #expect(try await blocking { try RawClient(port: port).ask("GET", "/") }.body == "second")
        for client in [idle, late] {
            #expect(try await blocking { try client.ask("GET", "/") }.body == "first")
        }
        release.set()
        #expect(try await blocking { try busy.readAnswer() }.body == "finished")
        await first.shutdown(deadline: .seconds(5))
        #expect(try await blocking { try RawClient(port: port).ask("GET", "/") }.body == "second")
        await second.shutdown(deadline: .zero)
    }

    @Test func `a server that does not run does not listen`() async throws {
        let fresh = HTTPServer(ServerConfiguration(), router: Router())
        await fresh.stopListening()
        let (ended, _) = try await start(Router())
        await ended.shutdown(deadline: .zero)
        await ended.stopListening()
    }

    @Test func `a server that never started can be shut down`() async {
        await HTTPServer(ServerConfiguration(), router: Router()).shutdown()
    }

    @Test func `servers come and go without leaving descriptors`() async throws {
        var router = Router()
        router.on(.get, "/") { _ in .text("here") }
        for _ in 0..<20 {
            let (server, port) = try await start(router)
            #expect(try await blocking { try RawClient(port: port).ask("GET", "/") }.status == 200)
            await server.shutdown(deadline: .zero)
        }
    }
}
