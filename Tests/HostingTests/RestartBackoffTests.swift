import Hosting
import TestRandomness
import Testing

@Suite struct RestartBackoffTests {
    @Test func `failed starts wait longer and longer up to the cap`() {
        var random = SeededRandom(seed: 7)
        var backoff = RestartBackoff(policy: RestartBackoff.Policy(initial: .seconds(1), max: .seconds(10)))
        for ceiling in [1.0, 2, 4, 8, 10, 10, 10] {
            let delay = backoff.delay(afterBeingReadyFor: nil, using: &random)
            #expect((Duration.seconds(ceiling / 2)...(.seconds(ceiling))).contains(delay))
        }
    }

    @Test func `a thousand failures do not overflow`() {
        var random = SeededRandom(seed: 8)
        var backoff = RestartBackoff()
        for _ in 0..<1000 { #expect(backoff.delay(afterBeingReadyFor: nil, using: &random) <= .seconds(30)) }
    }

    @Test func `the first crash after service does not wait, stable service cleans the record`() {
        var random = SeededRandom(seed: 9)
        var backoff = RestartBackoff()
        #expect(backoff.delay(afterBeingReadyFor: .seconds(1), using: &random) == .zero)
        #expect(backoff.delay(afterBeingReadyFor: .seconds(1), using: &random) >= .milliseconds(250))
        #expect(backoff.delay(afterBeingReadyFor: .seconds(60), using: &random) == .zero)
    }

    @Test func `giving up counts only starts in a row that were never ready`() {
        var random = SeededRandom(seed: 10)
        var backoff = RestartBackoff(policy: RestartBackoff.Policy(attemptsMax: 2))
        _ = backoff.delay(afterBeingReadyFor: nil, using: &random)
        _ = backoff.delay(afterBeingReadyFor: .seconds(1), using: &random)
        _ = backoff.delay(afterBeingReadyFor: nil, using: &random)
        #expect(!backoff.isExhausted)
        _ = backoff.delay(afterBeingReadyFor: nil, using: &random)
        #expect(backoff.isExhausted)
    }
}

@Suite struct HeartbeatPolicyTests {
    private typealias Policy = HeartbeatPolicy<ManualInstant>

    @Test func `steps are progress, the same step is not`() {
        var policy = Policy(timeout: .seconds(10), now: .at(0))
        policy.receive(.init(stepCount: 1, isIdle: false), at: .at(5))
        policy.receive(.init(stepCount: 1, isIdle: false), at: .at(14))
        #expect(policy.verdict(at: .at(14)) == .healthy)
        #expect(policy.nextCheck == .at(15))
        #expect(policy.verdict(at: .at(15)) == .stalled(.seconds(10)))
        policy.receive(.init(stepCount: 2, isIdle: false), at: .at(16))
        #expect(policy.verdict(at: .at(20)) == .healthy)
    }

    @Test func `an idle worker is healthy as long as it reports`() {
        var policy = Policy(timeout: .seconds(10), now: .at(0))
        for second in stride(from: 5.0, through: 100, by: 5) {
            policy.receive(.init(stepCount: 3, isIdle: true), at: .at(second))
            #expect(policy.verdict(at: .at(second + 4)) == .healthy)
        }
        #expect(policy.verdict(at: .at(111)) == .stalled(.seconds(11)))
    }

    @Test func `work that begins after idling has the whole time`() {
        var policy = Policy(timeout: .seconds(10), now: .at(0))
        policy.receive(.init(stepCount: 3, isIdle: true), at: .at(50))
        policy.receive(.init(stepCount: 3, isIdle: false), at: .at(55))
        #expect(policy.verdict(at: .at(59)) == .healthy)
        #expect(policy.verdict(at: .at(60)) == .stalled(.seconds(10)))
    }
}
