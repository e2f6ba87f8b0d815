import Gateway
import Telemetry
import Testing

@testable import Platform

@Suite struct LimitHeadersTests {
    private func standings() throws -> [LimitStanding] {
        [
            LimitStanding(
                rule: try LimitRule(id: "hour", scope: .user, resource: .requests, pace: .window(amount: 100, .hour)),
                remaining: 40, reset: 3_599_001),
            LimitStanding(
                rule: try LimitRule(
                    id: "second", scope: .user, resource: .requests,
                    pace: .bucket(capacity: 20, refill: 10, per: 1_000)), remaining: 1, reset: 1_900),
            LimitStanding(
                rule: try LimitRule(id: "in", scope: .user, resource: .inputTokens, pace: .window(amount: 9_000, .day)),
                remaining: 8_000, reset: 60_000),
        ]
    }

    @Test func `OpenAI's clients read the tightest limit of requests and of tokens`() throws {
        let headers = Dictionary(
            uniqueKeysWithValues: LimitHeaders.headers(
                try standings(), endpoint: "/v1/chat/completions", now: UnixTime(seconds: 0)
            ).map { ($0.name, $0.value) })
        #expect(headers["x-ratelimit-limit-requests"] == "20")
        #expect(headers["x-ratelimit-remaining-requests"] == "1")
        #expect(headers["x-ratelimit-reset-requests"] == "2s")
        #expect(headers["x-ratelimit-remaining-tokens"] == "8000")
        #expect(headers["x-ratelimit-reset-tokens"] == "1m0s")
        #expect(headers["RateLimit-Policy"] == "\"hour\";q=100;w=3600, \"second\";q=20;w=2, \"in\";q=9000;w=86400")
        #expect(headers["RateLimit"] == "\"hour\";r=40;t=3600, \"second\";r=1;t=2, \"in\";r=8000;t=60")
    }

    @Test func `Anthropic's clients read theirs`() throws {
        let headers = Dictionary(
            uniqueKeysWithValues: LimitHeaders.headers(
                try standings(), endpoint: "/v1/messages", now: UnixTime(seconds: 100)
            ).map { ($0.name, $0.value) })
        #expect(headers["anthropic-ratelimit-requests-limit"] == "20")
        #expect(headers["anthropic-ratelimit-input-tokens-remaining"] == "8000")
        #expect(headers["anthropic-ratelimit-input-tokens-reset"] == "1970-01-01T00:02:40.000Z")
        #expect(headers["anthropic-ratelimit-output-tokens-limit"] == nil)
        #expect(headers["x-ratelimit-limit-requests"] == nil)
    }

    @Test func `without limits there are no headers, and durations look like OpenAI's`() {
        #expect(LimitHeaders.headers([], endpoint: "/v1/messages", now: UnixTime(seconds: 0)).isEmpty)
        #expect(
            [0, 20, 999, 1_000, 359_001, 7_205_000].map(LimitHeaders.duration) == [
                "0ms", "20ms", "999ms", "1s", "6m0s", "2h0m5s",
            ])
    }
}
