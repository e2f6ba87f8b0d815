import Testing
import Vocabulary

@testable import Inference

/// What the engine tells beside the text, to those who ask.
@Suite struct EngineReportTests {
    private func tokens(_ answer: EngineKit.Answer) -> [Int32] {
        answer.events.compactMap { if case .token(let report) = $0 { report.id } else { nil } }
    }

    @Test func `each token is told before its text`() async throws {
        let kit = try await EngineKit()
        let answer = try await kit.ask("x=ab\n") { $0.reports.tokens = true }
        #expect(tokens(answer) == [0x61, 0x62, ScriptedRuntime.end] && answer.text == "ab")
        let reports = answer.events.compactMap { event -> TokenReport? in
            if case .token(let report) = event { report } else { nil }
        }
        #expect(
            reports.map(\.usage.completionTokens) == [1, 2, 3] && reports.allSatisfy { $0.slot == answer.end?.slot })
        #expect(answer.end?.slot != nil)
        #expect(tokens(try await kit.ask("x=ab\n")).isEmpty)
        try await kit.finish()
    }

    @Test func `an answer tells what it was written with`() async throws {
        let kit = try await EngineKit {
            $0.samplingDefaults.topK = 7
            $0.newTokensDefault = 5
        }
        let end = try await kit.ask("x=ab\n") {
            $0.reports.details = true
            $0.ignoresEnd = true
            $0.stop = ["zz"]
        }.end
        let details = try #require(end?.details)
        #expect(details.prompt == "x=ab\n" && details.sampling.topK == 7 && details.newTokensMax == 5)
        #expect(details.bannedEnds == [ScriptedRuntime.end] && details.stop == ["zz"])
        #expect(details.contextTokens == 400)
        #expect(try await kit.ask("x=ab\n").end?.details == nil)
        try await kit.finish()
    }

    @Test(arguments: ["x=ab\n", "a prompt that is longer than one step=c\n"])
    func `no new tokens compute the prompt only`(prompt: String) async throws {
        let kit = try await EngineKit()
        let answer = try await kit.ask(prompt, max: 0)
        #expect(answer.text == "" && answer.end?.reason == .length && answer.end?.usage.completionTokens == 0)
        let again = try await kit.ask(prompt, max: 1)
        #expect(again.cached > 0, "what was computed is in the cache")
        try await kit.finish()
    }

    @Test(arguments: [1, 5, 16, 17, 200])
    func `a prompt's own tokens are scored, each by those before it`(length: Int) async throws {
        let kit = try await EngineKit(batch: 16)
        let prompt = String(repeating: ".", count: length)
        for _ in 0..<2 {
            let answer = try await kit.ask(prompt, max: 1) {
                $0.reports.promptTokens = true
                $0.topLogprobs = 1
            }
            let told = answer.events.compactMap { event -> [TokenLogprob]? in
                if case .promptLogprobs(let all) = event { all } else { nil }
            }
            let scores = try #require(told.first)
            #expect(told.count == 1 && scores.count == length && answer.cached == 0)
            #expect(scores.map(\.chosen.token) == Array(repeating: 0x2E, count: length))
            // The scripted model always says a dot here.
            #expect(scores.first?.chosen.logprob.isNaN == true)
            #expect(scores.dropFirst().allSatisfy { $0.chosen.logprob > -1e-6 && $0.top.count == 1 })
        }
        try await kit.finish()
    }

    @Test func `probabilities after the samplers are those of what was left`() async throws {
        let kit = try await EngineKit()
        let answer = try await kit.ask("x=ab\n", max: 2) {
            $0.topLogprobs = 3
            $0.reports.afterSampling = true
            $0.sampling.topK = 1
        }
        let told = answer.events.flatMap { event -> [TokenLogprob] in
            if case .logprobs(let tokens) = event { tokens } else { [] }
        }
        #expect(told.count == 2 && told.allSatisfy { $0.isAfterSampling && $0.chosen.logprob == 0 })
        #expect(told.allSatisfy { $0.top.count == 1 && $0.top[0].token == $0.chosen.token })
        try await kit.finish()
    }

    @Test func `lines that begin too far left end an answer`() async throws {
        let kit = try await EngineKit()
        // The script itself has no line break: the scripted model says a dot after every prompt without one.
        let answer = try await kit.ask("no script", max: 9) {
            $0.lineLimits.indentation = 1
            $0.lineLimits.writing = .seconds(9)
        }
        #expect(answer.text == "........." && answer.end?.reason == .length)
        try await kit.finish()
    }

    @Test func `a prompt that takes too long ends without an answer`() async throws {
        let kit = try await EngineKit(batch: 4)
        kit.record.gate.close()
        let stream = try await kit.start(String(repeating: "y", count: 200) + "=ab\n") {
            $0.lineLimits.prompt = .nanoseconds(1)
        }
        kit.record.gate.open()
        let answer = try await kit.read(stream)
        #expect(answer.text == "" && answer.end?.reason == .length && answer.end?.usage.completionTokens == 0)
        try await kit.finish()
    }
}
