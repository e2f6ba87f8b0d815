import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// Ten thousand requests through the whole set of policies.
@Suite struct SharesSimulationTests {
    /// A tenant that always has something waiting while it is there.
    private struct Tenant {
        let id: TenantID
        let weight: Double
        let prompts: ClosedRange<Int>
        let answers: ClosedRange<Int>
        /// What the queue is told, relative to the truth.
        var estimateFactor = 1.0
        /// In finished requests of all.
        var isThere: ClosedRange<Int> = 0...Int.max
    }

    /// Keeps some requests of each tenant that is there waiting.
    private func refill(_ simulation: inout EngineSimulation, _ tenants: [Tenant], key: inout UInt64) {
        for tenant in tenants where tenant.isThere.contains(simulation.finishedCount) {
            while simulation.queue.shares.held(by: tenant.id) < 6 {
                key += 1
                var request = SimulatedRequest(
                    key: key, tenant: tenant.id, weight: tenant.weight,
                    prompt: Int.random(in: tenant.prompts, using: &simulation.random),
                    answer: Int.random(in: tenant.answers, using: &simulation.random))
                request.estimate = Int(Double(request.work) * tenant.estimateFactor)
                guard simulation.submit(request) else { break }
            }
        }
    }

    @Test(arguments: [1] as [UInt64])
    func `over 10,000 requests work is shared by weight within 5 percent`(seed: UInt64) {
        let tenants = [
            Tenant(id: TenantID("one"), weight: 1, prompts: 5...40, answers: 1...8),
            Tenant(id: TenantID("two"), weight: 2, prompts: 50...300, answers: 1...4, estimateFactor: 0.4),
            Tenant(id: TenantID("five"), weight: 5, prompts: 2...150, answers: 1...12, estimateFactor: 2.5),
        ]
        var simulation = EngineSimulation(slots: 32, batch: 1024, seed: seed)
        var key: UInt64 = 0
        while simulation.finishedCount < 10_000 {
            refill(&simulation, tenants, key: &key)
            simulation.turn()
        }
        let all = Double(simulation.work.values.reduce(0, +))
        for tenant in tenants {
            let share = Double(simulation.work[tenant.id, default: 0]) / all
            #expect(abs(share / (tenant.weight / 8) - 1) < 0.05, "\(tenant.id) got \(share)")
        }
        #expect(simulation.leftOut == 0)
    }

    @Test func `a tenant that comes and goes gets its share while it is there, and the others theirs`() {
        let tenants = [
            Tenant(id: TenantID("a"), weight: 1, prompts: 5...60, answers: 1...6),
            Tenant(id: TenantID("b"), weight: 2, prompts: 20...120, answers: 1...6),
            Tenant(id: TenantID("guest"), weight: 5, prompts: 5...200, answers: 1...6, isThere: 2000...5000),
            Tenant(id: TenantID("guest"), weight: 5, prompts: 5...200, answers: 1...6, isThere: 7000...9000),
        ]
        var simulation = EngineSimulation(slots: 32, batch: 1024, seed: 3)
        var key: UInt64 = 0
        // Borders of the times in which nothing changes; a guest's last requests still run for a while.
        for (start, end, guestWeight) in [(0, 2000, 0.0), (2100, 5000, 5), (5300, 7000, 0), (7100, 9000, 5)] {
            while simulation.finishedCount < start {
                refill(&simulation, tenants, key: &key)
                simulation.turn()
            }
            let before = simulation.work
            while simulation.finishedCount < end {
                refill(&simulation, tenants, key: &key)
                simulation.turn()
            }
            let work = simulation.work.merging(before) { $0 - $1 }
            let all = Double(work.values.reduce(0, +))
            for (tenant, weight) in [("a", 1.0), ("b", 2), ("guest", guestWeight)] {
                let share = Double(work[TenantID(tenant), default: 0]) / all
                let due = weight / (3 + guestWeight)
                #expect(abs(share - due) < 0.05 * max(due, 0.1), "\(tenant) got \(share) until \(end)")
            }
        }
    }

    @Test func `priorities show in the median wait, and everybody is served`() {
        var simulation = EngineSimulation(slots: 8, batch: 512, capacity: 100, seed: 4)
        var key: UInt64 = 0
        var waits: [Priority: [Double]] = [:]
        while key < 1500 {
            // Somewhat more than it can do, in bursts.
            if Double.random(in: 0..<1, using: &simulation.random) < 0.17 {
                for _ in 0..<4 {
                    key += 1
                    let priority = Priority.allCases[Int.random(in: 0..<4, using: &simulation.random)]
                    simulation.submit(
                        SimulatedRequest(
                            key: key, priority: priority, prompt: Int.random(in: 5...100, using: &simulation.random),
                            answer: Int.random(in: 5...20, using: &simulation.random)))
                }
            }
            simulation.turn()
        }
        while !simulation.isIdle { simulation.turn() }
        for record in simulation.records.values {
            guard let started = record.started else {
                Issue.record("\(record.request.key) was never started")
                continue
            }
            #expect(record.finished != nil)
            waits[record.request.priority, default: []].append((started - record.arrived) / .seconds(1))
        }
        let medians = Priority.allCases.map { quantile(0.5, of: waits[$0, default: []]) }
        #expect(medians == medians.sorted(by: >), "\(medians)")
        #expect(medians[0] > medians[3] * 4)
    }
}
