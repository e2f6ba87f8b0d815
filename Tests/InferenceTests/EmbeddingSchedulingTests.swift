import Synchronization
import Testing
import Vocabulary

@testable import Inference

private final class Refusals: Sendable {
    private let errors = Mutex<[ServiceError]>([])
    var all: [ServiceError] { errors.withLock(\.self) }
    func note(_ error: ServiceError) { errors.withLock { $0.append(error) } }
}

/// Who is computed when, while several wait: the same queue as for answers of text.
@Suite(.timeLimit(.minutes(1))) struct EmbeddingSchedulingTests {
    private let kit = EmbeddingKit()

    @Test func `a full queue refuses with a time to wait, and has room again`() async throws {
        let engine = try await kit.engine(waiting: 2)
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.text("a")])) }
        try await kit.until("the first was taken") { kit.record.begun.load(ordering: .relaxed) == 1 }
        let refusals = Refusals()
        var others: [Task<Void, any Error>] = []
        for _ in 0..<7 {
            let request = try kit.request([.text("b")])
            let other = Task {
                do {
                    _ = try await engine.embed(request)
                } catch let error as ServiceError {
                    refusals.note(error)
                }
            }
            others.append(other)
        }
        // Two have places, or one while the first has not left the queue.
        try await kit.until("the others were refused") { refusals.all.count >= 5 }
        kit.record.gate.open()
        _ = try await first.value
        for other in others { try await other.value }
        for error in refusals.all {
            #expect(error.code == .overloaded && (error.retryAfter ?? .zero) >= .seconds(1))
        }
        #expect((5...6).contains(refusals.all.count))
        #expect(try await engine.embed(kit.request([.text("c")])).entries.count == 1)
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
    }

    @Test func `a request of a thousand texts does not hold up one text`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.tokens([20])])) }
        try await kit.until("the first was taken") { kit.record.begun.load(ordering: .relaxed) == 1 }
        let many = Task {
            try await engine.embed(kit.request([EmbeddingInput](repeating: .tokens([30, 30]), count: 1_000)))
        }
        try await kit.until("it came") { engine.waiting == 1 }
        let one = Task { try await engine.embed(kit.request([.tokens([40])])) }
        try await kit.until("it came") { engine.waiting == 2 }
        kit.record.gate.open()
        _ = try await one.value
        _ = try await many.value
        _ = try await first.value
        await engine.stop()
        let before = kit.record.batches.prefix { !$0.contains([40]) }
        // The first, what was being computed, and at most two more.
        #expect(before.count <= 4, "\(before.count) batches came first")
    }

    @Test func `tenants share, and the urgent go first`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.tokens([20])])) }
        try await kit.until("the first was taken") { kit.record.begun.load(ordering: .relaxed) == 1 }
        // Each sequence is as long as half a batch.
        func texts(_ token: Int32, _ count: Int) -> [EmbeddingInput] {
            [EmbeddingInput](repeating: .tokens([Int32](repeating: token, count: 25)), count: count)
        }
        var tasks: [Task<EmbeddingResult, any Error>] = [first]
        for (index, asked) in [
            try kit.request(texts(30, 6), tenant: "a"), try kit.request(texts(31, 6), tenant: "a"),
            try kit.request(texts(40, 6), tenant: "b"), try kit.request(texts(50, 2), tenant: "a", priority: .high),
        ].enumerated() {
            tasks.append(Task { try await engine.embed(asked) })
            try await kit.until("it came") { engine.waiting == index + 1 }
        }
        kit.record.gate.open()
        for task in tasks { _ = try await task.value }
        await engine.stop()
        let order = kit.record.batches.flatMap(\.self).map { $0[0] }.filter { $0 != 20 }
        // At most one batch of what came first may have been chosen before the urgent one was there.
        let urgent = try #require(order.firstIndex(of: 50))
        #expect(urgent <= 2, "\(order)")
        // Where both tenants have work, each gets half of it.
        let shared = order.filter { $0 != 50 }.prefix(10)
        #expect((4...6).contains(shared.count { $0 == 40 }), "\(order)")
    }
}
