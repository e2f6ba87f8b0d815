import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// Random operations, the same on the queue and on its naive twin.
@Suite struct FairQueuePropertyTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `random operations give what the naive queue gives`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let capacity = [1, 3, 16, 60][Int(seed % 4)]
        let options = QueueOptions(capacity: capacity, ageingStep: .seconds(20))
        var conversation = Conversation(options: options, seed: seed)
        for step in 1...700 {
            conversation.now += .milliseconds(Int.random(in: 0..<1000, using: &random))
            switch Int.random(in: 0..<100, using: &random) {
            case ..<48: conversation.push(key: UInt64(step), using: &random)
            case ..<75: conversation.pop(using: &random)
            case ..<82: conversation.remove(using: &random)
            case ..<92: conversation.settle(using: &random)
            default: conversation.expire()
            }
            if step % 10 == 0 { conversation.comparePositions() }
        }
        conversation.drain()
    }

    private struct Conversation {
        var now = Duration.zero
        var queue: FairQueue<UInt64>
        var naive: NaiveQueue
        var started: [(charge: QueueCharge, request: NaiveQueue.Request)] = []
        var accepted = Set<UInt64>()
        var gone = Set<UInt64>()
        let seed: UInt64

        init(options: QueueOptions, seed: UInt64) {
            queue = FairQueue(options)
            naive = NaiveQueue(options)
            self.seed = seed
        }

        mutating func push(key: UInt64, using random: inout SeededRandom) {
            let tenant = Int.random(in: 0..<5, using: &random)
            // Weights are powers of two, so that clocks are exact whatever the order of additions.
            let terms = QueueTerms(
                key: key, tenant: TenantID("t\(tenant)"), weight: [1, 2, 4, 0.5, 1][tenant],
                priority: Priority.allCases[Int.random(in: 0..<4, using: &random)],
                cost: Int.random(in: 1..<3000, using: &random),
                deadline: Bool.random(using: &random) ? now + .seconds(Int.random(in: 1..<60, using: &random)) : nil,
                timeNeeded: .milliseconds(Int.random(in: 0..<900, using: &random)))
            let result = queue.push(key, terms, now: now)
            let isQueued = naive.push(terms, now: now)
            switch result {
            case .queued(let position):
                accepted.insert(key)
                #expect(isQueued)
                #expect(position == naive.order().firstIndex(of: key), "seed \(seed)")
            case .full(let retryAfter):
                #expect(!isQueued, "seed \(seed)")
                #expect(retryAfter >= .seconds(1) && retryAfter <= .seconds(60))
            case .late: Issue.record("nobody was late at the door")
            }
            #expect(queue.count <= queue.options.capacity + queue.options.reserve)
        }

        mutating func pop(using random: inout SeededRandom) {
            let blocked = UInt64.random(in: 0..<4, using: &random)
            let canStart = { (key: UInt64) in key % 4 != blocked }
            let peeked = queue.peek(now: now, where: canStart)
            let entry = queue.pop(now: now, where: canStart)
            let request = naive.pop(now: now, where: canStart)
            #expect(peeked?.terms == entry?.terms)
            #expect(entry?.terms == request?.terms, "seed \(seed)")
            #expect(entry?.level == request?.level)
            guard let entry, let request else { return }
            left(entry.item)
            started.append((entry.charge, request))
        }

        mutating func remove(using random: inout SeededRandom) {
            guard let key = queue.keys.sorted().randomElement(using: &random) else { return }
            #expect(queue.remove(key) == key)
            #expect(queue.remove(key) == nil)
            naive.remove(key)
            left(key)
        }

        mutating func settle(using random: inout SeededRandom) {
            guard let index = started.indices.randomElement(using: &random) else { return }
            let (charge, request) = started.remove(at: index)
            let actual = Int.random(in: 0..<4000, using: &random)
            queue.settle(charge, actual: actual)
            naive.settle(request, actual: actual)
        }

        mutating func expire() {
            let late = queue.expired(now: now)
            #expect(late.map(\.item) == naive.expired(now: now), "seed \(seed)")
            for entry in late { left(entry.item) }
            #expect(queue.nextExpiry.map { $0 >= now } ?? true)
        }

        func comparePositions() {
            let order = naive.order()
            #expect(queue.order(limit: .max) == order, "seed \(seed)")
            #expect(queue.order(limit: 3) == Array(order.prefix(3)))
        }

        /// Whoever was accepted leaves once.
        mutating func left(_ key: UInt64) {
            #expect(accepted.contains(key))
            #expect(gone.insert(key).inserted, "\(key) left twice, seed \(seed)")
        }

        mutating func drain() {
            while let entry = queue.pop(now: now) { left(entry.item) }
            #expect(gone == accepted)
            #expect(queue.isEmpty && queue.nextExpiry == nil)
        }
    }
}
