import Redis
import TestServers
import Testing

/// Against a real server of the tests' own.
@Suite(.timeLimit(.minutes(1))) struct RedisClientTests {
    @Test func `commands carry any bytes, there and back`() async throws {
        let redis = try await client()
        let bytes: [UInt8] = [0, 13, 10, 36, 255] + Array("*2\r\n$3\r\nDEL\r\n".utf8) + [0]
        try await redis.send("SET", "binary", RedisArgument(bytes))
        #expect(try await redis.send("GET", "binary").bytesValue() == bytes)
        #expect(try await redis.send("STRLEN", "binary").integerValue() == Int64(bytes.count))
        let large = [UInt8](repeating: 7, count: 3 << 20)
        try await redis.send("SET", RedisArgument(bytes), RedisArgument(large))
        #expect(try await redis.send("GET", RedisArgument(bytes)).bytesValue() == large)
    }

    @Test func `each kind of reply keeps its type`() async throws {
        let redis = try await client()
        #expect(try await redis.send("SET", "kinds", "7") == .status("OK"))
        #expect(try await redis.send("GET", "kinds of nothing") == .nothing)
        #expect(try await redis.send("INCR", "kinds") == .integer(8))
        #expect(try await redis.send("GET", "kinds") == .bytes([UInt8(ascii: "8")]))
        #expect(try await redis.send("GET", "kinds").integerValue() == 8)
        #expect(
            try await redis.run(RedisScript("return {1, {'two', false}, redis.status_reply('fine')}"))
                == .list([.integer(1), .list([.bytes(Array("two".utf8)), .nothing]), .status("fine")]))
        #expect(throws: RedisError.self) { try RedisReply.nothing.integerValue() }
        #expect(throws: RedisError.self) { try RedisReply.integer(1).listValue() }
    }

    @Test func `a refused command names the server's code and none of its arguments`() async throws {
        let redis = try await client()
        try await redis.send("SET", "a string", "x")
        let wrongType = await #expect(throws: RedisError.self) { try await redis.send("LPUSH", "a string", "hidden") }
        #expect(wrongType?.code == .refused && wrongType?.serverCode == "WRONGTYPE")
        let unknown = await #expect(throws: RedisError.self) { try await redis.send("NOSUCHCOMMAND", "hidden") }
        #expect(unknown?.serverCode == "ERR")
        #expect(!String(reflecting: unknown).contains("hidden"))
        // The connection stands.
        #expect(try await redis.send("PING") == .status("PONG"))
    }

    @Test func `a pipeline answers each command, the refused ones too`() async throws {
        let redis = try await client()
        let replies = try await redis.pipeline([
            ["SET", "pipe", "1"], ["LPUSH", "pipe", "1"], ["INCRBY", "pipe", 41], ["GET", "pipe"],
        ])
        #expect(replies.count == 4)
        #expect(replies[0] == .status("OK"))
        guard case .failure(let error) = replies[1] else {
            Issue.record("\(replies[1])")
            return
        }
        #expect(error.serverCode == "WRONGTYPE")
        #expect(replies[2] == .integer(42))
        #expect(try await redis.pipeline([]).isEmpty)
    }

    @Test func `many callers at once each get their own reply`() async throws {
        let redis = try await client()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    let text = Array("caller \(number)".utf8)
                    let answer = try await redis.send("ECHO", RedisArgument(text)).bytesValue()
                    #expect(answer == text)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a script runs atomically and by name, also after the server forgot it`() async throws {
        let redis = try await client()
        let take = RedisScript(
            """
            local left = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
            if left < tonumber(ARGV[2]) then return -1 end
            redis.call('SET', KEYS[1], left - tonumber(ARGV[2]))
            return left - tonumber(ARGV[2])
            """)
        let taken = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await redis.run(take, keys: ["account"], arguments: [100, 1]).integerValue()
                }
            }
            var taken: [Int64] = []
            for try await value in group { taken.append(value) }
            return taken
        }
        let served = taken.filter { $0 >= 0 }
        #expect(served.count == 100)
        #expect(Set(taken) == Set(-1...99))
        try await redis.send("SCRIPT", "FLUSH")
        #expect(try await redis.run(take, keys: ["another"], arguments: [5, 2]).integerValue() == 3)
    }

    @Test func `a cancelled caller leaves at once and the others' replies stay in order`() async throws {
        let redis = try await client()
        let blocked = Task { try await redis.send("BLPOP", "nothing comes", 1) }
        let after = Task { try await redis.send("ECHO", "mine").bytesValue() }
        blocked.cancel()
        await #expect(throws: RedisError(.cancelled, "the task was cancelled")) { try await blocked.value }
        #expect(try await after.value == Array("mine".utf8))
        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await redis.send("PING")
        }
        await #expect(throws: RedisError(.cancelled, "the task was cancelled")) { try await cancelledBefore.value }
    }

    @Test func `a closed client refuses and a bound on waiting callers holds`() async throws {
        let socket = try await PrivateRedis.shared.value.socket
        let redis = try RedisClient(RedisSettings(.socket(path: socket), waitingMax: 2, waitingBytesMax: 1_000))
        let error = await #expect(throws: RedisError.self) {
            try await redis.send("SET", "big", RedisArgument([UInt8](repeating: 0, count: 2_000)))
        }
        #expect(error?.code == .busy)
        #expect(try await redis.send("PING") == .status("PONG"))
        await redis.close()
        let closed = await #expect(throws: RedisError.self) { try await redis.send("PING") }
        #expect(closed?.code == .closed)
        await redis.close()
    }

    private func client() async throws -> RedisClient {
        try RedisClient(RedisSettings(.socket(path: try await PrivateRedis.shared.value.socket)))
    }
}
