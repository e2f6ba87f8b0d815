import Synchronization
import Testing
import Vocabulary

@testable import Inference

@Suite(.timeLimit(.minutes(1))) struct EngineUrgencyTests {
    private let long = String(repeating: "abcdefghij", count: 70)

    @Test func `an urgent request parks one that goes on exactly there`() async throws {
        let kit = try await EngineKit(context: 5_000, sequences: 1)
        let stream = try await kit.start("=\(long)\n") { $0.scheduling.priority = .low }
        let low = Task { try await kit.read(stream) }
        try await kit.wait { try await kit.engine.slots()[0].writtenTokens > 50 }
        let urgent = try await kit.ask("=now\n") { $0.scheduling.priority = .critical }
        #expect(urgent.text == "now")
        let answer = try await low.value
        #expect(answer.text == long)
        #expect(answer.end?.usage.completionTokens == long.utf8.count + 1)
        let log = kit.record.log.withLock { $0 }
        #expect(log.statesSaved >= 1)
        #expect(log.statesRestored >= 1)
        try await kit.finish()
    }

    @Test func `parked without the cache it goes on as well`() async throws {
        let kit = try await EngineKit(context: 5_000, sequences: 1)
        let stream = try await kit.start("=\(long)\n") {
            $0.scheduling.priority = .low
            $0.cache.isUsed = false
        }
        let low = Task { try await kit.read(stream) }
        for _ in 0..<3 {
            try await kit.wait { try await kit.engine.slots()[0].writtenTokens > 50 }
            #expect(try await kit.ask("=now\n") { $0.scheduling.priority = .high }.text == "now")
        }
        #expect(try await low.value.text == long)
        try await kit.finish()
    }

    @Test func `the most urgent goes first, and of one priority who came first`() async throws {
        let kit = try await EngineKit(sequences: 1)
        kit.record.gate.close()
        var streams = [try await kit.start("=first\n")]
        let order: [Priority] = [.low, .normal, .high, .critical, .low, .critical]
        for (number, priority) in order.enumerated() {
            streams.append(try await kit.start("=\(priority)-\(number)\n") { $0.scheduling.priority = priority })
        }
        kit.record.gate.open()
        for stream in streams { _ = try await kit.read(stream) }
        let begun = kit.record.log.withLock(\.begun).filter { $0 != "first" }
        #expect(begun.sorted() == order.enumerated().map { "\($1)-\($0)" }.sorted())
        // One may have come while the slot was free; it has no place in the queue.
        let queued = begun.filter { $0 != "low-0" }
        #expect(queued == ["critical-3", "critical-5", "high-2", "normal-1", "low-4"])
        try await kit.finish()
    }

    @Test func `whoever waits too long is told`() async throws {
        let kit = try await EngineKit(context: 50_000, sequences: 1)
        let endless = try await kit.endless()
        let error = await #expect(throws: ServiceError.self) {
            try await kit.ask("=a\n") { $0.scheduling.deadline = .milliseconds(30) }
        }
        #expect(error?.code == .timeout)
        endless.cancel()
        try await kit.finish()
    }

    @Test func `an answer that takes too long is broken off`() async throws {
        let kit = try await EngineKit(context: 50_000, sequences: 1)
        let stream = try await kit.start("no script") { $0.scheduling.deadline = .milliseconds(50) }
        let error = await #expect(throws: ServiceError.self) { try await kit.read(stream) }
        #expect(error?.code == .timeout)
        #expect(try await kit.ask("=next\n").text == "next")
        try await kit.finish()
    }

    @Test func `a deadline that has passed is refused at once`() async throws {
        let kit = try await EngineKit(sequences: 1)
        let error = await #expect(throws: ServiceError.self) {
            try await kit.ask("=a\n") { $0.scheduling.deadline = .zero }
        }
        #expect(error?.code == .timeout)
        try await kit.finish()
    }

    @Test func `tenants who all wait are served by their weights`() async throws {
        let kit = try await EngineKit(context: 200, sequences: 2, waiting: 400)
        kit.record.gate.close()
        var streams: [any GenerationStream] = []
        for number in 0..<80 {
            for (tenant, weight) in [("light", 1.0), ("heavy", 3.0)] {
                streams.append(
                    try await kit.start("\(tenant)-\(number) =\(tenant) writes this\n", max: 30) {
                        $0.scheduling.tenant = TenantID(tenant)
                        $0.scheduling.weight = weight
                    })
            }
        }
        kit.record.gate.open()
        try await withThrowingTaskGroup { group in
            for stream in streams { group.addTask { _ = try await kit.read(stream) } }
            try await group.waitForAll()
        }
        // While both had somebody waiting.
        let begun = kit.record.log.withLock(\.begun).prefix(80)
        let heavy = begun.count { $0.hasPrefix("heavy") }
        #expect((56...64).contains(heavy), "three of four were to be of the heavy tenant, \(heavy) of 80 were")
        try await kit.finish()
    }
}
