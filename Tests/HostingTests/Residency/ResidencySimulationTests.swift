import Hosting
import TestRandomness
import Testing
import Vocabulary

@Suite struct ResidencySimulationTests {
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `random events never exceed the budget, unload what is busy or pinned, or starve anybody`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let priorities = Priority.allCases
        let models = (0..<8).map { index in
            HostedModel.sized(
                "m\(index)", gib: Double.random(in: 0.5...4, using: &random),
                priority: priorities[Int.random(in: 0..<4, using: &random)], isPinned: index == 0,
                keepAlive: .lasting(.seconds(Int.random(in: 0...120, using: &random))),
                loadSeconds: Double.random(in: 0.2...8, using: &random), group: index % 3 == 0 ? "g" : nil)
        }
        var policy = ResidencyPolicy(budget: .gib(9))
        policy.groupBudgets["g"] = .gib(9)
        policy.waitersMax = 64
        var host = SimulatedHost(policy, models)
        for _ in 0..<2_500 {
            host.run(until: host.now + .milliseconds(Int.random(in: 0...2_000, using: &random)))
            let id = models[min(Int.random(in: 0..<8, using: &random), Int.random(in: 0..<8, using: &random))].id
            switch Int.random(in: 0..<20, using: &random) {
            case 0: host.perform(host.planner.unload(id == models[0].id ? models[1].id : id, at: host.now))
            case 1: host.perform(host.planner.preload(id, at: host.now))
            case 2: if let job = host.jobs.values.min(by: { $0.ticket < $1.ticket }) { host.give(up: job.ticket) }
            default:
                host.ask(
                    id, lasting: .milliseconds(Int.random(in: 1...4_000, using: &random)),
                    priority: priorities[Int.random(in: 0..<4, using: &random)],
                    keepAlive: Int.random(in: 0..<10, using: &random) == 0 ? .lasting(.zero) : nil)
            }
        }
        host.run(until: host.now + .seconds(4_000))
        #expect(host.faults.isEmpty, "seed \(seed): \(host.faults.prefix(3))")
        #expect(host.jobs.isEmpty, "seed \(seed): \(host.jobs.count) requests never ended")
        #expect(host.refusals.allSatisfy { $0 == .tooManyWaiting(max: 64) })
        #expect(host.waits.count > 1_500)
        #expect(host.waits.max() ?? 0 < 400, "seed \(seed): somebody waited \(host.waits.max() ?? 0) s")
    }

    @Test func `the same events give the same actions`() {
        func history() -> [String] {
            var random = SeededRandom(seed: 11)
            var host = SimulatedHost(
                ResidencyPolicy(budget: .gib(4)), (0..<6).map { .sized("m\($0)", gib: 1.5) })
            for _ in 0..<400 {
                host.run(until: host.now + .milliseconds(Int.random(in: 0...900, using: &random)))
                host.ask(ModelID("m\(Int.random(in: 0..<6, using: &random))"), lasting: .milliseconds(700))
            }
            return host.log
        }
        let first = history()
        #expect(first.count > 100)
        for _ in 0..<3 { #expect(history() == first) }
    }

    /// Loads and mean wait when each of `models` in turn is asked for, and one model at a time fits.
    private func alternate(
        _ models: [String], every gap: Duration, count: Int, _ change: (inout ResidencyPolicy) -> Void = { _ in }
    ) -> (loads: Int, mean: Double, worst: Double) {
        var policy = ResidencyPolicy(budget: .gib(2))
        change(&policy)
        var host = SimulatedHost(policy, Set(models).sorted().map { .sized($0, gib: 2, loadSeconds: 4) })
        for index in 0..<count {
            host.ask(ModelID(models[index % models.count]), lasting: .milliseconds(300))
            host.run(until: host.now + gap)
        }
        host.run(until: host.now + .seconds(10_000))
        #expect(host.faults.isEmpty && host.jobs.isEmpty)
        return (host.loads, host.waits.reduce(0, +) / Double(max(1, host.waits.count)), host.waits.max() ?? 0)
    }

    /// The same in the order of arrival, as a server does that unloads the least recently used model for the head of its queue.
    private func firstComeFirstServed(
        _ models: [String], every gap: Double, count: Int
    ) -> (loads: Int, mean: Double) {
        var loaded = ""
        var loads = 0
        var (free, ended, waits) = (0.0, 0.0, 0.0)
        for index in 0..<count {
            let arrival = Double(index) * gap
            var start = max(arrival, free)
            let model = models[index % models.count]
            if model != loaded {
                start = max(start, ended) + 4.05
                loads += 1
                loaded = model
            }
            free = start
            ended = start + 0.3
            waits += start - arrival
        }
        return (loads, waits / Double(count))
    }

    @Test func `alternating requests share turns instead of swapping each time`() {
        let trace = ["a", "b", "a", "c"]
        let plain = firstComeFirstServed(trace, every: 0.5, count: 400)
        let eager = alternate(trace, every: .milliseconds(500), count: 400) {
            $0.turnMax = .zero
            $0.holdFactor = 0
        }
        let ours = alternate(trace, every: .milliseconds(500), count: 400)
        #expect(plain.loads == 400)
        #expect(ours.loads * 15 < plain.loads, "\(ours) against \(plain)")
        #expect(ours.mean * 50 < plain.mean, "\(ours) against \(plain)")
        #expect(ours.loads * 5 < eager.loads * 3, "\(ours) against \(eager)")
        #expect(ours.worst < 30)
    }

    @Test func `a caller that takes turns itself is not made to wait for nobody`() {
        // The next request comes only after the last answer: holding a model back would help nobody.
        let slow = alternate(["a", "b"], every: .seconds(20), count: 40)
        #expect(slow.loads == 40 && slow.worst < 4.2)
    }

    @Test func `a stream of requests for one model does not starve another`() {
        var policy = ResidencyPolicy(budget: .gib(2))
        policy.turnMax = .seconds(10)
        var host = SimulatedHost(policy, [.sized("a", gib: 2, loadSeconds: 3), .sized("b", gib: 2, loadSeconds: 3)])
        host.ask(ModelID("a"), lasting: .seconds(1))
        host.run(until: .seconds(5))
        let rare = host.ask(ModelID("b"), lasting: .seconds(1))
        for _ in 0..<600 {
            host.ask(ModelID("a"), lasting: .milliseconds(800))
            host.run(until: host.now + .milliseconds(100))
            if host.jobs[rare] == nil { break }
        }
        #expect(host.jobs[rare] == nil && host.now < .seconds(25), "it took until \(host.now)")
    }

    @Test func `the cost of reloading decides better than the last use alone`() {
        // Two small models that are quick to load come by turns beside a large one that is slow: under least recently used the
        // large one goes each time.
        var host = SimulatedHost(
            ResidencyPolicy(budget: .gib(8)),
            [
                .sized("large", gib: 5, keepAlive: .forever, loadSeconds: 60),
                .sized("s1", gib: 2, keepAlive: .forever, loadSeconds: 1),
                .sized("s2", gib: 2, keepAlive: .forever, loadSeconds: 1),
            ])
        for round in 0..<60 {
            if round % 10 == 0 { host.ask(ModelID("large"), lasting: .seconds(1)) }
            host.run(until: host.now + .seconds(70))
            host.ask(ModelID(round % 2 == 0 ? "s1" : "s2"), lasting: .seconds(1))
            host.run(until: host.now + .seconds(10))
        }
        #expect(host.log.filter { $0 == "load large" }.count == 1, "\(host.log.prefix(20))")
        #expect(host.faults.isEmpty)
    }
}
