import Testing
import Vocabulary

@testable import Inference

/// What running answers feel of a long prompt.
@Suite struct PromptArrivalSimulationTests {
    private static let machines: [(name: String, machine: SimulatedMachine)] = [
        ("plain", SimulatedMachine(noise: 0.1)), ("processor", .processor), ("accelerator", .accelerator),
    ]

    @Test(arguments: machines.map(\.name), [1, 4, 12])
    func `while a prompt of 4,000 tokens arrives the slowest tokens take at most twice as long`(
        name: String, streams: Int
    ) throws {
        let machine = try #require(Self.machines.first { $0.name == name }).machine
        var simulation = EngineSimulation(machine: machine, slots: 16, batch: 2048)
        for key in 1...UInt64(streams) {
            simulation.submit(SimulatedRequest(key: key, prompt: 60, answer: 4000))
        }
        for _ in 0..<400 { simulation.turn() }
        let quiet = simulation.stepLog.suffix(300).map(\.seconds)
        // A few prompts before, as any server has seen: the second long one is what counts.
        var long: UInt64 = 100
        for _ in 0..<2 {
            simulation.stepLog = []
            long += 1
            simulation.submit(SimulatedRequest(key: long, prompt: 4000, answer: 1))
            while simulation.records[long]?.finished == nil { simulation.turn() }
        }
        let loaded = simulation.stepLog.map(\.seconds)
        let ratio = quantile(0.99, of: loaded) / quantile(0.99, of: quiet)
        #expect(ratio <= 2, "\(ratio)")
        #expect(simulation.leftOut == 0)
        // And the prompt gets a good part of what the stretch leaves it.
        let mean = loaded.reduce(0, +) / Double(loaded.count) / (quiet.reduce(0, +) / Double(quiet.count))
        #expect(mean > 1.15, "\(mean)")
    }

    @Test func `at the throughput end the same prompt is read in as few steps as there are batches`() {
        var simulation = EngineSimulation(slots: 16, batch: 2048, bias: LatencyBias(0))
        for key in 1...4 as ClosedRange<UInt64> {
            simulation.submit(SimulatedRequest(key: key, prompt: 60, answer: 1000))
        }
        for _ in 0..<50 { simulation.turn() }
        simulation.submit(SimulatedRequest(key: 100, prompt: 4000, answer: 1))
        simulation.turn()
        simulation.turn()
        #expect(simulation.records[100]?.finished != nil)
    }

    @Test func `a short question beside a long prompt is answered first`() throws {
        var simulation = EngineSimulation(machine: .processor, slots: 16, batch: 512)
        simulation.submit(SimulatedRequest(key: 1, prompt: 50, answer: 5000))
        for _ in 0..<200 { simulation.turn() }
        simulation.submit(SimulatedRequest(key: 2, prompt: 4000, answer: 1))
        for _ in 0..<20 { simulation.turn() }
        simulation.submit(SimulatedRequest(key: 3, prompt: 40, answer: 1))
        while simulation.records[2]?.finished == nil { simulation.turn() }
        let (long, short) = (simulation.records[2]?.finished, simulation.records[3]?.finished)
        #expect(try #require(short) < #require(long))
    }
}
