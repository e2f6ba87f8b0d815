import Gateway
import Redis
import Telemetry
import TestServers
import Testing
import Vocabulary

@testable import Platform

@Suite(.serialized) struct RedisAnswersTests {
    private func withStore(_ body: (RedisAnswers, RedisClient) async throws -> Void) async throws {
        let server = try await PrivateRedis()
        let client = try RedisClient(RedisSettings(.socket(path: server.socket)))
        do {
            try await body(RedisAnswers(client), client)
        } catch {
            await client.close()
            try await server.stop()
            throw error
        }
        await client.close()
        try await server.stop()
    }

    @Test func `nodes find each other's answers, and forget them together`() async throws {
        try await withStore { store, _ in
            let (first, second) = (CacheStage(store: store, now: .real), CacheStage(store: store, now: .real))
            _ = try await first.ask(CacheStage.request { $0.cache.answers.tags = ["news"] })
            _ = try await first.ask(CacheStage.request("other", tenant: "t"))
            await first.cache.write()
            await second.cache.reread()
            #expect(try await second.ask().cache == .hit && second.asked == 0)
            await second.cache.write()
            let lines = try await second.cache.list(AnswerSelection(.tag("news")), limit: 5)
            #expect(lines.map(\.hits) == [1] && lines.map(\.tags) == [["news"]])
            #expect(try await second.cache.list(AnswerSelection(.all), limit: 1).count == 1)
            #expect(try await second.cache.forget(AnswerSelection(.tag("news"), of: TenantID("t"))) == 0)
            #expect(try await second.cache.forget(AnswerSelection(.tag("news"))) == 1)
            await first.cache.reread()
            #expect(try await first.ask().cache == .miss)
            #expect(try await first.cache.forget(AnswerSelection(.all, of: TenantID("t"))) == 1)
        }
    }

    @Test func `Redis lets go of what is over, and damage is a miss`() async throws {
        try await withStore { store, client in
            let stage = CacheStage(store: store, now: .real)
            _ = try await stage.ask()
            await stage.cache.write()
            let key = try #require(try await store.keys(at: 0).keys.first)
            let left = try await client.send("PTTL", RedisArgument("nexus:answer:\(key)")).integerValue()
            #expect((1...3_600_000).contains(left))
            try await client.send("HSET", RedisArgument("nexus:answer:\(key)"), "payload", "damaged")
            let other = CacheStage(store: store, now: .real)
            await other.cache.load()
            #expect(try await other.ask().cache == .miss)
            #expect(other.cache.measures.damaged.value == 1)
            try await client.send("HSET", RedisArgument("nexus:answer:\(key)"), "description", "damaged")
            #expect(try await store.find(key) == nil)
            #expect(try await store.find(try #require(AnswerKey(bytes: Array(repeating: 1, count: 32)))) == nil)
        }
    }

    @Test func `without Redis everything goes on`() async throws {
        let client = try RedisClient(RedisSettings(.socket(path: "/nonexistent/redis.sock")))
        let stage = CacheStage(store: RedisAnswers(client), now: .real)
        await stage.cache.load()
        _ = try await stage.ask()
        await stage.cache.write()
        #expect(try await stage.ask().cache == .hit)
        #expect(stage.cache.measures.storeFailed.value >= 1)
        await client.close()
    }
}
