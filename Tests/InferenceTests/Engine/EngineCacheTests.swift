import Synchronization
import Testing
import Vocabulary

@testable import Inference

@Suite(.timeLimit(.minutes(1))) struct EngineCacheTests {
    private let common = String(repeating: "You are a helpful assistant. ", count: 7)

    @Test func `those who begin alike wait for the first one's part and compute the rest`() async throws {
        let kit = try await EngineKit(sequences: 16, batch: 64)
        kit.record.gate.close()
        var streams: [any GenerationStream] = []
        for number in 0..<16 { streams.append(try await kit.start("\(common)=answer-\(number)\n")) }
        kit.record.gate.open()
        for (number, stream) in streams.enumerated() {
            #expect(try await kit.read(stream).text == "answer-\(number)")
        }
        let computed = Int(kit.engine.heartbeat.reading.promptTokens)
        #expect(computed >= common.utf8.count)
        #expect(computed <= common.utf8.count + 16 * 12, "the common part was computed more than once")
        try await kit.finish()
    }

    @Test func `those who do not want the cache neither wait nor take nor leave`() async throws {
        let kit = try await EngineKit()
        for _ in 0..<2 {
            let answer = try await kit.ask("\(common)=a\n") { $0.cache.isUsed = false }
            #expect(answer.cached == 0)
        }
        #expect(try await kit.ask("\(common)=a\n").cached == 0)
        try await kit.finish()
    }

    @Test func `each turn of a chat finds the one before`() async throws {
        let kit = try await EngineKit(context: 2_000)
        var chat = common
        for turn in 0..<8 {
            chat += "=turn-\(turn)\n"
            let answer = try await kit.ask(chat)
            #expect(answer.text == "turn-\(turn)")
            // All but what is new: the question, and the last token of the answer before, which was never computed.
            if turn > 0 { #expect(chat.utf8.count - answer.cached <= "=turn-0\n".utf8.count + 2) }
            chat += answer.text
        }
        try await kit.finish()
    }

    @Test func `an engine without work copies what would have to make room soon`() async throws {
        let kit = try await EngineKit(context: 300, sequences: 1, cells: 300)
        _ = try await kit.ask("\(common)=a\n")
        let deadline = ContinuousClock.now + .seconds(20)
        while try await kit.engine.cache().tiers.first(where: { $0.tier == .ram })?.bytes == 0,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(2))
        }
        let saved = kit.record.log.withLock(\.statesSaved)
        #expect(saved > 0)
        _ = try await kit.ask("Something else. \(common)=b\n")
        let again = try await kit.ask("\(common)=a\n")
        #expect(again.cached > 0)
        #expect(again.end?.cache?.tier == .ram)
        try await kit.finish()
    }

    @Test func `one tenant's prompts speed up nobody else's`() async throws {
        let kit = try await EngineKit(sequences: 1)
        for round in 0..<3 {
            let own = try await kit.ask("\(common)=a\n") { $0.scheduling.tenant = TenantID("alice") }
            #expect((own.cached > 0) == (round > 0))
        }
        let other = try await kit.ask("\(common)=a\n") { $0.scheduling.tenant = TenantID("bob") }
        #expect(other.cached == 0)
        #expect(other.end?.cache?.tier == CacheReport.Tier.none)
        #expect(other.end?.cache?.firstDifference == nil)
        // What the operator leaves is for everyone.
        _ = try await kit.ask("Shared: \(common)=a\n") { $0.cache.scope = .shared }
        for tenant in ["alice", "bob"] {
            let answer = try await kit.ask("Shared: \(common)=b\n") { $0.scheduling.tenant = TenantID(tenant) }
            #expect(answer.cached >= common.utf8.count)
        }
        try await kit.finish()
    }

    @Test func `two tenants who begin alike do not wait for each other`() async throws {
        let kit = try await EngineKit(sequences: 2, batch: 8)
        kit.record.gate.close()
        let first = try await kit.start("\(common)=a\n") { $0.scheduling.tenant = TenantID("alice") }
        let second = try await kit.start("\(common)=b\n") { $0.scheduling.tenant = TenantID("bob") }
        kit.record.gate.open()
        #expect(try await kit.read(first).cached == 0)
        #expect(try await kit.read(second).cached == 0)
        #expect(kit.record.log.withLock { $0.steps.contains { $0.count == 2 } })
        try await kit.finish()
    }

    @Test func `checkpoints of a model that cannot cut serve the next turn`() async throws {
        let kit = try await EngineKit(memory: .checkpoints)
        let first = try await kit.ask("\(common)=one\n")
        #expect(first.text == "one")
        let second = try await kit.ask("\(common)=one\none=two\n")
        #expect(second.text == "two")
        #expect(second.cached >= common.utf8.count)
        #expect(second.end?.cache?.tier == .ram)
        #expect(try await kit.ask("\(common)=three\n").text == "three")
        try await kit.finish()
    }

    @Test func `progress is told, in order and up to the end`() async throws {
        let kit = try await EngineKit(sequences: 1, batch: 16)
        _ = try await kit.ask("\(common)=a\n")
        kit.record.gate.close()
        let before = try await kit.start("=before\n")
        let stream = try await kit.start("\(common)\(common.dropLast(40))=b\n") { $0.scheduling.reportsProgress = true }
        kit.record.gate.open()
        _ = try await kit.read(before)
        let answer = try await kit.read(stream)
        let progress = answer.events.compactMap { if case .promptProgress(let progress) = $0 { progress } else { nil } }
        #expect(progress.count > 3)
        #expect(progress.map(\.processed) == progress.map(\.processed).sorted())
        #expect(progress.first?.processed == progress.first?.cached)
        #expect(progress.first?.cached == common.utf8.count)
        #expect(progress.last?.processed == progress.last?.total)
        let positions = answer.events.compactMap { if case .queued(let position) = $0 { position } else { nil } }
        #expect(positions.last ?? 0 == 0)
        #expect(positions == positions.sorted(by: >))
        try await kit.finish()
    }

    @Test func `a prefix in use is not forgotten by hand, and an idle one is`() async throws {
        let kit = try await EngineKit(context: 5_000)
        let endless = try await kit.endless("\(common) no script")
        let node = try #require(try await kit.engine.cache().nodes.first)
        #expect(node.text.hasPrefix("You are"))
        #expect(node.users == 1)
        let error = await #expect(throws: ServiceError.self) { try await kit.engine.invalidateCache(node: node.id) }
        #expect(error?.code == .conflict)
        #expect(try await kit.engine.invalidateCache(node: 12_345) == 0)
        endless.cancel()
        try await kit.wait { kit.engine.heartbeat.reading.live == 0 }
        #expect(try await kit.engine.invalidateCache(node: node.id) > 0)
        #expect(try await kit.engine.cache().cellsUsed == 0)
        try await kit.finish()
    }
}
