import Testing

@testable import Inference

@Suite struct SendingPolicyTests {
    private let start = ContinuousClock.now

    /// How many tokens go out together where every step takes so long.
    private func together(step milliseconds: Int, bias: Double = 0.5) -> Int {
        var policy = SendingPolicy(bias: LatencyBias(bias))
        var now = start
        var count = 0
        repeat {
            now += .milliseconds(milliseconds)
            policy.hold(now: now)
            count += 1
        } while policy.mayWait(for: Double(milliseconds) / 1_000, now: now)
        return count
    }

    @Test(arguments: [(1, 17), (3, 6), (5, 4), (9, 2), (17, 1), (100, 1)])
    func `tokens of short steps go out together, none later than a screen shows a picture`(step: Int, count: Int) {
        #expect(together(step: step) == count)
    }

    @Test func `at the latency end every token goes out at once, half way to it sooner than in the middle`() {
        #expect(together(step: 1, bias: 1) == 1)
        #expect(together(step: 1, bias: 0.75) == 9)
        #expect(together(step: 1, bias: 0) == together(step: 1))
    }

    @Test func `nothing waits for a step of unknown length, and nothing that was sent waits`() {
        var policy = SendingPolicy(bias: .default)
        #expect(!policy.mayWait(for: 0.001, now: start))
        policy.hold(now: start)
        #expect(!policy.mayWait(for: nil, now: start))
        #expect(policy.mayWait(for: 0.001, now: start))
        policy.sent()
        #expect(!policy.mayWait(for: 0.001, now: start))
        // The first of those that wait counts.
        policy.hold(now: start)
        policy.hold(now: start + .milliseconds(14))
        #expect(!policy.mayWait(for: 0.003, now: start + .milliseconds(14)))
    }
}
