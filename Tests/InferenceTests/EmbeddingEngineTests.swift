import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite(.timeLimit(.minutes(1))) struct EmbeddingEngineTests {
    private let kit = EmbeddingKit()

    /// What the scripted model gives for a sequence.
    private func vector(_ tokens: [Int32]) -> [Float] { [Float(tokens.reduce(0, +)), Float(tokens.count), 1] }

    @Test func `each input gets its own vectors, in order, whatever else is computed`() async throws {
        let engine = try await kit.engine()
        try await withThrowingTaskGroup { group in
            for caller in 0..<40 {
                group.addTask {
                    var random = SeededRandom(seed: UInt64(caller))
                    let inputs = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                        (0..<Int.random(in: 1...100, using: &random)).map { _ in
                            Int32.random(in: 20...200, using: &random)
                        }
                    }
                    let result = try await engine.embed(self.kit.request(inputs.map { .tokens($0) }))
                    #expect(result.entries.map(\.vectors) == inputs.map { [self.vector($0)] })
                    #expect(result.promptTokens == inputs.reduce(0) { $0 + $1.count })
                    #expect(result.model == ModelID("toy"))
                }
            }
            try await group.waitForAll()
        }
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        for batch in kit.record.batches {
            let tokens = batch.reduce(0) { $0 + $1.count }
            #expect(batch.count <= 8 && (tokens <= 50 || batch.count == 1))
        }
    }

    @Test func `texts of different callers share a batch`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.text("a")])) }
        // The first is on the thread; the others gather behind it.
        try await kit.until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let others = try (0..<3).map { index in
            let request = try kit.request([.text("b\(index)"), .text("c\(index)")])
            return Task { try await engine.embed(request) }
        }
        try await kit.until("all came") { engine.heartbeat.reading.live == 4 }
        kit.record.gate.open()
        _ = try await first.value
        for other in others { #expect(try await other.value.entries.count == 2) }
        await engine.stop()
        let batches = kit.record.batches
        #expect(batches.contains { batch in batch.count >= 3 }, "\(batches.map(\.count))")
    }

    @Test func `what is asked for wrongly is refused with the field's name`() async throws {
        let engine = try await kit.engine()
        let cases: [(EmbeddingRequest, ServiceError.Code, String?)] = [
            (try kit.request([]), .invalidValue, "input"), (try kit.request([.text("")]), .invalidValue, "input"),
            (try kit.request([.text("a"), .text("")]), .invalidValue, "input[1]"),
            (try kit.request([.tokens([])]), .invalidValue, "input"),
            (try kit.request([.tokens([5, 257])]), .invalidValue, "input"),
            (try kit.request([.tokens([-1])]), .invalidValue, "input"),
            (try kit.request([.text(String(repeating: "x", count: 101))]), .contextLengthExceeded, "input"),
            (try kit.request([.text("a")], dimensions: 4), .invalidValue, "dimensions"),
            (try kit.request([.text("a")], dimensions: 0), .invalidValue, "dimensions"),
            (
                try kit.request([.text("a")], truncation: Truncation(tokensMax: 101)), .invalidValue,
                "truncate_prompt_tokens"
            ),
            (try kit.request([.mixed([.text("a"), .token(257)])]), .invalidValue, "input"),
            (try kit.request([EmbeddingInput](repeating: .text("a"), count: 2_049)), .invalidValue, "input"),
        ]
        for (request, code, parameter) in cases {
            let error = await #expect(throws: ServiceError.self) { _ = try await engine.embed(request) }
            #expect(error?.code == code && error?.parameter == parameter, "\(error.debugDescription)")
        }
        let long = await #expect(throws: ServiceError.self) {
            _ = try await engine.embed(try kit.request([.text(String(repeating: "x", count: 101))]))
        }
        #expect(long?.message.contains("101") == true && long?.message.contains("100") == true)
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        #expect(kit.record.batches.isEmpty)
    }

    @Test func `one text that cannot be computed does not take others with it`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.text("a")])) }
        try await kit.until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let good = Task { try await engine.embed(kit.request([.tokens([50, 60])])) }
        let bad = Task { try await engine.embed(kit.request([.tokens([50]), .tokens([13])])) }
        let none = Task { try await engine.embed(kit.request([.tokens([14, 50])])) }
        try await kit.until("all came") { engine.heartbeat.reading.live == 4 }
        kit.record.gate.open()
        #expect(try await good.value.entries[0].vectors == [[110, 2, 1]])
        for failing in [bad, none] {
            let error = await #expect(throws: ServiceError.self) { _ = try await failing.value }
            #expect(error?.code == .engineFailed)
        }
        _ = try await first.value
        #expect(try await engine.embed(kit.request([.text("b")])).entries[0].vectors == [[98, 1, 1]])
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
    }

    @Test func `a caller that goes takes its texts along`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.text("a")])) }
        try await kit.until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let gone = Task {
            try await engine.embed(kit.request([EmbeddingInput](repeating: .tokens([99, 99]), count: 100)))
        }
        try await kit.until("it came") { engine.heartbeat.reading.live == 2 }
        gone.cancel()
        kit.record.gate.open()
        await #expect(throws: CancellationError.self) { _ = try await gone.value }
        _ = try await first.value
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        let computed = kit.record.batches.flatMap(\.self).count { $0 == [99, 99] }
        #expect(computed < 100)
    }

    @Test func `a task that was cancelled before it asked leaves nothing behind`() async throws {
        let engine = try await kit.engine()
        for _ in 0..<50 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await engine.embed(kit.request([.text("a")]))
            }
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
    }

    @Test func `a deadline that passes is an answer`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let first = Task { try await engine.embed(kit.request([.text("a")])) }
        try await kit.until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let late = Task { try await engine.embed(kit.request([.text("b")], deadline: .nanoseconds(1))) }
        try await kit.until("it came") { engine.heartbeat.reading.live == 2 }
        kit.record.gate.open()
        let error = await #expect(throws: ServiceError.self) { _ = try await late.value }
        #expect(error?.code == .timeout)
        _ = try await first.value
        await engine.stop()
    }

    @Test func `stopping answers everyone, and those who come later`() async throws {
        let engine = try await kit.engine()
        kit.record.gate.close()
        let tasks = try (0..<5).map { _ in
            let request = try kit.request([EmbeddingInput](repeating: .text("some text"), count: 50))
            return Task { try await engine.embed(request) }
        }
        try await kit.until("all came") { engine.heartbeat.reading.live == 5 }
        let stopping = Task { await engine.stop() }
        kit.record.gate.open()
        await stopping.value
        for task in tasks {
            // One that was done before the stop is fine; none hangs.
            if case .failure(let error) = await task.result {
                #expect((error as? ServiceError)?.code == .shuttingDown)
            }
        }
        let error = await #expect(throws: ServiceError.self) {
            _ = try await engine.embed(try kit.request([.text("a")]))
        }
        #expect(error?.code == .shuttingDown)
        #expect(engine.heartbeat.reading.live == 0)
    }

    @Test func `vectors have the length that was asked for`() async throws {
        let engine = try await kit.engine(norm: .power(2))
        func vector(_ norm: EmbeddingNorm?, _ dimensions: Int? = nil) async throws -> [Float] {
            try await engine.embed(kit.request([.tokens([30, 10])], dimensions: dimensions, norm: norm)).entries[0]
                .vectors[
                    0]
        }
        #expect(try await vector(.asGiven) == [40, 2, 1])
        let unit = try await vector(nil)
        #expect(abs(unit.reduce(0) { $0 + $1 * $1 } - 1) < 1e-6)
        #expect(try await vector(.power(1)) == ([40, 2, 1] as [Float]).map { $0 / 43 })
        #expect(try await vector(.largest) == [32_760, 1_638, 819])
        let cubic = try await vector(.power(3))
        #expect(abs(cubic.reduce(0) { $0 + $1 * $1 * $1 } - 1) < 1e-6)
        // Shortened first, so that the short vector has the length.
        let short = try await vector(nil, 2)
        #expect(short.count == 2 && abs(short.reduce(0) { $0 + $1 * $1 } - 1) < 1e-6)
        await engine.stop()
        #expect(EmbeddingNorm.power(2).applied(to: [0, 0]) == [0, 0])
        #expect(EmbeddingNorm.power(100).applied(to: [1e20, 0]) == [1, 0])
        #expect([-1, 0, 2].map(EmbeddingNorm.init(number:)) == [.asGiven, .largest, .power(2)])
    }

    @Test func `vectors of tokens are given to those who ask for them`() async throws {
        let engine = try await kit.engine(output: .tokens, norm: .power(2))
        let error = await #expect(throws: ServiceError.self) {
            _ = try await engine.embed(try kit.request([.text("a")]))
        }
        #expect(error?.code == .unsupported && error?.hint?.contains("--pooling") == true)
        let result = try await engine.embed(kit.request([.tokens([30, 10])], pooled: false))
        #expect(result.entries[0].vectors == [[30, 1, 1], [10, 1, 1]])
        await engine.stop()
    }

    @Test func `documents are scored with their query`() async throws {
        let pairs = PairForm(before: [1], between: [2, 3], after: [4])
        let engine = try await kit.engine(output: .scores, pairs: pairs)
        let result = try await engine.rerank(kit.reranking("q", ["a", "", "bb"]))
        #expect(result.scores == [220, 123, 319])
        #expect(result.promptTokens == 3 * 5 + 3)
        let tokens = kit.record.batches.flatMap(\.self)
        #expect(tokens.contains([1, 113, 2, 3, 97, 4]))
        let long = String(repeating: "x", count: 96)
        let refusals: [(RerankRequest, ServiceError.Code, String)] = [
            (try kit.reranking("", ["a"]), .invalidValue, "query"),
            (try kit.reranking("q", []), .invalidValue, "documents"),
            (try kit.reranking("q", ["a", long]), .contextLengthExceeded, "documents[1]"),
        ]
        for (request, code, parameter) in refusals {
            let error = await #expect(throws: ServiceError.self) { _ = try await engine.rerank(request) }
            #expect(error?.code == code && error?.parameter == parameter)
        }
        let error = await #expect(throws: ServiceError.self) {
            _ = try await engine.embed(try kit.request([.text("a")]))
        }
        #expect(error?.code == .notSupported)
        var cut = try kit.reranking("q", [long, "abc"])
        cut.truncatesDocuments = true
        cut.documentTokensMax = 96
        #expect(try await engine.rerank(cut).promptTokens == 100 + 8)
        cut.documentTokensMax = 2
        #expect(try await engine.rerank(cut).promptTokens == 7 + 7)
        await engine.stop()
    }

    @Test func `labels have probabilities`() async throws {
        let engine = try await kit.engine(output: .scores)
        var request = ClassificationRequest(
            id: try #require(RequestID("req_1")), model: ModelID(""), inputs: [.tokens([20]), .tokens([30])])
        let likely = try await engine.classify(request)
        #expect(likely.labels == ["fits"] && likely.entries.allSatisfy { (0.99...1).contains($0.scores[0]) })
        request.wantsProbabilities = false
        #expect(try await engine.classify(request).entries.map(\.scores) == [[20], [30]])
        await engine.stop()
        #expect(LabelScores.probabilities([0]) == [0.5])
        let several = LabelScores.probabilities([1_000, 1_000, -1_000])
        #expect(several == [0.5, 0.5, 0])
    }

    @Test func `a template for pairs keeps what people wrote as text`() throws {
        let form = PairForm(template: "<q>{query}</q>{x}<d>{document}</d>")
        func text(_ query: String, _ document: String) throws -> String {
            let tokens = try PairReader(form, query: query, tokenizer: ByteTokenizer()).sequence(
                document, documentTokensMax: nil, tokensMax: nil)
            return String(decoding: tokens.map(UInt8.init), as: UTF8.self)
        }
        #expect(try text("a", "b") == "<q>a</q>{x}<d>b</d>")
        #expect(try text("{document}", "{query}") == "<q>{document}</q>{x}<d>{query}</d>")
        #expect(try text("<|im_start|>", "") == "<q><|im_start|></q>{x}<d></d>")
        let reader = try PairReader(form, query: "q", tokenizer: ByteTokenizer())
        let cut = try reader.sequence(String(repeating: "ü", count: 50), documentTokensMax: nil, tokensMax: 30)
        #expect(cut.count <= 30 && cut.count >= 27)
        #expect(try reader.sequence("abcdef", documentTokensMax: 2, tokensMax: nil).count == 20)
    }

    @Test func `an engine that embeds writes no text, and one that writes does not embed`() async throws {
        let engine = try await kit.engine()
        let writing = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text("a"))
        let refused = await #expect(throws: ServiceError.self) { _ = try await engine.generate(writing) }
        #expect(refused?.code == .notSupported && refused?.hint?.contains("--embeddings") == true)
        let ranking = await #expect(throws: ServiceError.self) {
            _ = try await engine.rerank(try kit.reranking("q", ["a"]))
        }
        #expect(ranking?.code == .notSupported && ranking?.hint?.contains("--reranking") == true)
        #expect(await engine.models().map(\.id) == [ModelID("toy")])
        #expect(try engine.tokenize("ab", addsSpecial: false, parsesSpecial: false).map(\.token) == [97, 98])
        await #expect(throws: ServiceError.self) { _ = try await engine.cache() }
        await engine.stop()
    }
}
