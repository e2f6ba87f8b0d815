import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// What goes wrong for one request goes wrong for nobody else.
@Suite(.timeLimit(.minutes(1))) struct EngineFaultTests {
    @Test func `logits that are no numbers end those answers only`() async throws {
        let kit = try await EngineKit()
        kit.record.gate.close()
        let good = [try await kit.start("=one\n"), try await kit.start("=two\n")]
        let bad = try await kit.start("#=three\n")
        kit.record.gate.open()
        let error = await #expect(throws: ServiceError.self) { try await kit.read(bad) }
        #expect(error?.code == .engineFailed)
        #expect(try await kit.read(good[0]).text == "one")
        #expect(try await kit.read(good[1]).text == "two")
        #expect(try await kit.ask("=four\n").text == "four")
        try await kit.finish()
    }

    @Test func `what was computed to no numbers is not left for others`() async throws {
        let kit = try await EngineKit()
        let prompt = String(repeating: "poison ", count: 10) + "#=three\n"
        await #expect(throws: ServiceError.self) { try await kit.ask(prompt) }
        try await kit.wait { kit.engine.heartbeat.reading.live == 0 }
        let nodes = try await kit.engine.cache().nodes
        #expect(nodes.isEmpty)
        try await kit.finish()
    }

    @Test func `a failing step of the isolated memory costs nobody else a token`() async throws {
        let kit = try await EngineKit(context: 1_000, batch: 64)
        // When the others are being written.
        kit.record.failingIsolatedStep.store(6, ordering: .relaxed)
        kit.record.gate.close()
        let texts = (0..<3).map { "answer number \($0), which is longer" }
        var streams: [any GenerationStream] = []
        for text in texts { streams.append(try await kit.start("=\(text)\n")) }
        let alone = try await kit.start("=alone and long\n") { $0.isReproducible = true }
        kit.record.gate.open()
        let error = await #expect(throws: ServiceError.self) { try await kit.read(alone) }
        #expect(error?.code == .engineFailed)
        for (stream, text) in zip(streams, texts) {
            let answer = try await kit.read(stream)
            #expect(answer.text == text)
            #expect(answer.end?.usage.completionTokens == text.utf8.count + 1)
        }
        #expect(try await kit.ask("=again\n") { $0.isReproducible = true }.text == "again")
        try await kit.finish()
    }

    @Test func `reproducible requests are computed one at a time, in steps that do not depend on the others`()
        async throws
    {
        let text = String(repeating: "abc", count: 60)
        func steps(besideOthers: Bool) async throws -> [Int] {
            let kit = try await EngineKit(context: 1_000, sequences: 4, batch: 64)
            var others: [Task<Void, any Error>] = []
            if besideOthers {
                for number in 0..<2 { others.append(try await kit.endless("other \(number)")) }
            }
            try await withThrowingTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask {
                        let answer = try await kit.ask("\(text)=same\n") {
                            $0.isReproducible = true
                            $0.sampling.seed = 7
                        }
                        #expect(answer.text == "same")
                        #expect(answer.cached == 0)
                        #expect(answer.end?.receipt?.seed == 7)
                    }
                }
                try await group.waitForAll()
            }
            for other in others { other.cancel() }
            try await kit.finish()
            return kit.record.log.withLock(\.isolatedSteps)
        }
        let alone = try await steps(besideOthers: false)
        #expect(alone.count == 3 * (2 + 4), "a prompt of two pieces, and four steps for five tokens")
        #expect(try await steps(besideOthers: true) == alone)
    }

    @Test func `somebody who cannot start yet makes nobody give way`() async throws {
        let kit = try await EngineKit(context: 20_000, sequences: 2)
        let alone = try await kit.endless { $0.isReproducible = true }
        let low = try await kit.endless("low") { $0.scheduling.priority = .low }
        let saved = kit.record.log.withLock(\.statesSaved)
        let waiting = try await kit.start("=urgent\n") {
            $0.isReproducible = true
            $0.scheduling.priority = .critical
        }
        let steps = kit.engine.heartbeat.reading.steps
        try await kit.wait { kit.engine.heartbeat.reading.steps > steps + 100 }
        #expect(kit.record.log.withLock(\.statesSaved) == saved)
        #expect(try await kit.engine.slots().allSatisfy { $0.state == .writing })
        alone.cancel()
        #expect(try await kit.read(waiting).text == "urgent")
        low.cancel()
        try await kit.finish()
    }
}
