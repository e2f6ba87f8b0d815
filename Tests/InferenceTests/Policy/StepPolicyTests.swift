import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite struct StepPolicyTests {
    private func writer(_ key: UInt64, computed: Int = 100) -> StepCandidate {
        StepCandidate(key: key, pending: 1, computed: computed, isWriting: true)
    }

    private func prompt(
        _ key: UInt64, _ pending: Int, computed: Int = 0, tenant: String = "", weight: Double = 1,
        priority: Priority = .normal
    ) -> StepCandidate {
        StepCandidate(
            key: key, pending: pending, computed: computed, isWriting: false, tenant: TenantID(tenant), weight: weight,
            priority: priority)
    }

    /// A policy that has seen steps of a machine.
    private func experienced(_ machine: SimulatedMachine, batch: Int = 512, bias: Double = 0.5) -> StepPolicy {
        var random = SeededRandom(seed: 7)
        var policy = StepPolicy(batchTokensMax: batch, bias: LatencyBias(bias))
        for step in 0..<200 {
            let load = StepLoad(
                decodeRows: 1 + step % 8, prefillTokens: step % 3 == 0 ? step % 40 : 0, attended: step * 10)
            policy.observed(load, duration: .seconds(machine.duration(load, using: &random)))
        }
        return policy
    }

    @Test func `prompts get the whole batch while nothing is writing`() {
        var policy = experienced(.processor)
        #expect(policy.plan([prompt(1, 2000)], waiting: 0) == [512])
        #expect(policy.plan([prompt(1, 100), prompt(2, 50)], waiting: 0) == [100, 50])
        #expect(policy.plan([], waiting: 3) == [])
        #expect(policy.plan([prompt(1, 0)], waiting: 0) == [0])
    }

    @Test(arguments: [(1.0, 1.25), (0.75, 1.35), (0.5, 1.5), (0.25, 3.0)])
    func `a step with prompts is stretched as the bias says`(bias: Double, stretch: Double) {
        let machine = SimulatedMachine(base: 0.02, row: 0.001, prompt: 0.0002, attended: 0)
        var policy = experienced(machine, bias: bias)
        let candidates = [writer(1), writer(2), prompt(3, 4000)]
        // Chunks grow step by step.
        for _ in 0..<8 { _ = policy.plan(candidates, waiting: 0) }
        let shares = policy.plan(candidates, waiting: 0)
        #expect(shares.prefix(2) == [1, 1])
        var random = SeededRandom(seed: 1)
        let quiet = machine.duration(StepLoad(decodeRows: 2), using: &random)
        let mixed = machine.duration(StepPolicy.load(of: candidates, shares: shares), using: &random)
        #expect(abs(mixed / quiet - stretch) < 0.12 * stretch, "\(mixed / quiet)")
    }

    @Test func `from one step to the next a chunk at most doubles, whatever is predicted`() {
        var policy = experienced(SimulatedMachine(base: 0.02, row: 0.001, prompt: 1e-9, attended: 0), batch: 8192)
        var chunks: [Int] = []
        for _ in 0..<8 { chunks.append(policy.plan([writer(1), prompt(2, 100_000)], waiting: 0)[1]) }
        #expect(chunks[0] == StepPolicy.chunkStart)
        #expect(zip(chunks, chunks.dropFirst()).allSatisfy { $1 <= $0 * 2 })
        #expect(chunks[7] > 1000)
    }

    @Test(arguments: [(1.0, 0), (0.5, 100), (0.25, 400)])
    func `short prompts are read at once as long as a step stays comfortable`(bias: Double, milliseconds: Int) {
        let machine = SimulatedMachine(base: 0.015, row: 0.0001, prompt: 0.0004, attended: 0)
        var policy = experienced(machine, batch: 2048, bias: bias)
        let writers = (1...8).map { writer($0) }
        let short = (0..<6).map { index in
            StepCandidate(key: UInt64(20 + index), pending: 150, isWriting: false, isShort: true)
        }
        let candidates = writers + [prompt(10, 4000)] + short
        for _ in 0..<8 { _ = policy.plan(candidates, waiting: 0) }
        let shares = policy.plan(candidates, waiting: 0)
        let longAlone = policy.plan(writers + [prompt(10, 4000)], waiting: 0)
        var random = SeededRandom(seed: 1)
        let duration = machine.duration(StepPolicy.load(of: candidates, shares: shares), using: &random)
        let alone = StepPolicy.load(of: writers + [prompt(10, 4000)], shares: longAlone)
        let plain = machine.duration(alone, using: &random)
        #expect(shares.prefix(8).allSatisfy { $0 == 1 })
        // The long prompt has no part in it.
        #expect(shares[8] <= longAlone[8])
        #expect(duration <= max(plain * 1.1, Double(milliseconds) / 1000 * 1.15), "\(duration) \(plain)")
        if milliseconds > 0 {
            #expect(duration > Double(min(milliseconds, 350)) / 1000 * 0.85, "\(duration)")
            // Whoever came first is done first.
            #expect(shares[9] == 150)
        }
    }

    @Test func `at the throughput end prompts fill the batch`() {
        var policy = experienced(.processor, bias: 0)
        #expect(policy.plan([writer(1), prompt(2, 4000)], waiting: 0) == [1, 511])
    }

    @Test func `many waiting requests stretch steps further, but not beyond the promise to running answers`() {
        let middle = LatencyBias.default
        #expect(middle.stretch(pressure: 0) < middle.stretch(pressure: 0.2))
        #expect(middle.stretch(pressure: 1) == LatencyBias.stretchMax)
        #expect(LatencyBias(1).stretch(pressure: 1) == LatencyBias(1).stretch(pressure: 0))
        #expect(LatencyBias(0.2).stretch(pressure: 1) > LatencyBias(0.2).stretch(pressure: 0))
        #expect(LatencyBias(0).stretch(pressure: 0) == .infinity)
        #expect(LatencyBias(7) == LatencyBias(1) && LatencyBias(.nan) == .default)
        let stretches = (1...100).map { LatencyBias(Double($0) / 100).stretch(pressure: 0.5) }
        #expect(zip(stretches, stretches.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test(arguments: [0.0, 0.5, 1])
    func `beside 64 writing sequences a prompt advances, and each of them gets a token in every step`(bias: Double) {
        // Prompt tokens that cost as much as a whole step would never fit.
        var policy = experienced(SimulatedMachine(base: 0.01, row: 0.001, prompt: 0.1, attended: 0), bias: bias)
        var left = 4000
        var steps = 0
        while left > 0 {
            steps += 1
            let shares = policy.plan((1...64).map { writer($0) } + [prompt(100, left)], waiting: 0)
            #expect(shares.prefix(64).allSatisfy { $0 == 1 })
            left -= shares[64]
        }
        #expect(steps <= 4000 / StepPolicy.chunkMin * StepPolicy.probeInterval / (StepPolicy.probeInterval - 1) + 1)
    }

    @Test func `more writing sequences than rows take turns`() {
        var policy = StepPolicy(batchTokensMax: 4)
        let candidates = (1...10).map { writer(UInt64($0)) } + [prompt(20, 5)]
        var counts = [Int](repeating: 0, count: 11)
        for _ in 0..<50 {
            let shares = policy.plan(candidates, waiting: 0)
            #expect(shares.reduce(0, +) == 4)
            for (index, share) in shares.enumerated() { counts[index] += share }
        }
        #expect(counts.prefix(10).allSatisfy { $0 == 20 })
    }

    @Test func `higher priorities are read first, and nobody is passed over for ever`() {
        var policy = StepPolicy(batchTokensMax: 64)
        #expect(policy.plan([prompt(1, 100), prompt(2, 40, priority: .high)], waiting: 0) == [24, 40])
        var waited = 0
        while policy.plan([prompt(1, 100, priority: .low), prompt(9, 9000, priority: .critical)], waiting: 0)[0] == 0 {
            waited += 1
            guard waited < 1000 else { break }
        }
        #expect(waited > PromptShares.stepsPerLift)
        #expect(waited <= 5 * PromptShares.stepsPerLift)
    }

    @Test func `long prompts of different tenants progress by weight`() {
        var policy = StepPolicy(batchTokensMax: 50)
        var left = [30_000, 30_000, 30_000]
        for _ in 0..<400 {
            let shares = policy.plan(
                [
                    prompt(1, left[0], tenant: "a"), prompt(2, left[1], tenant: "b", weight: 2),
                    prompt(3, left[2], tenant: "b", weight: 2),
                ], waiting: 0)
            for index in left.indices { left[index] -= shares[index] }
        }
        let done = left.map { 30_000 - $0 }
        #expect(abs(Double(done[0]) / Double(400 * 50) - 1.0 / 3) < 0.01)
        #expect(done.reduce(0, +) == 400 * 50)
    }

    @Test func `within a tenant short prompts go first, and the oldest still gets its part`() {
        var policy = StepPolicy(batchTokensMax: 64)
        let shares = policy.plan([prompt(1, 5000), prompt(2, 300), prompt(3, 40)], waiting: 0)
        #expect(shares[0] >= 64 / PromptShares.oldestPart)
        #expect(shares[2] == 40)
        var long = 5000
        for step in 0..<400 where long > 0 {
            long -= policy.plan([prompt(1, long), prompt(UInt64(10 + step), 60)], waiting: 0)[0]
        }
        #expect(long == 0)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `any plan keeps within the batch and what is pending`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let batch = [1, 3, 32, 512, 2048][Int(seed) - 1]
        var policy = StepPolicy(
            batchTokensMax: batch, bias: LatencyBias(Double.random(in: 0...1, using: &random)))
        for _ in 0..<300 {
            let candidates = (0..<Int.random(in: 0..<24, using: &random)).map { index in
                StepCandidate(
                    key: UInt64(index), pending: Int.random(in: 0...300, using: &random),
                    computed: Int.random(in: 0...9000, using: &random), isWriting: Bool.random(using: &random),
                    tenant: TenantID("\(index % 4)"), weight: Double(1 + index % 3),
                    priority: Priority.allCases[index % 4])
            }
            let shares = policy.plan(candidates, waiting: Int.random(in: 0...50, using: &random))
            #expect(shares.count == candidates.count)
            #expect(zip(candidates, shares).allSatisfy { $1 >= 0 && $1 <= ($0.isWriting ? 1 : $0.pending) })
            let sum = shares.reduce(0, +)
            #expect(sum <= batch)
            #expect((sum > 0) == candidates.contains { $0.pending > 0 })
            let load = StepPolicy.load(of: candidates, shares: shares)
            #expect(load.decodeRows + load.prefillTokens == sum)
            policy.observed(load, duration: .milliseconds(Int.random(in: 1...80, using: &random)))
        }
    }
}
