import Testing
import Vocabulary

@testable import Inference

@Suite struct FairQueueTests {
    @Test func `one tenant is served in the order of arrival, higher priorities first`() {
        var queue = FairQueue<String>(QueueOptions(capacity: 10))
        #expect(queue.push("a", QueueTerms(key: 1, cost: 10), now: .zero) == .queued(position: 0))
        #expect(queue.push("b", QueueTerms(key: 2, cost: 1), now: .zero) == .queued(position: 1))
        #expect(queue.push("c", QueueTerms(key: 3, priority: .high, cost: 1), now: .zero) == .queued(position: 0))
        #expect(queue.push("d", QueueTerms(key: 4, priority: .low, cost: 1), now: .zero) == .queued(position: 3))
        #expect(queue.order(limit: 10) == [3, 1, 2, 4])
        #expect((0..<5).map { _ in queue.pop(now: .zero)?.item } == ["c", "a", "b", "d", nil])
    }
}
