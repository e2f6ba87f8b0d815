import Foundation
import Inference
import LlamaRuntime
import Telemetry
import TestRandomness
import Testing
import Vocabulary

@testable import EngineWorker

private typealias TinyEngine = Engine<LlamaTokenizer>

/// Models that cannot go back, with the real llama.cpp: what they take from the cache changes nothing but the work.
///
/// The right answer is always that of the same request without the cache.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CheckpointModelTests {
    @Test(arguments: TinyModel.allCases)
    func `what such a model remembers is kept as whole states`(model: TinyModel) async throws {
        try await model.withFile { path in
            let loaded = try LoadedModel(arguments(path), logger: silent)
            #expect(!loaded.model.memoryIsCells)
            #expect(loaded.model.slidingWindow == (model == .slidingWindow ? TinyModel.window : 0))
        }
        try await withEngine(model) { engine in
            _ = try await ask(engine, prompt(100, seed: 1))
            let nodes = try await engine.cache().nodes
            #expect(nodes.allSatisfy { $0.tier == .ram })
            #expect(nodes.map(\.start) == [0, 99], "before the prompt's last token, and at the answer's end")
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `a second turn computes only what is new`(model: TinyModel) async throws {
        try await withEngine(model) { engine in
            let first = prompt(150, seed: 2)
            let answer = try await ask(engine, first, count: 40)
            #expect(answer.cached == 0)
            #expect(try await ask(engine, first, count: 40, usesCache: false).tokens == answer.tokens)
            var turn = first + answer.tokens
            for seed in 3..<6 as Range<UInt64> {
                // The last token of an answer was written, but not read.
                let known = turn.count - 1
                turn += prompt(30, seed: seed)
                let next = try await ask(engine, turn, count: 40)
                #expect(next.cached == known)
                #expect(try await ask(engine, turn, count: 40, usesCache: false).tokens == next.tokens)
                turn += next.tokens
            }
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `the same prompt again computes its last token only`(model: TinyModel) async throws {
        try await withEngine(model) { engine in
            let same = prompt(200, seed: 7)
            let first = try await ask(engine, same)
            let second = try await ask(engine, same)
            #expect(first.cached == 0)
            #expect(second.cached == same.count - 1)
            #expect(second.tokens == first.tokens)
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `where two prompts part, the third goes on`(model: TinyModel) async throws {
        try await withEngine(model) { engine in
            let common = prompt(90, seed: 8)
            var answers: [[Int32]] = []
            for (seed, cached) in zip(10..<14 as Range<UInt64>, [0, 0, common.count, common.count]) {
                let parted = common + prompt(60, seed: seed)
                let answer = try await ask(engine, parted)
                #expect(answer.cached == cached, "prompt \(seed)")
                #expect(answer.firstDifference == (seed == 10 ? nil : common.count))
                #expect(try await ask(engine, parted, usesCache: false).tokens == answer.tokens)
                answers.append(answer.tokens)
            }
            #expect(Set(answers).count == answers.count, "what is remembered shows in the answers")
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `a long prompt leaves states on its way`(model: TinyModel) async throws {
        try await withEngine(model, "-b 256") { engine in
            let long = prompt(2_400, seed: 20)
            _ = try await ask(engine, long, count: 1)
            let parted = Array(long.prefix(1_900)) + prompt(50, seed: 21)
            let answer = try await ask(engine, parted)
            #expect((1_024..<1_900).contains(answer.cached), "\(answer.cached)")
            #expect(try await ask(engine, parted, usesCache: false).tokens == answer.tokens)
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `conversations side by side are not mixed up`(model: TinyModel) async throws {
        try await withEngine(model, "-np 4") { engine in
            let talks = try await withThrowingTaskGroup(of: (Answer, Answer, [Int32]).self) { group in
                for seed in 30..<40 as Range<UInt64> {
                    group.addTask {
                        let first = prompt(40 + Int(seed), seed: seed)
                        let answer = try await ask(engine, first)
                        let turn = first + answer.tokens + prompt(25, seed: seed + 100)
                        return (answer, try await ask(engine, turn), turn)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (first, second, turn) in talks {
                let start = Array(turn.dropLast(25 + first.tokens.count))
                #expect(second.cached == turn.count - 26)
                #expect(try await ask(engine, start, usesCache: false).tokens == first.tokens)
                #expect(try await ask(engine, turn, usesCache: false).tokens == second.tokens)
            }
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `an answer goes on exactly where a more urgent one stopped it`(model: TinyModel) async throws {
        try await withEngine(model, "-np 1") { engine in
            let (slow, fast) = (prompt(120, seed: 50), prompt(80, seed: 51))
            var request = try self.request(slow, count: 600)
            request.scheduling.priority = .low
            var urgent = try self.request(fast, count: 20)
            urgent.scheduling.priority = .critical
            var (interrupted, interruption) = (Answer(), Answer?.none)
            for try await event in try await engine.generate(request) {
                interrupted.take(event)
                // Nobody reads the slow answer while the urgent one is written, so it cannot have ended before.
                if interruption == nil { interruption = try await answer(engine, urgent) }
            }
            #expect(interrupted.tokens.count == 600)
            #expect(try await ask(engine, slow, count: 600, usesCache: false).tokens == interrupted.tokens)
            #expect(try await ask(engine, fast, count: 20, usesCache: false).tokens == interruption?.tokens)
            let again = try await ask(engine, slow + interrupted.tokens + fast)
            #expect(again.cached == slow.count + interrupted.tokens.count - 1)
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `states stay within their bound, and leave no empty nodes`(model: TinyModel) async throws {
        try await withEngine(model, "--cache-ram 1") { engine in
            for seed in 60..<90 as Range<UInt64> {
                let many = prompt(100, seed: 1) + prompt(150, seed: seed)
                #expect(try await !ask(engine, many, count: 2).tokens.isEmpty)
            }
            let listing = try await engine.cache()
            let use = try #require(listing.tiers.first { $0.tier == .ram })
            #expect(use.bytes > 0 && use.bytes <= 1 << 20)
            #expect(listing.evictions > 0)
            let withoutState = listing.nodes.filter { $0.tier == .none }
            #expect(withoutState.allSatisfy { $0.children > 0 }, "\(withoutState)")
            let last = prompt(100, seed: 1) + prompt(150, seed: 89)
            let again = try await ask(engine, last)
            #expect(again.cached == last.count - 1)
            #expect(try await ask(engine, last, usesCache: false).tokens == again.tokens)
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `a long prompt leaves states as often as it is told, and keeps as many`(model: TinyModel) async throws {
        let options = "-b 64 --checkpoint-every-n-tokens 200 --checkpoint-min-step 150 --ctx-checkpoints 4"
        try await withEngine(model, options) { engine in
            let long = prompt(1_500, seed: 300)
            _ = try await ask(engine, long, count: 20)
            let states = try await engine.cache().nodes.filter { $0.tier == .ram }
            // Four, and the one at the answer's end.
            #expect(states.count == 5)
            let ends = states.map { $0.start + $0.tokens }.sorted()
            #expect(ends.suffix(2) == [1_499, 1_519])
            #expect(zip(ends, ends.dropFirst()).dropLast(2).allSatisfy { $1 - $0 >= 200 }, "\(ends)")
            let parted = Array(long.prefix(1_450)) + prompt(40, seed: 301)
            let answer = try await ask(engine, parted)
            #expect(answer.cached >= 1_200)
            #expect(try await ask(engine, parted, usesCache: false).tokens == answer.tokens)
        }
    }

    @Test(arguments: TinyModel.allCases)
    func `with room for few all are answered in the end`(model: TinyModel) async throws {
        // llama.cpp rounds up to 256 cells: these are all there are.
        try await withEngine(model, "-c 512 -np 4 -kvu -b 64") { engine in
            let prompts = (0..<7).map { prompt(100 + 40 * $0, seed: UInt64(200 + $0)) }
            let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                for (index, prompt) in prompts.enumerated() {
                    group.addTask { (index, try await ask(engine, prompt, count: 140)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (index, prompt) in prompts.enumerated() {
                let answer = try #require(answers[index])
                #expect(answer.tokens.count == 140)
                #expect(try await ask(engine, prompt, count: 140, usesCache: false).tokens == answer.tokens)
            }
            let alone = try await ask(engine, prompts[0], count: 1_000)
            #expect(alone.tokens.count == 512 - prompts[0].count, "one that fills all cells ends with length")
            #expect(try await engine.cache().cellsUsed == 0)
        }
    }

    @Test func `a window that is kept whole can be cut anywhere`() async throws {
        try await withEngine(.slidingWindow, "--swa-full") { engine in
            let whole = prompt(200, seed: 70)
            _ = try await ask(engine, whole)
            for length in [60, 130, 199] {
                let parted = Array(whole.prefix(length)) + prompt(40, seed: UInt64(length))
                let answer = try await ask(engine, parted)
                #expect(answer.cached == length)
                #expect(try await ask(engine, parted, usesCache: false).tokens == answer.tokens)
            }
            #expect(try await engine.cache().nodes.allSatisfy { $0.tier == .memory })
        }
    }

    // MARK: Asking

    private struct Answer: Sendable {
        var tokens: [Int32] = []
        var cached = 0
        var firstDifference: Int?

        mutating func take(_ event: GenerationEvent) {
            switch event {
            case .logprobs(let more): tokens += more.map(\.chosen.token)
            case .finished(let end):
                cached = end.usage.cachedTokens
                firstDifference = end.cache?.firstDifference
            default: break
            }
        }
    }

    private func withEngine(
        _ model: TinyModel, _ options: String = "", _ body: (TinyEngine) async throws -> Void
    ) async throws {
        try await model.withFile { path in
            let arguments = try arguments(path, options)
            let loaded = try LoadedModel(arguments, logger: silent)
            let engine = try await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).start()
            do {
                try await body(engine)
            } catch {
                await engine.stop()
                throw error
            }
            await engine.stop()
        }
    }

    /// Exact numbers in the key-value cache and plain attention: flash attention rounds one row otherwise than many, and
    /// random weights make much of little. So answers do not depend on how a prompt was cut.
    private func arguments(_ path: String, _ options: String = "") throws -> EngineArguments {
        try commandLine("-m \(path) -a tiny -t 1 -ctk f32 -ctv f32 -fa off \(options)")
    }

    private func prompt(_ count: Int, seed: UInt64) -> [Int32] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in
            Int32(TinyVocabulary.firstSign + Int.random(in: 0..<TinyVocabulary.signs.count, using: &random))
        }
    }

    private func request(_ prompt: [Int32], count: Int, usesCache: Bool = true) throws -> GenerationRequest {
        var request = GenerationRequest(
            id: try #require(RequestID("req_test")), model: ModelID("tiny"), prompt: .tokens(prompt),
            newTokensMax: count,
            sampling: SamplingParameters(temperature: 0))
        request.topLogprobs = 0
        request.cache.isUsed = usesCache
        return request
    }

    private func ask(
        _ engine: TinyEngine, _ prompt: [Int32], count: Int = 30, usesCache: Bool = true
    ) async throws -> Answer {
        try await answer(engine, request(prompt, count: count, usesCache: usesCache))
    }

    private func answer(_ engine: TinyEngine, _ request: GenerationRequest) async throws -> Answer {
        var answer = Answer()
        for try await event in try await engine.generate(request) { answer.take(event) }
        return answer
    }
}

private let silent = Logger(label: "test", sink: .none)
