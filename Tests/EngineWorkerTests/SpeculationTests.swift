import Foundation
import GGUF
import Inference
import LlamaRuntime
import Telemetry
import TestModels
import TestRandomness
import Testing
import Vocabulary

@testable import EngineWorker

private typealias TextEngine = Engine<LlamaTokenizer>
private let silent = Logger(label: "test", sink: .none)

/// Guessed tokens with the real llama.cpp and the starter model: answers are what they are without.
@Suite(.serialized, .timeLimit(.minutes(3))) struct SpeculationTests {
    private static let questions = [
        "What is 3 + 4?", "What is the capital of France?", "Count to 9.", "Hello!", "Repeat: green tree",
        "Repeat: one two three one two three one two three", "Tell me a story about Anna.",
        "Give me JSON with name, age and city: Ben, 31, Oslo", "What is the capital of Italy?",
        "Tell me a story about a dog, a dog, a dog, a dog.", "Count to 5. Count to 5. Count to 5.",
        "Repeat: the river runs to the sea and the sea runs to the river",
    ]

    @Test func `look-ups change no answer at temperature 0`() async throws {
        let plain = try await answers("")
        let guessed = try await answers("--spec-type ngram-simple --no-spec-tune")
        #expect(guessed.map(\.tokens) == plain.map(\.tokens))
        #expect(guessed.map(\.text) == plain.map(\.text))
        #expect(guessed.reduce(0) { $0 + $1.accepted } > 0)
        #expect(plain.allSatisfy { $0.drafted == 0 })
    }

    @Test func `a draft model cut from the target changes no answer at temperature 0`() async throws {
        let plain = try await answers("")
        try await CutModel.withCopy(of: tinyChat, layers: 3) { path in
            let guessed = try await answers("-md \(path) --no-spec-tune --draft-max 6")
            #expect(guessed.map(\.tokens) == plain.map(\.tokens))
            #expect(guessed.reduce(0) { $0 + $1.accepted } > 0)
            let both = try await answers("-md \(path) --spec-type auto", parallel: 4)
            #expect(both.map(\.tokens) == plain.map(\.tokens))
        }
    }

    @Test func `the model as its own draft is right nearly always`() async throws {
        let guessed = try await answers("-md \(tinyChat) --no-spec-tune --draft-max 4")
        let (drafted, accepted) = guessed.reduce((0, 0)) { ($0.0 + $1.drafted, $0.1 + $1.accepted) }
        // What lies beyond an answer's end is guessed for nothing.
        #expect(accepted * 10 > drafted * 7, "\(accepted) of \(drafted)")
        let plain = try await answers("")
        #expect(guessed.map(\.tokens) == plain.map(\.tokens))
    }

    @Test func `neighbours with and without guesses change no answer`() async throws {
        let plain = try await answers("")
        let together = try await answers("--spec-type ngram-simple --no-spec-tune --draft-max 9", parallel: 4)
        #expect(together.map(\.tokens) == plain.map(\.tokens))
    }

    @Test func `a conversation goes on the same after refused guesses`() async throws {
        func talk(_ options: String) async throws -> [[Int32]] {
            try await withEngine(options) { engine in
                var messages = [ChatMessage(.user, "My name is Zorin.")]
                var all: [[Int32]] = []
                for next in ["What is my name?", "Count to 7.", "What is my name?"] {
                    let answer = try await ask(engine, messages)
                    if !all.isEmpty { #expect(answer.cached > 0) }
                    all.append(answer.tokens)
                    messages += [ChatMessage(.assistant, answer.text), ChatMessage(.user, next)]
                }
                all.append(try await ask(engine, messages).tokens)
                return all
            }
        }
        let plain = try await talk("")
        try await CutModel.withCopy(of: tinyChat, layers: 1) { path in
            let guessed = try await talk("-md \(path) --no-spec-tune --draft-max 8")
            #expect(guessed == plain)
        }
    }

    @Test func `a poor draft model is hardly asked`() async throws {
        try await Self.withPoorDraft { path in
            try await withEngine("-md \(path) -c 4096") { engine in
                var (written, drafted) = (0, 0)
                for seed in 0..<6 as Range<UInt32> {
                    let answer = try await ask(
                        engine, [ChatMessage(.user, "Tell me a story.")], count: 300, temperature: 1, seed: seed,
                        ignoresEnd: true)
                    (written, drafted) = (written + answer.tokens.count, drafted + answer.drafted)
                }
                #expect(written == 1_800)
                #expect(drafted < written / 10, "\(drafted) of \(written)")
            }
        }
    }

    @Test func `a draft model of another vocabulary is refused with a reason`() async throws {
        try await TinyModel.slidingWindow.withFile { path in
            let error = await #expect(throws: ServiceError.self) { try await start("-md \(path)") }
            #expect(error?.message.contains("cannot be a draft model") == true, "\(String(describing: error))")
        }
        try await RewrittenModel.withCopy(
            of: tinyChat, changes: ["tokenizer.ggml.bos_token_id": .uint32(5)]
        ) { path in
            let error = await #expect(throws: ServiceError.self) { try await start("-md \(path)") }
            #expect(error?.message.contains("vocabularies differ") == true, "\(String(describing: error))")
        }
        let missing = await #expect(throws: ServiceError.self) { try await start("-md /nonexistent/draft.gguf") }
        #expect(missing?.message.contains("/nonexistent/draft.gguf") == true)
    }

    @Test(arguments: TinyModel.allCases)
    func `models that cannot go back are written without guesses`(model: TinyModel) async throws {
        try await model.withFile { path in
            let arguments = try commandLine("-m \(path) -a tiny -t 1 --spec-type ngram-simple --no-spec-tune")
            let loaded = try LoadedModel(arguments, logger: silent)
            let engine = try await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).start()
            #expect(try await engine.slots().allSatisfy { !$0.speculates })
            await engine.stop()
        }
    }

    // MARK: Chance

    /// At temperature 1 the tokens have the same distribution. Two samples of answers' beginnings are compared token by token
    /// with a chi-square test of homogeneity; the seeds are fixed, so the outcome is too. The threshold is the 99.9th
    /// percentile, by Wilson and Hilferty's approximation.
    @Test func `the distribution of tokens is the same`() async throws {
        try await CutModel.withCopy(of: tinyChat, layers: 2) { path in
            let plain = try await sample("", seeds: 0..<400)
            let guessed = try await sample("-md \(path) --no-spec-tune --draft-max 5", seeds: 1_000..<1_400)
            #expect(guessed.accepted > 100, "guesses took part: \(guessed.accepted)")
            for position in 0..<8 {
                let result = ChiSquare.homogeneity(
                    plain.tokens.map { $0[position] }, guessed.tokens.map { $0[position] })
                #expect(result.statistic < result.limit, "position \(position): \(result)")
            }
        }
    }

    @Test func `the test of distributions finds a difference`() {
        var random = SeededRandom(seed: 5)
        let even = (0..<400).map { _ in Int32.random(in: 0..<8, using: &random) }
        let other = (0..<400).map { _ in Int32.random(in: 0..<8, using: &random) }
        let skewed = (0..<400).map { _ in min(Int32.random(in: 0..<10, using: &random), 7) }
        let same = ChiSquare.homogeneity(even, other)
        let different = ChiSquare.homogeneity(even, skewed)
        #expect(same.statistic < same.limit && different.statistic > different.limit)
    }

    private func sample(_ options: String, seeds: Range<UInt32>) async throws -> (tokens: [[Int32]], accepted: Int) {
        try await withEngine(options) { engine in
            var tokens: [[Int32]] = []
            var accepted = 0
            for seed in seeds {
                let answer = try await ask(
                    engine, [ChatMessage(.user, "Tell me a story about Anna.")], count: 8, temperature: 1, seed: seed,
                    ignoresEnd: true)
                tokens.append(answer.tokens)
                accepted += answer.accepted
            }
            return (tokens, accepted)
        }
    }

    // MARK: Comparing

    @Test func `the comparison tells what guesses gain`() async throws {
        let arguments = try Self.arguments("--spec-type ngram-simple -n 40")
        let loaded = try LoadedModel(arguments, logger: silent)
        let figures = try await SpeculationComparison(loaded: loaded, logger: silent).figures(
            SpeculationComparison.ways(arguments), prompts: ["Repeat: one two three one two three one two three"])
        #expect(figures.map(\.name) == ["plain", "look-up"])
        #expect(figures.allSatisfy { $0.tokens > 0 && $0.texts == figures[0].texts })
        let lines = SpeculationTable(figures: figures).lines
        #expect(lines[0].contains("tokens/s") && lines[1].hasPrefix("plain") && lines[2].hasPrefix("look-up"))
        #expect(lines[2].contains("1 of 1"))
    }

    @Test func `the table says what differs`() {
        var plain = SpeculationComparison.Figures(name: "plain", texts: ["a", "b"], tokens: 100, seconds: 2)
        var draft = SpeculationComparison.Figures(name: "draft", texts: ["a", "c"], tokens: 100, seconds: 1)
        draft.totals.drafts = 10
        draft.totals.drafted = [10, 10]
        draft.totals.accepted = [9, 5]
        let lines = SpeculationTable(figures: [plain, draft]).lines
        #expect(lines[2].split(separator: " ") == ["draft", "100.0", "2.00", "70%", "2.0", "10", "1", "of", "2"])
        #expect(lines[3] == "draft: accepted by position 90% 50%")
        plain.seconds = 0
        #expect(SpeculationTable(figures: [plain]).lines[1].contains("-"))
    }

    // MARK: Asking

    private struct Answer: Sendable {
        var text = ""
        var tokens: [Int32] = []
        var drafted = 0
        var accepted = 0
        var cached = 0
    }

    /// Exact numbers in the cache and plain attention, so that answers do not depend on how many rows are computed at once.
    private static func arguments(_ options: String) throws -> EngineArguments {
        try commandLine("-m \(tinyChat) -a tiny-chat -t 1 -ctk f32 -ctv f32 -fa off \(options)")
    }

    private func start(_ options: String) async throws -> TextEngine {
        let arguments = try Self.arguments(options)
        let loaded = try LoadedModel(arguments, logger: silent)
        return try await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).start()
    }

    private func withEngine<Result>(
        _ options: String, _ body: (TextEngine) async throws -> Result
    ) async throws -> Result {
        let engine = try await start(options)
        let result: Result
        do {
            result = try await body(engine)
        } catch {
            await engine.stop()
            throw error
        }
        await engine.stop()
        return result
    }

    private func answers(_ options: String, parallel: Int = 1) async throws -> [Answer] {
        try await withEngine("-np \(parallel) \(options)".trimmingCharacters(in: .whitespaces)) { engine in
            try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                for (index, question) in Self.questions.enumerated() {
                    group.addTask { (index, try await ask(engine, [ChatMessage(.user, question)])) }
                }
                var all = [Answer](repeating: Answer(), count: Self.questions.count)
                for try await (index, answer) in group { all[index] = answer }
                return all
            }
        }
    }

    private func ask(
        _ engine: TextEngine, _ messages: [ChatMessage], count: Int = 60, temperature: Double = 0, seed: UInt32 = 1,
        ignoresEnd: Bool = false
    ) async throws -> Answer {
        var request = GenerationRequest(
            id: try #require(RequestID("req_test")), model: ModelID("tiny-chat"), prompt: .chat(messages, tools: []),
            newTokensMax: count, sampling: SamplingParameters(temperature: temperature, seed: seed))
        request.topLogprobs = 0
        request.ignoresEnd = ignoresEnd
        var answer = Answer()
        for try await event in try await engine.generate(request) {
            switch event {
            case .text(let more): answer.text += more
            case .logprobs(let more): answer.tokens += more.map(\.chosen.token)
            case .finished(let end):
                answer.drafted = end.timings?.draftTokens ?? 0
                answer.accepted = end.timings?.acceptedDraftTokens ?? 0
                answer.cached = end.usage.cachedTokens
            default: break
            }
        }
        return answer
    }

    /// One layer, and weights by chance.
    private static func withPoorDraft<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        var random = SeededRandom(seed: 3)
        return try await CutModel.withCopy(
            of: tinyChat, layers: 1,
            scramble: { bytes, type in
                // Blocks of Q8_0: 2 bytes of scale, 32 numbers.
                guard type == .q8_0 else { return bytes }
                return bytes.enumerated().map { index, byte in
                    index % 34 < 2 ? byte : UInt8(truncatingIfNeeded: random.next())
                }
            }, body)
    }
}

/// The committed starter model.
private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

/// Pearson's test whether two samples have one distribution.
private enum ChiSquare {
    /// - Returns: the statistic, and what it exceeds once in a thousand times where the distribution is one. Values that were
    ///   seen fewer than ten times in both samples together count as one value.
    static func homogeneity(_ first: [Int32], _ second: [Int32]) -> (statistic: Double, limit: Double) {
        let counts = [first, second].map { Dictionary($0.map { ($0, 1.0) }, uniquingKeysWith: +) }
        var cells: [[Double]] = []
        var rest = [0.0, 0.0]
        for value in Set(first + second) {
            let cell = counts.map { $0[value] ?? 0 }
            if cell[0] + cell[1] >= 10 { cells.append(cell) } else { rest = [rest[0] + cell[0], rest[1] + cell[1]] }
        }
        if rest[0] + rest[1] > 0 { cells.append(rest) }
        let sizes = [Double(first.count), Double(second.count)]
        var statistic = 0.0
        for cell in cells {
            for sample in 0..<2 {
                let expected = (cell[0] + cell[1]) * sizes[sample] / (sizes[0] + sizes[1])
                statistic += (cell[sample] - expected) * (cell[sample] - expected) / expected
            }
        }
        let freedom = Double(max(1, cells.count - 1))
        let spread = 2 / (9 * freedom)
        // 3.090 is the 99.9th percentile of the normal distribution.
        let root = 1 - spread + 3.090 * spread.squareRoot()
        return (statistic, freedom * root * root * root)
    }
}
