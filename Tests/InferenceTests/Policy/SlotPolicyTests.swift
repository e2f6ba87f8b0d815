import TestRandomness
import Testing

@testable import Inference

@Suite struct SlotPolicyTests {
    private func costs(_ machine: SimulatedMachine) -> StepCostModel {
        var random = SeededRandom(seed: 1)
        var model = StepCostModel()
        for step in 0..<300 {
            let load = StepLoad(decodeRows: 1 + step % 16, prefillTokens: step % 5 == 0 ? step % 30 : 0)
            model.observe(load, seconds: machine.duration(load, using: &random))
        }
        return model
    }

    @Test(arguments: [0.0, 0.3, 0.5])
    func `from the middle to the throughput end all slots are used`(bias: Double) {
        let policy = SlotPolicy(sequencesMax: 32, bias: LatencyBias(bias))
        #expect(policy.sequences(waiting: 0, costs: StepCostModel()) == 32)
        #expect(policy.sequences(waiting: 9, costs: costs(.processor)) == 32)
    }

    @Test func `at the latency end only as many run as hardly slow each other down`() {
        let machine = SimulatedMachine(base: 0.02, row: 0.002, prompt: 0.001, attended: 0)
        let policy = SlotPolicy(sequencesMax: 32, bias: LatencyBias(1))
        // 22 ms for one; 33 ms for six.
        #expect((5...7).contains(policy.sequences(waiting: 0, costs: costs(machine))))
        #expect((5...7).contains(policy.sequences(waiting: 1000, costs: costs(machine))))
        #expect(policy.sequences(waiting: 0, costs: costs(.accelerator)) == 32)
    }

    @Test func `between them a deep queue takes more slots`() {
        let machine = SimulatedMachine(base: 0.02, row: 0.002, prompt: 0.001, attended: 0)
        let policy = SlotPolicy(sequencesMax: 32, bias: LatencyBias(0.75))
        let counts = [0, 5, 50, 500].map { policy.sequences(waiting: $0, costs: costs(machine)) }
        #expect(counts == counts.sorted() && counts[0] < counts[3] && counts[3] <= 32)
    }

    @Test func `before anything is measured the latency end uses half of the slots, and always one`() {
        let latency = LatencyBias(1)
        #expect(SlotPolicy(sequencesMax: 8, bias: latency).sequences(waiting: 0, costs: StepCostModel()) == 4)
        #expect(SlotPolicy(sequencesMax: 1, bias: latency).sequences(waiting: 0, costs: StepCostModel()) == 1)
    }
}
