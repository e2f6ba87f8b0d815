import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// What holds under load that never ends.
@Suite struct StarvationSimulationTests {
    private let toTheTop = QueueOptions.ageingStepDefault * 3

    @Test(arguments: [Priority.high, .critical])
    func `under constant load of a higher priority nobody of the same tenant overtakes an aged request`(
        load: Priority
    ) {
        var simulation = EngineSimulation(slots: 4, batch: 256, capacity: 64)
        var key: UInt64 = 0
        var low: [UInt64] = []
        while simulation.now < .seconds(400) {
            while simulation.queue.count < 12 {
                key += 1
                let isLow = key % 40 == 0
                if isLow { low.append(key) }
                simulation.submit(
                    SimulatedRequest(
                        key: key, priority: isLow ? .low : load,
                        prompt: Int.random(in: 20...200, using: &simulation.random), answer: 30))
            }
            simulation.turn()
        }
        let settled = low.filter { (simulation.records[$0]?.arrived ?? .zero) < .seconds(300) }
        #expect(settled.count >= 10)
        let order = Dictionary(uniqueKeysWithValues: simulation.starts.enumerated().map { ($1, $0) })
        for request in settled {
            guard let record = simulation.records[request], let started = record.started, let own = order[request]
            else {
                Issue.record("\(request) starved")
                continue
            }
            let top = record.arrived + toTheTop
            // Those who came later and were still started first were started before it had reached the top.
            let overtakers = simulation.starts[..<own].filter { other in
                other > request && (simulation.records[other]?.started ?? .zero) > top
            }
            #expect(overtakers.isEmpty)
            #expect(started > record.arrived)
        }
    }

    @Test func `under constant load of another tenant an aged request waits for that one's share and not more`() {
        var simulation = EngineSimulation(slots: 4, batch: 256, capacity: 64)
        let (loud, quiet) = (TenantID("loud"), TenantID("quiet"))
        var key: UInt64 = 0
        var low: [UInt64] = []
        while simulation.now < .seconds(300) {
            while simulation.queue.shares.held(by: loud) < 10 {
                key += 1
                simulation.submit(
                    SimulatedRequest(key: key, tenant: loud, weight: 4, priority: .critical, prompt: 150, answer: 30))
            }
            if low.isEmpty || simulation.now > .seconds(low.count * 20) {
                key += 1
                low.append(key)
                simulation.submit(
                    SimulatedRequest(key: key, tenant: quiet, priority: .low, prompt: 100, answer: 20))
            }
            simulation.turn()
        }
        for request in low.dropLast(5) {
            guard let record = simulation.records[request], let started = record.started else {
                Issue.record("\(request) starved")
                continue
            }
            let top = record.arrived + toTheTop
            let work = simulation.records.values.filter { other in
                other.request.tenant == loud && (other.started ?? .zero) > top && (other.started ?? .zero) < started
            }.reduce(0) { $0 + $1.request.work }
            // The bound of start-time fair queueing: four times the quiet one's largest, its own largest, for each slot a
            // correction, and the requests of the quiet one that aged before.
            #expect(work <= 4 * 120 + 180 + 4 * 180)
        }
    }

    @Test func `whoever is late is told, and nobody is started late`() {
        var simulation = EngineSimulation(slots: 2, batch: 256, capacity: 200, seed: 5)
        for key in 1...120 as ClosedRange<UInt64> {
            simulation.submit(
                SimulatedRequest(
                    key: key, prompt: 100, answer: 20,
                    deadline: .seconds(Int.random(in: 2...60, using: &simulation.random))))
        }
        while !simulation.isIdle { simulation.turn() }
        let records = simulation.records.values
        #expect(records.allSatisfy { $0.isExpired != ($0.finished != nil) })
        #expect(records.contains { $0.isExpired } && records.contains { !$0.isExpired })
        for record in records {
            guard let started = record.started, let deadline = record.request.deadline else { continue }
            #expect(started <= deadline)
        }
    }

    @Test(arguments: [10, 11, 12] as [UInt64])
    func `urgent bursts park sequences a bounded number of times, and all come back`(seed: UInt64) {
        var simulation = EngineSimulation(slots: 6, batch: 256, capacity: 400, seed: seed)
        var key: UInt64 = 0
        while simulation.now < .seconds(120) {
            if Double.random(in: 0..<1, using: &simulation.random) < 0.08 {
                for _ in 0..<Int.random(in: 1...5, using: &simulation.random) {
                    key += 1
                    simulation.submit(
                        SimulatedRequest(
                            key: key, priority: Priority.allCases[Int.random(in: 0..<4, using: &simulation.random)],
                            prompt: Int.random(in: 5...300, using: &simulation.random),
                            answer: Int.random(in: 2...80, using: &simulation.random)))
                }
            }
            simulation.turn()
        }
        while !simulation.isIdle { simulation.turn() }
        let records = simulation.records.values
        #expect(records.allSatisfy { $0.finished != nil })
        let parkings = records.map(\.parkings)
        #expect(parkings.reduce(0, +) > 10)
        #expect(parkings.max() ?? 0 <= PreemptionPolicy.parkingsMax)
        #expect(records.allSatisfy { $0.parkings == 0 || $0.request.priority < .critical })
        for record in records {
            let most = record.request.work / PreemptionPolicy.tokensBetweenParkings
            #expect(record.parkings <= most)
        }
    }
}
