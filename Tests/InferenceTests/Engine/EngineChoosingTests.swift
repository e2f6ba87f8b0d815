import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// Tokens of several answers are chosen on the threads that computed their logits.
@Suite(.timeLimit(.minutes(1))) struct EngineChoosingTests {
    @Test func `answers whose tokens are chosen on several threads are the same as ever`() async throws {
        let kit = try await EngineKit(sequences: 8, batch: 64, threads: 4)
        let texts = (0..<32).map { "answer \($0) " + String(repeating: "ab", count: $0 % 9) }
        try await kit.askAll(texts)
        let together = kit.record.log.withLock(\.chosenTogether)
        #expect(together.contains { $0 > 2 }, "chosen together: \(Set(together).sorted())")
        try await kit.finish()
    }

    @Test func `each answer is chosen by its own request`() async throws {
        let kit = try await EngineKit(sequences: 4, batch: 64, threads: 3)
        kit.record.gate.close()
        let stopped = try await kit.start("=one two three\n") { $0.stop = ["two"] }
        let short = try await kit.start("=four five\n", max: 4)
        let told = try await kit.start("=six\n") { $0.topLogprobs = 2 }
        let plain = try await kit.start("=seven eight nine\n")
        kit.record.gate.open()
        #expect(try await kit.read(stopped).text == "one ")
        let cut = try await kit.read(short)
        #expect(cut.text == "four")
        #expect(cut.end?.reason == .length)
        let logprobs = try await kit.read(told).events.reduce(into: [TokenLogprob]()) { all, event in
            if case .logprobs(let more) = event { all += more }
        }
        #expect(logprobs.map(\.chosen.token) == [115, 105, 120, ScriptedRuntime.end])
        #expect(logprobs.allSatisfy { $0.top.count == 2 })
        #expect(try await kit.read(plain).text == "seven eight nine")
        #expect(kit.record.log.withLock(\.chosenTogether).contains(4))
        try await kit.finish()
    }

    @Test func `logits that are no numbers end only their answer, on whichever thread`() async throws {
        let kit = try await EngineKit(sequences: 4, batch: 64, threads: 2)
        kit.record.gate.close()
        let good = [try await kit.start("=one\n"), try await kit.start("=two\n")]
        let bad = [try await kit.start("#=three\n"), try await kit.start("#=four\n")]
        kit.record.gate.open()
        for stream in bad {
            let error = await #expect(throws: ServiceError.self) { try await kit.read(stream) }
            #expect(error?.code == .engineFailed)
        }
        #expect(try await kit.read(good[0]).text == "one")
        #expect(try await kit.read(good[1]).text == "two")
        try await kit.finish()
    }
}
