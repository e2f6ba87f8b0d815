import Testing
import Vocabulary

@testable import Inference

/// Requests whose work is taken part by part.
@Suite struct QueuePartsTests {
    private func queue(capacity: Int = 10) -> FairQueue<UInt64> {
        FairQueue(QueueOptions(capacity: capacity, ageingStep: .seconds(10)))
    }

    private func push(
        _ key: UInt64, tenant: String = "a", priority: Priority = .normal, cost: Int, deadline: Duration? = nil,
        in queue: inout FairQueue<UInt64>, now: Duration = .zero
    ) {
        let terms = QueueTerms(
            key: key, tenant: TenantID(tenant), priority: priority, cost: cost, deadline: deadline)
        #expect(queue.push(key, terms, now: now) != .late)
    }

    /// Takes parts of one token until a time, one a second.
    private func order(_ queue: inout FairQueue<UInt64>, parts: [UInt64: Int], count: Int, from: Int = 0) -> [UInt64] {
        var left = parts
        var order: [UInt64] = []
        for second in from..<from + count {
            guard let next = queue.peek(now: .seconds(second)) else { break }
            left[next.item, default: 0] -= 1
            _ = queue.takePart(
                next.item, WorkPart(work: 1, left: left[next.item] ?? 0), now: .seconds(second))
            order.append(next.item)
        }
        return order
    }

    @Test func `requests of one tenant take turns, tenants get equal shares`() {
        var queue = queue()
        push(1, cost: 4, in: &queue)
        push(2, cost: 2, in: &queue)
        push(3, tenant: "b", cost: 3, in: &queue)
        let order = order(&queue, parts: [1: 4, 2: 2, 3: 3], count: 9)
        #expect(order == [1, 3, 2, 3, 1, 3, 2, 1, 1])
        #expect(queue.isEmpty)
    }

    @Test func `a request keeps its place until its last part, and its deadline`() {
        var queue = queue(capacity: 1)
        push(1, cost: 3, deadline: .seconds(5), in: &queue)
        _ = queue.takePart(1, WorkPart(work: 1, left: 2), now: .seconds(1))
        let terms = QueueTerms(key: 2, tenant: TenantID("a"), cost: 1)
        guard case .full = queue.push(2, terms, now: .seconds(1)) else {
            Issue.record("there was a place")
            return
        }
        #expect(queue.expired(now: .seconds(4)).isEmpty)
        #expect(queue.expired(now: .seconds(6)).map(\.item) == [1])
        push(2, cost: 1, in: &queue, now: .seconds(6))
        let taken = queue.takePart(2, WorkPart(work: 1, left: 0), now: .seconds(6))
        #expect(taken?.item == 2 && queue.isEmpty)
        #expect(queue.takePart(2, WorkPart(work: 1, left: 0), now: .seconds(6)) == nil)
    }

    @Test func `who is served does not age, and who waits does`() {
        var queue = queue()
        push(1, tenant: "a", cost: 100, in: &queue)
        // Served every second for half a minute, it stays where it was.
        _ = order(&queue, parts: [1: 100], count: 30)
        push(2, tenant: "a", priority: .high, cost: 1, in: &queue, now: .seconds(30))
        #expect(queue.peek(now: .seconds(30))?.item == 2)
        _ = queue.take(2, now: .seconds(30))
        // Not served for a step of ageing, it is above its priority.
        #expect(queue.peek(now: .seconds(30))?.level == Priority.normal.rank)
        #expect(queue.peek(now: .seconds(45))?.level == Priority.high.rank)
    }
}
