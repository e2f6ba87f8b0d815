import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// Guesses in the engine over a scripted model, which checks every position of its cache.
@Suite(.timeLimit(.minutes(1))) struct SpeculationEngineTests {
    private enum Way: CaseIterable, Sendable { case lookUp, draft, poorDraft, both }

    private func kit(
        _ way: Way, context: Int = 400, sequences: Int = 4, batch: Int = 64, events: Int = 64, cells: Int? = nil,
        isTuned: Bool = false, set: (inout EngineOptions) -> Void = { _ in }
    ) async throws -> EngineKit {
        let draft = ScriptedRuntime.Draft(wrongEvery: way == .poorDraft ? 1 : way == .both ? 5 : 0)
        return try await EngineKit(
            context: context, sequences: sequences, batch: batch, events: events, cells: cells,
            draft: way == .lookUp ? nil : draft
        ) { options in
            options.speculation.looksUp = way == .lookUp || way == .both
            options.speculation.isTuned = isTuned
            options.speculation.draftTokensMax = 6
            set(&options)
        }
    }

    private let saying = "the quick brown fox jumps over the quick brown fox"

    @Test(arguments: Way.allCases)
    private func `an answer is what it is without guesses`(way: Way) async throws {
        let kit = try await kit(way)
        let answer = try await kit.ask("say=\(saying)\n")
        #expect(answer.text == saying)
        #expect(answer.end?.reason == .stop)
        #expect(answer.end?.usage.completionTokens == saying.utf8.count + 1)
        let timings = try #require(answer.end?.timings)
        #expect(timings.draftTokens > 0)
        #expect((timings.acceptedDraftTokens > 0) == (way != .poorDraft))
        let totals = kit.engine.heartbeat.speculation.totals
        #expect(totals.draftedTokens == timings.draftTokens && totals.acceptedTokens == timings.acceptedDraftTokens)
        // The last step is counted after its answer was handed out.
        try await kit.finish()
        #expect(kit.engine.heartbeat.reading.completionTokens == UInt64(saying.utf8.count + 1))
    }

    @Test func `a perfect draft needs few steps`() async throws {
        let kit = try await kit(.draft)
        try await kit.ask("say=\(saying)\n")
        let steps = kit.record.log.withLock { $0.steps.count }
        #expect(steps < saying.utf8.count / 4, "\(steps)")
        try await kit.finish()
    }

    @Test(arguments: Way.allCases)
    private func `many answers at once do not get in each other's way`(way: Way) async throws {
        let kit = try await kit(way, isTuned: way == .both)
        try await withThrowingTaskGroup { group in
            for number in 0..<12 {
                group.addTask {
                    let text = String(repeating: "word \(number) and ", count: 1 + number % 5)
                    let answer = try await kit.ask("say=\(text)\n")
                    #expect(answer.text == text)
                }
            }
            try await group.waitForAll()
        }
        try await kit.finish()
    }

    @Test func `a stop text within a guess ends the answer before it`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.stop = ["fox j"] }
        #expect(answer.text == "the quick brown ")
        #expect(answer.end?.stopText == "fox j")
        #expect(answer.end?.usage.completionTokens == "the quick brown fox j".utf8.count)
        try await kit.finish()
    }

    @Test(arguments: [1, 2, 3, 7, 8, 20])
    func `the limit of new tokens holds within a guess`(count: Int) async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n", max: count)
        #expect(answer.text == String(saying.prefix(count)))
        #expect(answer.end?.reason == .length && answer.end?.usage.completionTokens == count)
        try await kit.finish()
    }

    @Test func `the end of the context holds within a guess`() async throws {
        let kit = try await kit(.draft, context: 20)
        let answer = try await kit.ask("say=\(saying.prefix(12))\n", max: 100)
        #expect(answer.end?.reason == .length)
        #expect(answer.end.map { $0.usage.totalTokens } == 20)
        try await kit.finish()
    }

    @Test func `a grammar holds within a guess`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.constraint = .regularExpression("the quick [a-m]+") }
        #expect(answer.text.hasPrefix("the quick b"))
        #expect(answer.text.dropFirst(10).allSatisfy { "abcdefghijklm".contains($0) }, "\(answer.text)")
        try await kit.finish()
    }

    @Test func `logprobs are told for each token`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.topLogprobs = 1 }
        let tokens = answer.events.flatMap { event -> [Int32] in
            if case .logprobs(let more) = event { more.map(\.chosen.token) } else { [] }
        }
        #expect(tokens == saying.utf8.map(Int32.init) + [ScriptedRuntime.end])
        try await kit.finish()
    }

    @Test func `a reader who goes while guesses are accepted frees everything`() async throws {
        let kit = try await kit(.lookUp, events: 4)
        let task = try await kit.endless("no script, no script, no script")
        task.cancel()
        _ = await task.result
        try await kit.finish()
    }

    @Test func `a slow reader gets all of a long guess`() async throws {
        let kit = try await kit(.draft, events: 1)
        let stream = try await kit.start("say=\(saying)\n")
        try await kit.wait { try await kit.engine.slots().contains { $0.state == .waiting } }
        #expect(try await kit.read(stream).text == saying)
        try await kit.finish()
    }

    @Test func `logits that are no numbers end the answer and leave nothing`() async throws {
        let kit = try await kit(.lookUp)
        // The poison is in the prompt, so that the first token already fails.
        await #expect(throws: ServiceError.self) { try await kit.ask("#a#a#a#a=x\n") }
        #expect(try await kit.ask("say=\(saying)\n").text == saying)
        try await kit.finish()
    }

    @Test func `a step with guesses that fails ends the answer with an error`() async throws {
        let kit = try await kit(.draft)
        kit.record.failingStep.store(3, ordering: .relaxed)
        await #expect(throws: ServiceError.self) { try await kit.ask("say=\(saying)\n") }
        #expect(try await kit.ask("say=\(saying)\n").text == saying)
        try await kit.finish()
    }

    @Test func `a draft model that fails costs no answer`() async throws {
        let draft = ScriptedRuntime.Draft()
        draft.record.failingStep.store(2, ordering: .relaxed)
        let told = Mutex(0)
        let kit = try await EngineKit(draft: draft) {
            $0.speculation.isTuned = false
            $0.draftFailed = { _ in told.withLock { $0 += 1 } }
        }
        #expect(try await kit.ask("say=\(saying)\n").text == saying)
        #expect(try await kit.ask("say=\(saying)\n").end?.timings?.draftTokens == 0)
        #expect(told.withLock { $0 } == 1, "told once")
        try await kit.finish()
    }

    @Test func `a draft model with little room guesses what fits`() async throws {
        let kit = try await EngineKit(
            sequences: 3, batch: 64, draft: ScriptedRuntime.Draft(cells: 90)
        ) { $0.speculation.isTuned = false }
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask { [saying] in
                    let answer = try await kit.ask("say=\(saying)\n")
                    #expect(answer.text == saying)
                }
            }
            try await group.waitForAll()
        }
        #expect(kit.engine.heartbeat.speculation.totals.draftedTokens > 0)
        try await kit.finish()
    }

    @Test func `when cells run out answers are parked and go on`() async throws {
        let kit = try await kit(.both, context: 200, sequences: 3, cells: 220)
        try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                group.addTask { [saying] in
                    let answer = try await kit.ask("\(number)=\(saying)\n")
                    #expect(answer.text == saying)
                }
            }
            try await group.waitForAll()
        }
        try await kit.finish()
    }

    @Test func `what was refused is not in the prefix cache`() async throws {
        let kit = try await kit(.poorDraft)
        let first = "say=\(saying)\n"
        #expect(try await kit.ask(first).text == saying)
        let again = try await kit.ask(first + saying + "=next\n")
        // The last token of an answer is written, but not read; its end is no part of the text.
        #expect(again.cached == (first + saying).utf8.count)
        #expect(again.text == "next")
        try await kit.finish()
    }

    @Test func `a request may go without guesses`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.speculation.tokensMax = 0 }
        #expect(answer.text == saying && answer.end?.timings?.draftTokens == 0)
        let some = try await kit.ask("say=\(saying)\n") { $0.speculation.tokensMax = 2 }
        #expect(some.text == saying)
        #expect(kit.engine.heartbeat.speculation.totals.drafted.count == 2)
        try await kit.finish()
    }

    @Test func `an improbable token ends a guess where a request asks for that`() async throws {
        let kit = try await kit(.draft)
        // The scripted model's best token is all but certain; nothing is more likely than 1.
        let sure = try await kit.ask("say=\(saying)\n") { $0.speculation.probabilityMin = 0.9 }
        #expect(sure.text == saying && sure.end?.timings?.draftTokens ?? 0 > 0)
        try await kit.finish()
    }

    @Test func `guesses that are too short are not verified`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.speculation.tokensMin = 7 }
        #expect(answer.text == saying && answer.end?.timings?.draftTokens == 0)
        try await kit.finish()
    }

    @Test func `reproducible requests are written without guesses`() async throws {
        let kit = try await kit(.draft)
        let answer = try await kit.ask("say=\(saying)\n") { $0.isReproducible = true }
        #expect(answer.text == saying && answer.end?.timings?.draftTokens == 0)
        try await kit.finish()
    }

    @Test func `a memory that cannot be cut takes no guesses`() async throws {
        let kit = try await EngineKit(memory: .checkpoints, draft: ScriptedRuntime.Draft()) {
            $0.speculation.looksUp = true
            $0.speculation.isTuned = false
        }
        let answer = try await kit.ask("say=\(saying)\n")
        #expect(answer.text == saying && answer.end?.timings?.draftTokens == 0)
        #expect(try await kit.engine.slots().allSatisfy { !$0.speculates })
        try await kit.finish()
    }

    @Test func `slots tell whether they guess`() async throws {
        let kit = try await kit(.lookUp)
        #expect(try await kit.engine.slots().allSatisfy(\.speculates))
        try await kit.finish()
    }

    @Test func `a long prompt is read by the draft model in pieces`() async throws {
        let draft = ScriptedRuntime.Draft()
        let kit = try await EngineKit(context: 1_200, batch: 700, draft: draft) { $0.speculation.isTuned = false }
        let long = String(repeating: "z", count: 700)
        #expect(try await kit.ask("\(long)=\(saying)\n").text == saying)
        let pieces = draft.record.log.withLock { $0.steps.compactMap { $0.values.max() } }
        #expect(pieces.max() == 256)
        #expect(draft.record.log.withLock(\.violations) == [])
        try await kit.finish()
    }
}
