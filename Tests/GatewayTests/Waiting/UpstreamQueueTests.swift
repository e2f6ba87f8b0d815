import Gateway
import Synchronization
import TestRandomness
import Testing
import Vocabulary

/// What happened, in order.
private final class Log<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])
    var all: [Entry] { entries.withLock(\.self) }
    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
}

private final class Counts: Sendable {
    private let state = Mutex((now: 0, most: 0, served: 0))
    var all: (now: Int, most: Int, served: Int) { state.withLock(\.self) }

    func began() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
            state.served += 1
        }
    }

    func ended() { state.withLock { $0.now -= 1 } }
}

private func scheduling(_ tenant: String, _ priority: Priority = .normal) -> SchedulingOptions {
    SchedulingOptions(tenant: TenantID(tenant), priority: priority)
}

@Suite(.timeLimit(.minutes(1))) struct UpstreamQueueTests {
    private func queue(_ concurrency: Int, waitingMax: Int = 256) -> UpstreamQueue {
        let start = ContinuousClock.now
        return UpstreamQueue(concurrencyMax: concurrency, waitingMax: waitingMax, now: { .now - start })
    }

    private func untilWaiting(_ count: Int, _ queue: UpstreamQueue) async {
        while queue.counts.waiting < count { await Task.yield() }
    }

    @Test func `tenants take turns, and urgent requests go first`() async throws {
        let queue = queue(1)
        let order = Log<String>()
        var held: UpstreamPlace? = try await queue.enter(scheduling("first"), cost: 1)
        #expect(held != nil)
        var tasks: [Task<Void, any Error>] = []
        let asked: [(String, String, Priority)] = [
            ("a0", "a", .normal), ("a1", "a", .normal), ("a2", "a", .normal), ("a3", "a", .normal),
            ("b0", "b", .normal), ("b1", "b", .normal), ("urgent", "a", .critical), ("idle", "b", .low),
        ]
        for (name, tenant, priority) in asked {
            tasks.append(
                Task {
                    let place = try await queue.enter(scheduling(tenant, priority), cost: 10)
                    order.add(name)
                    withExtendedLifetime(place) {}
                })
            await untilWaiting(tasks.count, queue)
        }
        held = nil
        for task in tasks { try await task.value }
        let found = order.all
        #expect(found.first == "urgent" && found.last == "idle")
        #expect(Set(found[1...4]) == ["a0", "b0", "a1", "b1"], "\(found)")
        #expect(queue.counts == (0, 0))
    }

    @Test func `tenants get shares by their weights`() async throws {
        let queue = queue(1)
        let order = Log<String>()
        var held: UpstreamPlace? = try await queue.enter(scheduling("first"), cost: 1)
        #expect(held != nil)
        var tasks: [Task<Void, any Error>] = []
        for tenant in ["light", "heavy"] {
            let terms = SchedulingOptions(tenant: TenantID(tenant), weight: tenant == "heavy" ? 3 : 1)
            for _ in 0..<12 {
                tasks.append(
                    Task {
                        let place = try await queue.enter(terms, cost: 1_000)
                        order.add(tenant)
                        withExtendedLifetime(place) {}
                    })
                await untilWaiting(tasks.count, queue)
            }
        }
        held = nil
        for task in tasks { try await task.value }
        // Of any twelve while both wait, nine are the heavy one's, one more or less.
        #expect((8...10).contains(order.all.prefix(12).count { $0 == "heavy" }), "\(order.all)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `never more at once than there are places, whoever gives up`(seed: UInt64) async throws {
        let queue = queue(4)
        let running = Counts()
        await withTaskGroup(of: Void.self) { group in
            var random = SeededRandom(seed: seed)
            for number in 0..<300 {
                let priority = Priority.allCases.randomElement(using: &random) ?? .normal
                let (givesUp, yields) = (
                    Int.random(in: 0..<3, using: &random) == 0, Int.random(in: 0..<9, using: &random)
                )
                group.addTask {
                    let task = Task {
                        let place = try await queue.enter(scheduling("t\(number % 5)", priority), cost: 5)
                        running.began()
                        for _ in 0..<yields { await Task.yield() }
                        running.ended()
                        withExtendedLifetime(place) {}
                    }
                    if givesUp {
                        for _ in 0..<yields { await Task.yield() }
                        task.cancel()
                    }
                    _ = await task.result
                }
            }
        }
        let (now, most, served) = running.all
        #expect(now == 0 && most <= 4 && most > 1)
        #expect(served >= 150)
        #expect(queue.counts == (0, 0))
        #expect(queue.hasRoom)
    }

    @Test func `positions are told as they change`() async throws {
        let queue = queue(1)
        let told = Log<Int>()
        var held: UpstreamPlace? = try await queue.enter(scheduling("a"), cost: 1)
        let second = Task { _ = try await queue.enter(scheduling("a"), cost: 1) }
        await untilWaiting(1, queue)
        let third = Task {
            _ = try await queue.enter(scheduling("a"), cost: 1) { told.add($0) }
        }
        await untilWaiting(2, queue)
        #expect(held != nil)
        held = nil
        try await second.value
        try await third.value
        #expect(told.all == [1, 0])
    }

    @Test func `a full queue and a deadline that passes are refusals`() async throws {
        let queue = queue(1, waitingMax: 1)
        var held: UpstreamPlace? = try await queue.enter(scheduling("a"), cost: 1)
        var late = scheduling("a")
        late.deadline = .milliseconds(20)
        let waiting = Task { [late] in try await queue.enter(late, cost: 1) }
        await untilWaiting(1, queue)
        let full = await #expect(throws: ServiceError.self) { try await queue.enter(scheduling("a"), cost: 1) }
        #expect(full?.code == .overloaded && full?.retryAfter != nil)
        let error = await #expect(throws: ServiceError.self) { try await waiting.value }
        #expect(error?.code == .timeout)
        #expect(held != nil)
        held = nil
        #expect(queue.hasRoom)
    }
}
