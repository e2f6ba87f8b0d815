import TestRandomness
import Testing

@testable import Inference

@Suite struct BatchPolicyTests {
    private typealias Candidate = BatchPolicy.Candidate
    private func prompt(_ pending: Int) -> Candidate { Candidate(pending: pending, isWriting: false) }
    private let writing = Candidate(pending: 1, isWriting: true)

    @Test func `running answers come before a long prompt`() {
        let policy = BatchPolicy(batchTokensMax: 8)
        #expect(policy.shares(of: [prompt(100), writing, writing]) == [6, 1, 1])
    }

    @Test func `prompts share what is left, oldest first`() {
        let policy = BatchPolicy(batchTokensMax: 8)
        #expect(policy.shares(of: [prompt(5), prompt(5), prompt(5)]) == [5, 3, 0])
    }

    @Test func `no step is larger than the batch, whatever comes`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let policy = BatchPolicy(batchTokensMax: Int.random(in: 1...64, using: &random))
            let candidates = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Bool.random(using: &random) ? writing : prompt(Int.random(in: 1...100, using: &random))
            }
            let shares = policy.shares(of: candidates)
            #expect(shares.reduce(0, +) <= policy.batchTokensMax)
            #expect(zip(shares, candidates).allSatisfy { $0 <= $1.pending })
            // Work is never left lying while there is room.
            #expect(
                shares.reduce(0, +) == policy.batchTokensMax || zip(shares, candidates).allSatisfy { $0 == $1.pending })
        }
    }
}

@Suite struct SchedulerTests {
    @Test func `those who wait get slots in the order of arrival`() {
        var scheduler = Scheduler<String>(sequencesMax: 2, batchTokensMax: 8)
        for (key, name) in ["a", "b", "c"].enumerated() {
            scheduler.enqueue(name, key: UInt64(key), prompt: [1, 2, 3])
        }
        #expect(scheduler.startWaiting() == 0..<2)
        #expect(scheduler.running.map(\.job) == ["a", "b"])
        #expect(scheduler.waitingCount == 1)
        guard case .running("a", let slot) = scheduler.remove(0) else { return #expect(Bool(false), "a was running") }
        #expect(scheduler.startWaiting() == 1..<2)
        #expect(scheduler.running.last?.slot == slot)
    }

    @Test func `a prompt is computed in chunks, then one token a step`() {
        var scheduler = Scheduler<String>(sequencesMax: 1, batchTokensMax: 4)
        scheduler.enqueue("a", key: 1, prompt: [1, 2, 3, 4, 5, 6])
        _ = scheduler.startWaiting()
        var plan = scheduler.plan()
        #expect(plan == [.init(index: 0, slot: 0, range: 0..<4, wantsToken: false)])
        scheduler.computed(plan[0])
        plan = scheduler.plan()
        #expect(plan == [.init(index: 0, slot: 0, range: 4..<6, wantsToken: true)])
        scheduler.computed(plan[0])
        #expect(scheduler.plan().isEmpty)
        scheduler.wrote(9, at: 0)
        #expect(scheduler.plan() == [.init(index: 0, slot: 0, range: 6..<7, wantsToken: true)])
    }

    @Test func `a parked sequence sits out and keeps its slot`() {
        var scheduler = Scheduler<String>(sequencesMax: 1, batchTokensMax: 4)
        scheduler.enqueue("a", key: 1, prompt: [1])
        scheduler.enqueue("b", key: 2, prompt: [1])
        _ = scheduler.startWaiting()
        scheduler.setParked(true, at: 0)
        #expect(scheduler.plan().isEmpty)
        #expect(scheduler.startWaiting().isEmpty)
        scheduler.setParked(false, at: 0)
        #expect(scheduler.plan().count == 1)
    }

    @Test func `removing what is unknown changes nothing`() {
        var scheduler = Scheduler<String>(sequencesMax: 1, batchTokensMax: 4)
        guard case .unknown = scheduler.remove(3) else { return #expect(Bool(false), "nothing was there") }
        #expect(scheduler.isIdle)
    }
}
