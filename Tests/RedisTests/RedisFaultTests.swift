import Redis
import TestServers
import Testing

/// What callers see when the server goes, hangs, or wants a password.
@Suite(.serialized, .timeLimit(.minutes(1))) struct RedisFaultTests {
    @Test func `a server that dies is an error, and one that comes back is used again`() async throws {
        let server = try await PrivateRedis()
        let redis = try RedisClient(RedisSettings(.socket(path: server.socket)))
        try await redis.send("SET", "key", "value")
        await server.kill()
        let gone = await #expect(throws: RedisError.self) {
            // The loss may be noticed before or after the first command is sent, never later.
            for _ in 0..<2 { try await redis.send("GET", "key") }
        }
        #expect(gone?.code == .connection || gone?.code == .lost)
        await server.start()
        let value = try await patiently { try await redis.send("GET", "key") }
        #expect(value == .nothing)
        try await server.stop()
    }

    @Test func `callers who wait on a server that hangs are told after the time that was set`() async throws {
        let server = try await PrivateRedis()
        let redis = try RedisClient(RedisSettings(.socket(path: server.socket), answerTimeout: .milliseconds(200)))
        try await redis.send("PING")
        await server.freeze()
        let errors = await withTaskGroup(of: RedisError.Code?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do throws(RedisError) {
                        try await redis.send("PING")
                        return nil
                    } catch { return error.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.count == 10)
        #expect(errors.allSatisfy { $0 == .timeout || $0 == .connection }, "\(errors)")
        await server.thaw()
        #expect(try await patiently { try await redis.send("PING") } == .status("PONG"))
        try await server.stop()
    }

    @Test func `the password is given, a wrong one is refused, and neither is ever shown`() async throws {
        let server = try await PrivateRedis(password: "correct")
        let right = try RedisClient(RedisSettings(.socket(path: server.socket), password: "correct", database: 3))
        try await right.send("SET", "key", "value")
        #expect(try await right.send("GET", "key").bytesValue() == Array("value".utf8))
        let wrongSettings = RedisSettings(.socket(path: server.socket), password: "mistaken")
        let wrong = try RedisClient(wrongSettings)
        let refused = await #expect(throws: RedisError.self) { try await wrong.send("GET", "key") }
        #expect(refused?.serverCode == "WRONGPASS")
        let without = try RedisClient(RedisSettings(.socket(path: server.socket)))
        let unasked = await #expect(throws: RedisError.self) { try await without.send("GET", "key") }
        #expect(unasked?.serverCode == "NOAUTH")
        #expect(!String(reflecting: refused).contains("mistaken"))
        var shown = ""
        dump(wrongSettings, to: &shown)
        #expect(!"\(wrongSettings) \(String(reflecting: wrongSettings)) \(shown)".contains("mistaken"))
        try await server.stop()
    }

    @Test func `nobody there is an error at once`() async throws {
        let redis = try RedisClient(RedisSettings(.socket(path: "/tmp/there-is-no-redis.sock")))
        for _ in 0..<3 {
            let error = await #expect(throws: RedisError.self) { try await redis.send("PING") }
            #expect(error?.code == .connection)
        }
    }

    /// Asks again while the client is in its pause between two attempts.
    private func patiently(_ ask: () async throws -> RedisReply) async throws -> RedisReply {
        while true {
            do { return try await ask() } catch let error as RedisError where error.code == .connection {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
