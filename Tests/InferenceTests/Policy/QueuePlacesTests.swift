import Testing
import Vocabulary

@testable import Inference

/// The bound of the queue, what a full one answers, and positions.
@Suite struct QueuePlacesTests {
    private let first = TenantID("first")
    private let second = TenantID("second")

    private func terms(_ key: UInt64, _ tenant: TenantID = .none, _ priority: Priority = .normal) -> QueueTerms {
        QueueTerms(key: key, tenant: tenant, priority: priority, cost: 100)
    }

    private func isQueued(_ result: FairQueue<Int>.PushResult) -> Bool {
        if case .queued = result { true } else { false }
    }

    @Test func `a tenant alone may fill the queue and not more`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 4))
        for key in 1...4 as ClosedRange<UInt64> { #expect(isQueued(queue.push(0, terms(key), now: .zero))) }
        #expect(queue.push(0, terms(5), now: .zero) == .full(retryAfter: .seconds(1)))
        #expect(queue.count == 4)
    }

    @Test func `who fills the queue shuts nobody else out`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 64))
        for key in 1...64 as ClosedRange<UInt64> { _ = queue.push(0, terms(key, first), now: .zero) }
        // The reserve lasts for several newcomers.
        for newcomer in 1...4 as ClosedRange<UInt64> {
            let tenant = TenantID("newcomer \(newcomer)")
            #expect(isQueued(queue.push(0, terms(100 + newcomer, tenant), now: .zero)))
        }
        #expect(!isQueued(queue.push(0, terms(65, first), now: .zero)))
        for key in 200..<300 as Range<UInt64> { _ = queue.push(0, terms(key, second), now: .zero) }
        #expect(queue.count <= 64 + 8)
    }

    @Test func `places that become free go to whoever has less than its share`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 40))
        var key: UInt64 = 0
        func fill(_ tenant: TenantID) {
            while true {
                key += 1
                guard isQueued(queue.push(tenant == first ? 1 : 2, terms(key, tenant), now: .zero)) else { return }
            }
        }
        fill(first)
        #expect(queue.count == 40)
        for _ in 0..<200 {
            fill(first)
            fill(second)
            _ = queue.pop(now: .zero)
        }
        let held = queue.shares.held(by: first)
        #expect((18...22).contains(held))
        #expect((18...24).contains(queue.shares.held(by: second)))
    }

    @Test func `the time to come back follows the pace, and grows with the number of refused`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 10))
        for key in 1...10 as ClosedRange<UInt64> { _ = queue.push(0, terms(key), now: .zero) }
        for second in 1...8 {
            _ = queue.pop(now: .seconds(second * 3))
            _ = queue.push(0, terms(UInt64(10 + second)), now: .seconds(second * 3))
        }
        let now = Duration.seconds(24)
        #expect(queue.push(0, terms(50), now: now) == .full(retryAfter: .seconds(3)))
        #expect(queue.push(0, terms(51), now: now) == .full(retryAfter: .seconds(6)))
        for key in 60..<100 as Range<UInt64> { _ = queue.push(0, terms(key), now: now) }
        #expect(queue.push(0, terms(100), now: now) == .full(retryAfter: .seconds(60)))
        #expect(queue.expectedWait(position: 1, now: now) == .seconds(6))
        // An engine that has stopped starting anything is not fast because it was.
        #expect(queue.expectedWait(position: 0, now: .seconds(124)) == .seconds(100))
    }

    @Test func `a position falls with each start and rises only when a higher priority arrives`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 100))
        for key in 1...20 as ClosedRange<UInt64> { _ = queue.push(0, terms(key), now: .zero) }
        var reports = PositionReports()
        reports.watch(20, position: 19)
        #expect(reports.changes(in: queue).isEmpty)
        for expected in (10..<19).reversed() {
            _ = queue.pop(now: .zero)
            #expect(reports.changes(in: queue).map(\.position) == [expected])
            // Arrivals of the same or a lower priority change nothing.
            _ = queue.push(0, terms(UInt64(100 + expected)), now: .zero)
            _ = queue.push(0, terms(UInt64(200 + expected), .none, .low), now: .zero)
            #expect(reports.changes(in: queue).isEmpty)
        }
        _ = queue.push(0, terms(500, .none, .high), now: .zero)
        #expect(reports.changes(in: queue).map(\.position) == [11])
        _ = queue.remove(15)
        #expect(reports.changes(in: queue).map(\.position) == [10])
        _ = queue.take(20, now: .zero)
        #expect(reports.changes(in: queue).isEmpty)
        reports.forget(20)
        #expect(reports.isEmpty)
    }

    @Test func `an urgent newcomer of the same level stands behind those who had less`() {
        var queue = FairQueue<Int>(QueueOptions(capacity: 100))
        for key in 1...6 as ClosedRange<UInt64> { _ = queue.push(0, terms(key, first), now: .zero) }
        _ = queue.push(0, terms(10, second), now: .zero)
        #expect(queue.order(limit: 3) == [1, 10, 2])
    }

    @Test func `nonsense in terms is brought into range`() {
        #expect(QueueTerms(key: 1, weight: .nan, cost: 0) == QueueTerms(key: 1, weight: 1, cost: 1))
        #expect(QueueTerms(key: 1, weight: -1, cost: 1).weight == 0.001)
        #expect(QueueTerms(key: 1, weight: .infinity, cost: 1).weight == 1000)
        #expect(QueueTerms(key: 1, cost: 1, timeNeeded: .seconds(-1)).timeNeeded == .zero)
    }
}
