import Hosting
import Synchronization
import Telemetry
import Testing
import Vocabulary

@testable import Platform

@Suite struct ResidencyDeskTests {
    private let a = ModelID("a")
    private let b = ModelID("b")

    /// A desk with models of one GiB each.
    private func desk(_ gib: UInt64, _ models: [ModelID], pinned: Set<ModelID> = []) -> (ResidencyDesk, Loads) {
        let desk = ResidencyDesk(
            policy: ResidencyPolicy(budget: Footprint(host: gib << 30)), metrics: MetricsRegistry(),
            logger: Logger(label: "test", levelMin: .critical, sink: .none))
        let loads = Loads()
        desk.attach(loads)
        for id in models {
            desk.host(
                HostedModel(
                    id: id, footprint: Footprint(host: 1 << 30), isPinned: pinned.contains(id), keepAlive: .forever))
        }
        return (desk, loads)
    }

    @Test func `the first request loads, and those that come meanwhile wait with it`() async throws {
        let (desk, loads) = desk(4, [a])
        let tickets = try await withThrowingTaskGroup(of: ResidencyDesk.Ticket.self) { group in
            for _ in 0..<5 { group.addTask { try await desk.enter(a, priority: .normal) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(loads.done == ["load a"] && tickets.count == 5 && desk.standing(of: a) == .ready)
        for ticket in tickets { desk.leave(ticket) }
        desk.leave(try await desk.enter(a, priority: .normal))
        #expect(loads.done == ["load a"])
        await desk.close()
    }

    @Test func `a failure is told to those who wait, with its cause, and the next one tries anew`() async throws {
        let (desk, loads) = desk(4, [a])
        loads.fail(a, ServiceError(.modelUnavailable, "The file is torn."))
        let error = try await #require(throws: ServiceError.self) { _ = try await desk.enter(a, priority: .normal) }
        #expect(error.message == "The file is torn." && desk.standing(of: a) == .absent)
        loads.fail(a, nil)
        desk.leave(try await desk.enter(a, priority: .normal))
        #expect(loads.done == ["load a", "load a"])
        await desk.close()
    }

    @Test func `one leaves for another when its request has ended, and that is told`() async throws {
        let (desk, loads) = desk(1, [a, b])
        let first = try await desk.enter(a, priority: .normal)
        let stages = Mutex<[LoadingStage]>([])
        let second = Task {
            try await desk.enter(b, priority: .critical) { stage in stages.withLock { $0.append(stage) } }
        }
        while desk.plan.waitingCount == 0 { await Task.yield() }
        #expect(loads.done == ["load a"])
        desk.leave(first)
        desk.leave(try await second.value)
        #expect(loads.done == ["load a", "unload a", "load b"])
        #expect(stages.withLock { $0 }.contains(.evicting("a")) && stages.withLock { $0 }.last == .ready)
        #expect(desk.reserved == Footprint(host: 1 << 30))
        await desk.close()
    }

    @Test func `who gives up waits no longer`() async throws {
        let (desk, _) = desk(1, [a, b], pinned: [])
        let first = try await desk.enter(a, priority: .normal)
        let second = Task { try await desk.enter(b, priority: .normal) }
        while desk.plan.waitingCount == 0 { await Task.yield() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(desk.plan.waitingCount == 0)
        desk.leave(first)
        await desk.close()
    }

    @Test func `what cannot fit is refused with its numbers and who would have to go`() async throws {
        let (desk, loads) = desk(1, [a, b], pinned: [a])
        let first = try await desk.enter(a, priority: .normal)
        let error = try await #require(throws: ServiceError.self) { _ = try await desk.enter(b, priority: .normal) }
        #expect(error.code == .insufficientMemory && error.message.contains("1.0 GiB"))
        #expect(error.hint?.contains("'a', which is pinned") == true)
        #expect(loads.done == ["load a"])
        #expect(!desk.reserve(1, beside: a, held: 1 << 30))
        desk.leave(first)
        await desk.close()
    }

    @Test func `at the end nobody is left waiting`() async throws {
        let (desk, _) = desk(1, [a, b], pinned: [])
        let first = try await desk.enter(a, priority: .normal)
        let second = Task { try await desk.enter(b, priority: .normal) }
        while desk.plan.waitingCount == 0 { await Task.yield() }
        await desk.close()
        let error = try await #require(throws: ServiceError.self) { _ = try await second.value }
        #expect(error.code == .shuttingDown)
        desk.leave(first)
    }
}

/// Loads that take no time, in the order in which they were ordered.
private final class Loads: LoadCarrying {
    private let state = Mutex((done: [String](), failures: [ModelID: ServiceError]()))

    var done: [String] { state.withLock { $0.done } }
    func fail(_ id: ModelID, _ error: ServiceError?) { state.withLock { $0.failures[id] = error } }

    func load(_ id: ModelID) async throws {
        let failure = state.withLock { state in
            state.done.append("load \(id.name)")
            return state.failures[id]
        }
        if let failure { throw failure }
    }

    func unload(_ id: ModelID, because departure: Departure) async {
        state.withLock { $0.done.append("unload \(id.name)") }
    }
}
