import Testing
import Vocabulary

@testable import Inference

@Suite struct FairQueueTests {
    private let step = QueueOptions.ageingStepDefault

    @Test func `one tenant is served in the order of arrival, higher priorities first`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        #expect(queue.push("a", QueueTerms(key: 1, cost: 10), now: .zero) == .queued(position: 0))
        #expect(queue.push("b", QueueTerms(key: 2, cost: 1), now: .zero) == .queued(position: 1))
        #expect(queue.push("c", QueueTerms(key: 3, priority: .high, cost: 1), now: .zero) == .queued(position: 0))
        #expect(queue.push("d", QueueTerms(key: 4, priority: .low, cost: 1), now: .zero) == .queued(position: 3))
        #expect(queue.order(limit: 10) == [3, 1, 2, 4])
        #expect((0..<5).map { _ in queue.pop(now: .zero)?.item } == ["c", "a", "b", "d", nil])
    }

    @Test func `tenants take turns by weight, not by how much they ask`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 100))
        for key in 1...8 as ClosedRange<UInt64> {
            _ = queue.push("a", QueueTerms(key: key, tenant: TenantID("a"), cost: 100), now: .zero)
        }
        for key in 11...14 as ClosedRange<UInt64> {
            _ = queue.push("b", QueueTerms(key: key, tenant: TenantID("b"), weight: 2, cost: 100), now: .zero)
        }
        let order = (0..<6).compactMap { _ in queue.pop(now: .zero)?.item }
        #expect(order.filter { $0 == "b" }.count == 4)
    }

    @Test func `who cannot start yet is passed over and keeps its place`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        for (key, item) in [(1, "a"), (2, "b"), (3, "c")] as [(UInt64, String)] {
            _ = queue.push(item, QueueTerms(key: key, cost: 1), now: .zero)
        }
        #expect(queue.pop(now: .zero) { $0 != "a" }?.item == "b")
        #expect(queue.pop(now: .zero) { _ in false } == nil)
        #expect(queue.pop(now: .zero)?.item == "a")
    }

    @Test func `waiting lifts a request step by step to the top`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        _ = queue.push("low", QueueTerms(key: 1, priority: .low, cost: 1), now: .zero)
        for lifts in 0...5 {
            let first = queue.peek(now: step * lifts)
            #expect(first?.level == min(lifts, 3))
        }
        _ = queue.push("critical", QueueTerms(key: 2, priority: .critical, cost: 1), now: step * 5)
        #expect(queue.pop(now: step * 5)?.item == "low")
    }

    @Test func `the most urgent is who asked for it, not who aged`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        _ = queue.push("low", QueueTerms(key: 1, priority: .low, cost: 1), now: .zero)
        _ = queue.push("normal", QueueTerms(key: 2, cost: 1), now: step * 4)
        _ = queue.push("later", QueueTerms(key: 3, cost: 1), now: step * 4)
        let first = queue.peek(now: step * 4)
        #expect(first?.item == "low")
        #expect(queue.mostUrgent()?.item == "normal")
        #expect(queue.mostUrgent { $0 == "low" }?.item == "low")
        #expect(queue.take(2, now: step * 4)?.item == "normal")
        #expect(queue.take(2, now: step * 4) == nil)
    }

    @Test func `a deadline that passed is told once, the latest first`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        _ = queue.push("b", QueueTerms(key: 1, cost: 1, deadline: .seconds(20)), now: .zero)
        _ = queue.push(
            "a", QueueTerms(key: 2, cost: 1, deadline: .seconds(25), timeNeeded: .seconds(10)), now: .zero)
        _ = queue.push("c", QueueTerms(key: 3, cost: 1), now: .zero)
        #expect(queue.nextExpiry == .seconds(15))
        #expect(queue.expired(now: .seconds(15)).isEmpty)
        #expect(queue.expired(now: .seconds(21)).map(\.item) == ["a", "b"])
        #expect(queue.expired(now: .seconds(21)).isEmpty)
        #expect(queue.pop(now: .seconds(21))?.item == "c")
    }

    @Test func `a request that is late already is refused`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        let terms = QueueTerms(key: 1, cost: 1, deadline: .seconds(5), timeNeeded: .seconds(6))
        #expect(queue.push("late", terms, now: .zero) == .late)
        #expect(queue.isEmpty)
    }

    @Test func `a request whose deadline passes while it waits is refused early where that is wanted`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 100, refusesHopeless: true))
        for key in 1...30 as ClosedRange<UInt64> { _ = queue.push(0, QueueTerms(key: key, cost: 1), now: .zero) }
        for second in 1...10 { _ = queue.pop(now: .seconds(second)) }
        let now = Duration.seconds(10)
        let hopeless = QueueTerms(key: 31, cost: 1, deadline: .seconds(20))
        #expect(queue.push(0, hopeless, now: now) == .late)
        #expect(!queue.contains(31))
        let possible = QueueTerms(key: 32, cost: 1, deadline: .seconds(60))
        #expect(queue.push(0, possible, now: now) == .queued(position: 20))
    }

    @Test func `coming back after a while is no better than having waited, but for a small credit`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 1000))
        let (busy, rare) = (TenantID("busy"), TenantID("rare"))
        _ = queue.push("rare", QueueTerms(key: 1, tenant: rare, cost: 1), now: .zero)
        _ = queue.pop(now: .zero)
        for key in 2...101 as ClosedRange<UInt64> {
            _ = queue.push("busy", QueueTerms(key: key, tenant: busy, cost: 1000), now: .zero)
        }
        for _ in 0..<50 { _ = queue.pop(now: .zero) }
        for key in 200..<300 as Range<UInt64> {
            _ = queue.push("rare", QueueTerms(key: key, tenant: rare, cost: 1000), now: .zero)
        }
        let next = (0..<20).compactMap { _ in queue.pop(now: .zero)?.item }
        // Half, the credit of one request, and rounding.
        #expect((10...12).contains(next.filter { $0 == "rare" }.count))
    }

    @Test func `an estimate that was too low is paid later, one that was too high is given back`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 1000))
        for key in 1...40 as ClosedRange<UInt64> {
            _ = queue.push("a", QueueTerms(key: key, tenant: TenantID("a"), cost: 100), now: .zero)
            _ = queue.push("b", QueueTerms(key: key + 100, tenant: TenantID("b"), cost: 100), now: .zero)
        }
        var work = ["a": 0, "b": 0]
        for _ in 0..<40 {
            guard let entry = queue.pop(now: .zero) else { break }
            let actual = entry.item == "a" ? 300 : 50
            queue.settle(entry.charge, actual: actual)
            work[entry.item, default: 0] += actual
        }
        #expect(abs(work["a", default: 0] - work["b", default: 0]) <= 300)
    }

    @Test func `a tenant that nobody remembers starts anew`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 10))
        for key in 0..<5000 as Range<UInt64> {
            let terms = QueueTerms(key: key, tenant: TenantID("tenant \(key)"), cost: 5)
            #expect(queue.push(0, terms, now: .zero) == .queued(position: 0))
            guard let entry = queue.pop(now: .zero) else { return }
            queue.settle(entry.charge, actual: 100)
        }
        #expect(queue.isEmpty)
        #expect(queue.shares.tenantCount <= TenantShares.idleTenantsMax + 1)
    }
}
