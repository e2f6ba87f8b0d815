import Gateway
import Testing
import Vocabulary

@Suite struct LimitPolicyTests {
    private let caller = LimitCaller(
        principal: Principal(
            user: UserID("usr_1"), name: "Ann", tenant: TenantID("acme"), teams: ["red", "blue"], role: .user,
            origin: .apiKey("key_1")),
        address: "2001:db8:1:2:3:4:5:6", model: "qwen-7b")

    @Test func `each scope counts under the caller's own names`() {
        #expect(caller.subjects(of: .key) == ["key_1"])
        #expect(caller.subjects(of: .user) == ["usr_1"])
        #expect(caller.subjects(of: .team) == ["red", "blue"])
        #expect(caller.subjects(of: .tenant) == ["acme"])
        #expect(caller.subjects(of: .model) == ["qwen-7b"])
        #expect(caller.subjects(of: .everyone) == ["*"])
    }

    @Test(arguments: [
        ("127.0.0.1", ["127.0.0.1"]), ("2001:db8:1:2:3:4:5:6", ["2001:db8:1:2::/64"]), ("::1", ["0:0:0:0::/64"]),
        ("2001:db8::7", ["2001:db8:0:0::/64"]), ("::ffff:10.0.0.1", ["::ffff:10.0.0.1"]), ("", []),
    ])
    func `an IPv6 address counts by its network`(address: String, expected: [String]) {
        var caller = caller
        caller.address = address
        #expect(caller.subjects(of: .ip) == expected)
    }

    @Test func `a rule meets whom and what it names, with what its resource needs`() throws {
        let pace = LimitPace.window(amount: 5, .hour)
        let policy = LimitPolicy([
            try LimitRule(id: "a", scope: .user, subject: "usr_1", resource: .requests, pace: pace),
            try LimitRule(id: "b", scope: .user, subject: "usr_2", resource: .requests, pace: pace),
            try LimitRule(id: "c", scope: .team, model: "qwen*", resource: .inputTokens, pace: pace),
            try LimitRule(id: "d", scope: .team, model: "llama*", resource: .inputTokens, pace: pace),
            try LimitRule(id: "e", scope: .everyone, resource: .outputTokens, pace: pace),
        ])
        let demands = policy.demands(of: caller, LimitAmounts(requests: 1, inputTokens: 7), permille: 500)
        #expect(demands.map(\.key.rule) == ["a", "c", "c", "e"])
        #expect(demands.map(\.charge) == [1, 7, 7, 0])
        #expect(demands.map(\.need) == [1, 7, 7, 1])
        #expect(demands.allSatisfy { $0.permille == 1_000 })
    }

    @Test(arguments: ["", "a b", "ä", String(repeating: "x", count: 65)])
    func `an id that does not go into headers is refused`(id: String) {
        #expect(throws: LimitRuleError.self) {
            try LimitRule(id: id, scope: .user, resource: .requests, pace: .window(amount: 1, .day))
        }
    }

    @Test func `only buckets of models adapt`() throws {
        let bucket = LimitPace.bucket(capacity: 1, refill: 1, per: 1_000)
        #expect(throws: LimitRuleError.self) {
            try LimitRule(id: "a", scope: .user, resource: .requests, pace: bucket, isAdaptive: true)
        }
        let rule = try LimitRule(id: "a", scope: .model, resource: .requests, pace: bucket, isAdaptive: true)
        #expect(LimitPolicy([rule]).demands(of: caller, LimitAmounts(), permille: 300).map(\.permille) == [300])
    }
}
