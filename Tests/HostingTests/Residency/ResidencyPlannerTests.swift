import Hosting
import Testing
import Vocabulary

@Suite struct ResidencyPlannerTests {
    private let a = ModelID("a")
    private let b = ModelID("b")
    private let c = ModelID("c")

    private func planner(
        _ gib: Double, _ models: [HostedModel], _ change: (inout ResidencyPolicy) -> Void = { _ in }
    ) -> ResidencyPlanner {
        var policy = ResidencyPolicy(budget: .gib(gib))
        change(&policy)
        var planner = ResidencyPlanner(policy: policy)
        for model in models { #expect(planner.host(model, at: .zero).isEmpty) }
        return planner
    }

    /// Asks for a model, loads it, and ends the request.
    private func use(_ planner: inout ResidencyPlanner, _ id: ModelID, at now: Moment) {
        let (ticket, actions) = planner.request(id, at: now)
        if actions.contains(.load(id)) { _ = planner.loaded(id, at: now) }
        _ = planner.finish(ticket, at: now)
    }

    @Test func `a request loads its model, and goes to it when it is ready`() {
        var planner = planner(4, [.sized("a", gib: 2)])
        let (ticket, actions) = planner.request(a, at: .zero)
        #expect(actions == [.load(a)])
        #expect(planner.standing(of: a) == .loading && planner.reserved == .gib(2))
        #expect(planner.loaded(a, seconds: 3, at: .seconds(3)) == [.admit(ticket)])
        #expect(planner.runningCount(of: a) == 1)
        let second = planner.request(a, at: .seconds(4))
        #expect(second.actions == [.admit(second.ticket)])
        #expect(planner.finish(ticket, at: .seconds(5)).isEmpty && planner.finish(ticket, at: .seconds(5)).isEmpty)
        #expect(planner.runningCount(of: a) == 1)
    }

    @Test func `models share the budget as long as they fit`() {
        var planner = planner(4, [.sized("a", gib: 2), .sized("b", gib: 2), .sized("c", gib: 2)])
        use(&planner, a, at: .zero)
        use(&planner, b, at: .seconds(1))
        #expect(planner.reserved == .gib(4))
        // `a` was used longest ago; it goes first, and `c` comes when its memory is free.
        let (ticket, actions) = planner.request(c, at: .seconds(2))
        #expect(actions == [.unload(a, because: .memory)])
        #expect(planner.unloaded(a, at: .seconds(3)) == [.load(c)])
        #expect(planner.loaded(c, at: .seconds(4)) == [.admit(ticket)])
    }

    @Test func `what can never fit is refused with the numbers and what to unload`() {
        var planner = planner(4, [.sized("a", gib: 3, isPinned: true), .sized("b", gib: 2), .sized("c", gib: 5)])
        use(&planner, a, at: .zero)
        let (ticket, actions) = planner.request(b, at: .seconds(1))
        #expect(
            actions == [
                .refuse(
                    ticket, .tooLarge(needed: .gib(2), free: .gib(1), budget: .gib(4), pinned: [a]))
            ])
        #expect(planner.waitingCount() == 0)
        let large = planner.request(c, at: .seconds(1))
        #expect(
            large.actions == [
                .refuse(large.ticket, .tooLarge(needed: .gib(5), free: .gib(1), budget: .gib(4), pinned: [a]))
            ])
        let unknown = planner.request(ModelID("x"), at: .zero)
        #expect(unknown.actions == [.refuse(unknown.ticket, .unknown)])
    }

    @Test func `an idle model leaves after its time, which a request may change`() {
        var planner = planner(4, [.sized("a", gib: 1, keepAlive: .lasting(.seconds(10)))])
        use(&planner, a, at: .zero)
        #expect(planner.nextWakeUp == .seconds(10))
        #expect(planner.wake(at: .seconds(9)).isEmpty)
        #expect(planner.wake(at: .seconds(10)) == [.unload(a, because: .keepAlive)])
        #expect(planner.unloaded(a, at: .seconds(11)).isEmpty && planner.reserved == .none)

        let (ticket, _) = planner.request(a, keepAlive: .forever, at: .seconds(20))
        _ = planner.loaded(a, at: .seconds(21))
        #expect(planner.finish(ticket, at: .seconds(22)).isEmpty && planner.nextWakeUp == nil)

        let (last, _) = planner.request(a, keepAlive: .lasting(.zero), at: .seconds(9000))
        #expect(planner.finish(last, at: .seconds(9001)) == [.unload(a, because: .keepAlive)])
    }

    @Test func `a pinned model stays without work, and leaves by an order`() {
        var planner = planner(2, [.sized("a", gib: 2, isPinned: true, keepAlive: .lasting(.zero))])
        use(&planner, a, at: .zero)
        #expect(planner.wake(at: .seconds(1_000_000)).isEmpty && planner.standing(of: a) == .ready)
        #expect(planner.unload(a, at: .seconds(1_000_001)) == [.unload(a, because: .order)])
    }

    @Test func `a busy model drains before it leaves`() {
        var planner = planner(2, [.sized("a", gib: 2), .sized("b", gib: 2)]) { $0.turnMax = .seconds(5) }
        let (first, _) = planner.request(a, at: .zero)
        _ = planner.loaded(a, at: .zero)
        let (other, nothing) = planner.request(b, at: .seconds(1))
        #expect(nothing.isEmpty && planner.nextWakeUp == .seconds(6))
        // Its turn is not over: it goes on taking requests.
        let (second, admitted) = planner.request(a, at: .seconds(2))
        #expect(admitted == [.admit(second)])
        #expect(planner.wake(at: .seconds(6)) == [.drain(a, because: .memory)])
        let (late, waits) = planner.request(a, at: .seconds(7))
        #expect(waits.isEmpty)
        #expect(planner.finish(first, at: .seconds(8)).isEmpty)
        #expect(planner.finish(second, at: .seconds(9)) == [.unload(a, because: .memory)])
        #expect(planner.unloaded(a, at: .seconds(10)) == [.load(b)])
        #expect(planner.loaded(b, at: .seconds(11)) == [.admit(other)])
        #expect(planner.finish(other, at: .seconds(12)) == [.unload(b, because: .memory)])
        #expect(planner.unloaded(b, at: .seconds(13)) == [.load(a)])
        #expect(planner.loaded(a, at: .seconds(14)) == [.admit(late)])
    }

    @Test func `a drained model takes requests again when nobody needs its memory any more`() {
        var planner = planner(2, [.sized("a", gib: 2), .sized("b", gib: 2)]) { $0.turnMax = .seconds(5) }
        let (first, _) = planner.request(a, at: .zero)
        _ = planner.loaded(a, at: .zero)
        let (other, _) = planner.request(b, at: .seconds(1))
        #expect(planner.wake(at: .seconds(6)) == [.drain(a, because: .memory)])
        _ = planner.finish(other, at: .seconds(7))
        #expect(planner.standing(of: a) == .ready)
        let (next, actions) = planner.request(a, at: .seconds(8))
        #expect(actions == [.admit(next)])
        _ = planner.finish(first, at: .seconds(9))
    }

    @Test func `a turn ends by requests, too`() {
        var planner = planner(2, [.sized("a", gib: 2), .sized("b", gib: 2)]) { $0.turnRequestsMax = 2 }
        let (first, _) = planner.request(a, at: .zero)
        _ = planner.loaded(a, at: .zero)
        _ = planner.request(b, at: .zero)
        _ = planner.request(a, at: .zero)
        let (third, actions) = planner.request(a, at: .zero)
        #expect(actions == [.admit(third), .drain(a, because: .memory)])
        _ = planner.request(a, at: .zero)
        #expect(planner.waitingCount(for: a) == 1)
        #expect(planner.finish(first, at: .seconds(1)).isEmpty && planner.finish(third, at: .seconds(1)).isEmpty)
        #expect(planner.standing(of: a) == .draining)
    }

    @Test func `the less urgent leaves first, and does not drive out the more urgent before it has waited`() {
        var planner = planner(
            4, [.sized("a", gib: 2, priority: .high), .sized("b", gib: 2, priority: .low), .sized("c", gib: 2)])
        use(&planner, a, at: .zero)
        use(&planner, b, at: .seconds(10))
        let (ticket, actions) = planner.request(c, at: .seconds(20))
        #expect(actions == [.unload(b, because: .memory)])
        _ = planner.unloaded(b, at: .seconds(20))
        _ = planner.loaded(c, at: .seconds(20))
        let (low, waits) = planner.request(b, priority: .low, at: .seconds(21))
        #expect(waits.isEmpty)
        _ = planner.finish(ticket, at: .seconds(22))
        // `c` is idle, but more urgent, until the request has waited for one step.
        #expect(planner.standing(of: c) == .ready && planner.nextWakeUp == .seconds(41))
        #expect(planner.wake(at: .seconds(41)) == [.unload(c, because: .memory)])
        _ = planner.unloaded(c, at: .seconds(42))
        #expect(planner.loaded(b, at: .seconds(43)) == [.admit(low)])
        #expect(planner.standing(of: a) == .ready)
    }

    @Test func `who is dear to load and often used stays`() {
        var planner = planner(
            4, [.sized("a", gib: 2, loadSeconds: 60), .sized("b", gib: 2, loadSeconds: 1), .sized("c", gib: 2)])
        for second in 0..<5 { use(&planner, a, at: .seconds(second)) }
        use(&planner, b, at: .seconds(30))
        let (_, actions) = planner.request(c, at: .seconds(60))
        #expect(actions == [.unload(b, because: .memory)])
    }

    @Test func `no more leave than have to`() {
        var planner = planner(
            8, [.sized("a", gib: 1), .sized("b", gib: 6), .sized("c", gib: 5), .sized("d", gib: 1)])
        use(&planner, a, at: .zero)
        use(&planner, b, at: .seconds(1))
        use(&planner, ModelID("d"), at: .seconds(2))
        // In the order of worth `a` would come first, but `b` alone is enough.
        let (_, actions) = planner.request(c, at: .seconds(10))
        #expect(actions == [.unload(b, because: .memory)])
    }

    @Test func `a small model does not take what a large one waits for`() {
        var planner = planner(4, [.sized("a", gib: 2), .sized("b", gib: 4), .sized("c", gib: 1)])
        let (first, _) = planner.request(a, at: .zero)
        _ = planner.loaded(a, at: .zero)
        _ = planner.request(b, at: .seconds(1))
        let (_, small) = planner.request(c, at: .seconds(2))
        #expect(small.isEmpty)
        #expect(planner.finish(first, at: .seconds(3)) == [.unload(a, because: .memory)])
        #expect(planner.unloaded(a, at: .seconds(4)) == [.load(b)])
    }

    @Test func `groups have budgets of their own`() {
        var planner = planner(
            8,
            [
                .sized("a", gib: 2, group: "team"), .sized("b", gib: 2, group: "team"),
                .sized("c", gib: 5, group: "team"),
                .sized("d", gib: 2),
            ]
        ) { $0.groupBudgets["team"] = .gib(3) }
        use(&planner, a, at: .zero)
        use(&planner, ModelID("d"), at: .zero)
        // There is room, but not in the team's budget: its own model leaves.
        let (_, actions) = planner.request(b, at: .seconds(5))
        #expect(actions == [.unload(a, because: .memory)])
        let large = planner.request(c, at: .seconds(6))
        #expect(
            large.actions.contains(
                .refuse(large.ticket, .groupTooSmall(group: "team", needed: .gib(5), budget: .gib(3), pinned: []))))
    }

    @Test func `devices are pools of their own`() {
        var policy = ResidencyPolicy(budget: Footprint(host: 100, devices: ["CUDA0": 100]))
        policy.holdFactor = 0
        var planner = ResidencyPlanner(policy: policy)
        func model(_ name: String, _ host: UInt64, _ device: UInt64) -> HostedModel {
            HostedModel(id: ModelID(name), footprint: Footprint(host: host, devices: ["CUDA0": device]))
        }
        _ = planner.host(model("a", 10, 80), at: .zero)
        _ = planner.host(model("b", 10, 80), at: .zero)
        _ = planner.host(model("c", 90, 0), at: .zero)
        use(&planner, a, at: .zero)
        use(&planner, c, at: .zero)
        let (_, actions) = planner.request(b, at: .seconds(1))
        // It needs the device of `a` and 10 of the host's bytes, which `a` gives back too.
        #expect(actions == [.unload(a, because: .memory)])
        let nowhere = HostedModel(id: ModelID("x"), footprint: Footprint(host: 1, devices: ["CUDA9": 1]))
        _ = planner.host(nowhere, at: .seconds(1))
        let refused = planner.request(ModelID("x"), at: .seconds(1))
        #expect(refused.actions.count == 1 && planner.waitingCount(for: ModelID("x")) == 0)
    }

    @Test func `more than planned is believed, and an idle model leaves for it`() {
        var planner = planner(4, [.sized("a", gib: 2), .sized("b", gib: 2)])
        use(&planner, a, at: .zero)
        let (busy, _) = planner.request(b, at: .seconds(1))
        _ = planner.loaded(b, at: .seconds(1))
        #expect(planner.measured(b, .gib(2.5), at: .seconds(2)) == [.unload(a, because: .overBudget)])
        _ = planner.unloaded(a, at: .seconds(3))
        #expect(planner.reserved == .gib(2.5))
        // Less than planned is not: it may grow.
        #expect(planner.measured(b, .gib(1), at: .seconds(4)).isEmpty && planner.reserved == .gib(2))
        _ = planner.finish(busy, at: .seconds(5))
    }

    @Test func `a failed load refuses who waits, and frees the memory`() {
        var planner = planner(2, [.sized("a", gib: 2), .sized("b", gib: 2)])
        let (ticket, _) = planner.request(a, at: .zero)
        let (other, _) = planner.request(b, at: .zero)
        let actions = planner.failed(a, at: .seconds(1))
        #expect(actions == [.refuse(ticket, .loadFailed), .load(b)])
        #expect(planner.loaded(b, at: .seconds(2)) == [.admit(other)])
    }

    @Test func `as many wait as may, and none longer than allowed`() {
        var planner = planner(2, [.sized("a", gib: 2)]) {
            $0.waitersMax = 2
            $0.waitMax = .seconds(30)
        }
        let (first, _) = planner.request(a, at: .zero)
        _ = planner.request(a, at: .zero)
        let (third, actions) = planner.request(a, at: .zero)
        #expect(actions == [.refuse(third, .tooManyWaiting(max: 2))])
        #expect(planner.nextWakeUp == .seconds(30))
        #expect(planner.wake(at: .seconds(30)).contains(.refuse(first, .waitedTooLong(.seconds(30)))))
        #expect(planner.waitingCount() == 0)
    }

    @Test func `removing a model refuses who waits and ends its worker`() {
        var planner = planner(2, [.sized("a", gib: 2)])
        let (ticket, _) = planner.request(a, at: .zero)
        #expect(planner.remove(a, at: .zero) == [.refuse(ticket, .unknown)])
        #expect(planner.loaded(a, at: .seconds(1)) == [.unload(a, because: .order)])
        #expect(planner.unloaded(a, at: .seconds(2)).isEmpty && planner.standing(of: a) == nil)
    }

    @Test func `a wish loads where there is room, and never drives out who is worth more or busy`() {
        var planner = planner(4, [.sized("a", gib: 2, loadSeconds: 30), .sized("b", gib: 2), .sized("c", gib: 4)])
        #expect(planner.preload(a, at: .zero) == [.load(a)])
        _ = planner.loaded(a, at: .zero)
        use(&planner, a, at: .seconds(1))
        #expect(planner.preload(b, at: .seconds(2)) == [.load(b)])
        let (busy, _) = planner.request(b, at: .seconds(3))
        #expect(planner.preload(c, at: .seconds(4)).isEmpty)
        #expect(planner.standing(of: b) == .loading || planner.runningCount(of: b) == 1)
        _ = planner.loaded(b, at: .seconds(5))
        _ = planner.finish(busy, at: .seconds(6))
        #expect(planner.standing(of: a) == .ready && planner.standing(of: c) == .absent)
    }

    @Test func `the plan tells who would leave next and why`() throws {
        var planner = planner(
            8, [.sized("a", gib: 2), .sized("b", gib: 2, isPinned: true), .sized("c", gib: 2)])
        for (second, id) in [a, b, c].enumerated() { use(&planner, id, at: .seconds(second)) }
        _ = planner.measured(a, .gib(1), at: .seconds(3))
        let plan = planner.plan(at: .seconds(10))
        #expect(plan.lines.map(\.id) == [a, b, c] && plan.free == .gib(2) && plan.reserved == .gib(6))
        #expect(plan.lines.map(\.leavesAs) == [1, nil, 2])
        let first = try #require(plan.lines.first)
        #expect(first.measured == .gib(1) && first.predicted == .gib(2) && first.idleFor == .seconds(10))
        #expect(first.leavesIn == .seconds(290) && plan.lines[1].leavesIn == nil)
    }
}
