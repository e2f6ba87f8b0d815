import TestRandomness
import Testing

@testable import Inference

@Suite struct ThreadPolicyTests {
    /// A machine whose steps take 1 with one thread, and `together` with all of them; the prediction follows slowly.
    private func run(_ policy: inout ThreadPolicy, steps: Int, together: Double, _ random: inout SeededRandom) -> Double
    {
        var predicted = 1.0
        var total = 0.0
        for _ in 0..<steps {
            let actual = policy.next == 1 ? 1.0 : together
            let measured = actual * Double.random(in: 0.9...1.1, using: &random)
            total += measured
            policy.observed(ratio: measured / predicted)
            predicted += (measured - predicted) * 0.05
        }
        return total
    }

    @Test func `a quiet machine keeps all its threads, but for a few trials`() {
        var random = SeededRandom(seed: 1)
        var policy = ThreadPolicy(most: 4)
        let total = run(&policy, steps: 5_000, together: 0.5, &random)
        #expect(policy.threads == 4)
        #expect(total < 5_000 * 0.5 * 1.03)
    }

    @Test func `a busy machine gets one thread soon, and pays little for trying again`() {
        var random = SeededRandom(seed: 2)
        var policy = ThreadPolicy(most: 4)
        _ = run(&policy, steps: 200, together: 0.5, &random)
        let change = run(&policy, steps: 60, together: 5, &random)
        #expect(policy.threads == 1)
        #expect(change < 60 + 30 * 5, "it found out within thirty steps: \(change)")
        let total = run(&policy, steps: 5_000, together: 5, &random)
        #expect(total < 5_000 * 1.05, "\(total)")
    }

    @Test func `when the neighbour has gone all threads come back`() {
        var random = SeededRandom(seed: 3)
        var policy = ThreadPolicy(most: 2)
        _ = run(&policy, steps: 2_000, together: 5, &random)
        #expect(policy.threads == 1)
        _ = run(&policy, steps: 1_000, together: 0.55, &random)
        #expect(policy.threads == 2)
    }

    @Test func `while its thread always has a core, one thread is nearly never tried`() {
        var policy = ThreadPolicy(most: 2)
        let tried = (0..<4_000).count { _ in
            defer { policy.observed(ratio: 1, share: 0.97) }
            return policy.next == 1
        }
        #expect(tried == 0)
        // Now others want the cores.
        let alone = (0..<400).count { _ in
            defer { policy.observed(ratio: policy.next == 1 ? 1 : 4, share: 0.5) }
            return policy.next == 1
        }
        #expect(alone > 300 && policy.threads == 1)
    }

    @Test func `one thread is never anything else, and nonsense is ignored`() {
        var policy = ThreadPolicy(most: 1)
        for ratio in [1, 100, .nan, .infinity, -1, 0] + [Double](repeating: 1, count: 200) {
            policy.observed(ratio: ratio)
            #expect(policy.next == 1)
        }
    }
}

@Suite struct ThreadPoliciesTests {
    @Test func `what narrow steps teach does not take the threads from wide ones`() {
        var policies = ThreadPolicies(most: 2)
        for _ in 0..<2_000 {
            // Narrow steps are faster on one thread, wide ones on two.
            policies.observed(ratio: policies.next(rows: 1) == 1 ? 0.8 : 1, rows: 1)
            policies.observed(ratio: policies.next(rows: 64) == 1 ? 1.8 : 1, rows: 64)
        }
        #expect(policies.narrow.threads == 1)
        #expect(policies.wide.threads == 2)
    }
}
