import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite(.timeLimit(.minutes(1))) struct EmbeddingEngineTests {
    private let record = ScriptedEmbeddings.Record()

    private func engine(
        output: EmbeddingShape.Output = .sequences, waiting: Int = 64, norm: EmbeddingNorm = .asGiven,
        pairs: PairForm = PairForm()
    ) async throws -> EmbeddingEngine<ByteTokenizer> {
        try await EmbeddingEngine(
            served: ServedModel(id: ModelID("toy"), created: 0, contextTokens: 100), tokenizer: ByteTokenizer(),
            options: EmbeddingOptions(norm: norm, waitingMax: waiting, pairs: pairs),
            makeRuntime: { [record] in ScriptedEmbeddings(record: record, output: output) })
    }

    private func request(
        _ inputs: [EmbeddingInput], dimensions: Int? = nil, norm: EmbeddingNorm? = nil, pooled: Bool = true,
        deadline: Duration? = nil, model: String = "toy"
    ) throws -> EmbeddingRequest {
        EmbeddingRequest(
            id: try #require(RequestID("req_1")), model: ModelID(model), inputs: inputs, dimensions: dimensions,
            norm: norm, needsPooling: pooled, deadline: deadline)
    }

    private func reranking(_ query: String, _ documents: [String]) throws -> RerankRequest {
        RerankRequest(
            id: try #require(RequestID("req_1")), model: ModelID(""), query: query, documents: documents)
    }

    /// What the scripted model gives for a sequence.
    private func vector(_ tokens: [Int32]) -> [Float] { [Float(tokens.reduce(0, +)), Float(tokens.count), 1] }

    private func until(_ what: Comment, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < deadline, what)
            await Task.yield()
        }
    }

    @Test func `each input gets its own vectors, in order, whatever else is computed`() async throws {
        let engine = try await engine()
        try await withThrowingTaskGroup { group in
            for caller in 0..<40 {
                group.addTask {
                    var random = SeededRandom(seed: UInt64(caller))
                    let inputs = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                        (0..<Int.random(in: 1...100, using: &random)).map { _ in
                            Int32.random(in: 20...200, using: &random)
                        }
                    }
                    let result = try await engine.embed(self.request(inputs.map { .tokens($0) }))
                    #expect(result.entries.map(\.vectors) == inputs.map { [self.vector($0)] })
                    #expect(result.entries.map(\.tokenCount) == inputs.map(\.count))
                    #expect(result.model == ModelID("toy"))
                }
            }
            try await group.waitForAll()
        }
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        for batch in record.batches {
            let tokens = batch.reduce(0) { $0 + $1.count }
            #expect(batch.count <= 8 && (tokens <= 50 || batch.count == 1))
        }
    }

    @Test func `texts of different callers share a batch`() async throws {
        let engine = try await engine()
        record.gate.close()
        let first = Task { try await engine.embed(request([.text("a")])) }
        // The first is on the thread; the others gather behind it.
        try await until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let others = try (0..<3).map { index in
            let request = try request([.text("b\(index)"), .text("c\(index)")])
            return Task { try await engine.embed(request) }
        }
        try await until("all came") { engine.heartbeat.reading.live == 4 }
        record.gate.open()
        _ = try await first.value
        for other in others { #expect(try await other.value.entries.count == 2) }
        await engine.stop()
        let batches = record.batches
        #expect(batches.contains { batch in batch.count >= 3 }, "\(batches.map(\.count))")
    }

    @Test func `what is asked for wrongly is refused with the field's name`() async throws {
        let engine = try await engine()
        let cases: [(EmbeddingRequest, ServiceError.Code, String?)] = [
            (try request([]), .invalidValue, "input"), (try request([.text("")]), .invalidValue, "input"),
            (try request([.text("a"), .text("")]), .invalidValue, "input[1]"),
            (try request([.tokens([])]), .invalidValue, "input"),
            (try request([.tokens([5, 257])]), .invalidValue, "input"),
            (try request([.tokens([-1])]), .invalidValue, "input"),
            (try request([.text(String(repeating: "x", count: 101))]), .contextLengthExceeded, "input"),
            (try request([.text("a")], dimensions: 4), .invalidValue, "dimensions"),
            (try request([.text("a")], dimensions: 0), .invalidValue, "dimensions"),
            (try request([.text("a")], model: "other"), .modelNotFound, "model"),
            (try request([EmbeddingInput](repeating: .text("a"), count: 2_049)), .invalidValue, "input"),
        ]
        for (request, code, parameter) in cases {
            let error = await #expect(throws: ServiceError.self) { _ = try await engine.embed(request) }
            #expect(error?.code == code && error?.parameter == parameter, "\(error.debugDescription)")
        }
        let long = await #expect(throws: ServiceError.self) {
            _ = try await engine.embed(try request([.text(String(repeating: "x", count: 101))]))
        }
        #expect(long?.message.contains("101") == true && long?.message.contains("100") == true)
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        #expect(record.batches.isEmpty)
    }

    @Test func `one text that cannot be computed does not take others with it`() async throws {
        let engine = try await engine()
        record.gate.close()
        let first = Task { try await engine.embed(request([.text("a")])) }
        try await until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let good = Task { try await engine.embed(request([.tokens([50, 60])])) }
        let bad = Task { try await engine.embed(request([.tokens([50]), .tokens([13])])) }
        let none = Task { try await engine.embed(request([.tokens([14, 50])])) }
        try await until("all came") { engine.heartbeat.reading.live == 4 }
        record.gate.open()
        #expect(try await good.value.entries[0].vectors == [[110, 2, 1]])
        for failing in [bad, none] {
            let error = await #expect(throws: ServiceError.self) { _ = try await failing.value }
            #expect(error?.code == .engineFailed)
        }
        _ = try await first.value
        #expect(try await engine.embed(request([.text("b")])).entries[0].vectors == [[98, 1, 1]])
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
    }

    @Test func `a full queue refuses with a time to wait, and has room again`() async throws {
        let engine = try await engine(waiting: 2)
        record.gate.close()
        let first = Task { try await engine.embed(request([.text("a")])) }
        try await until("the first was taken") { engine.heartbeat.reading.live == 1 }
        var waiting: [Task<EmbeddingResult, any Error>] = []
        var refused: ServiceError?
        // The first may be counted as waiting still, so two or one more have room.
        for _ in 0..<4 where refused == nil {
            let before = engine.heartbeat.reading.live
            let isDone = Atomic(false)
            let next = Task {
                defer { isDone.store(true, ordering: .releasing) }
                return try await engine.embed(request([.text("b")]))
            }
            try await until("an answer or a place") {
                engine.heartbeat.reading.live > before || isDone.load(ordering: .acquiring)
            }
            if engine.heartbeat.reading.live > before {
                waiting.append(next)
            } else {
                refused = await #expect(throws: ServiceError.self) { _ = try await next.value }
            }
        }
        #expect(refused?.code == .overloaded && (refused?.retryAfter ?? .zero) >= .seconds(1))
        #expect((1...2).contains(waiting.count))
        record.gate.open()
        for task in [first] + waiting { _ = try await task.value }
        #expect(try await engine.embed(request([.text("c")])).entries.count == 1)
        await engine.stop()
    }

    @Test func `a caller that goes takes its texts along`() async throws {
        let engine = try await engine()
        record.gate.close()
        let first = Task { try await engine.embed(request([.text("a")])) }
        try await until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let gone = Task {
            try await engine.embed(request([EmbeddingInput](repeating: .tokens([99, 99]), count: 100)))
        }
        try await until("it came") { engine.heartbeat.reading.live == 2 }
        gone.cancel()
        record.gate.open()
        await #expect(throws: CancellationError.self) { _ = try await gone.value }
        _ = try await first.value
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
        let computed = record.batches.flatMap(\.self).count { $0 == [99, 99] }
        #expect(computed < 100)
    }

    @Test func `a task that was cancelled before it asked leaves nothing behind`() async throws {
        let engine = try await engine()
        for _ in 0..<50 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await engine.embed(request([.text("a")]))
            }
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
        #expect(engine.heartbeat.reading.live == 0)
        await engine.stop()
    }

    @Test func `a deadline that passes is an answer`() async throws {
        let engine = try await engine()
        record.gate.close()
        let first = Task { try await engine.embed(request([.text("a")])) }
        try await until("the first was taken") { engine.heartbeat.reading.live == 1 }
        let late = Task { try await engine.embed(request([.text("b")], deadline: .nanoseconds(1))) }
        try await until("it came") { engine.heartbeat.reading.live == 2 }
        record.gate.open()
        let error = await #expect(throws: ServiceError.self) { _ = try await late.value }
        #expect(error?.code == .timeout)
        _ = try await first.value
        await engine.stop()
    }

    @Test func `stopping answers everyone, and those who come later`() async throws {
        let engine = try await engine()
        record.gate.close()
        let tasks = try (0..<5).map { _ in
            let request = try request([EmbeddingInput](repeating: .text("some text"), count: 50))
            return Task { try await engine.embed(request) }
        }
        try await until("all came") { engine.heartbeat.reading.live == 5 }
        let stopping = Task { await engine.stop() }
        record.gate.open()
        await stopping.value
        for task in tasks {
            // One that was done before the stop is fine; none hangs.
            if case .failure(let error) = await task.result {
                #expect((error as? ServiceError)?.code == .shuttingDown)
            }
        }
        let error = await #expect(throws: ServiceError.self) { _ = try await engine.embed(try request([.text("a")])) }
        #expect(error?.code == .shuttingDown)
        #expect(engine.heartbeat.reading.live == 0)
    }

    @Test func `vectors have the length that was asked for`() async throws {
        let engine = try await engine(norm: .power(2))
        func vector(_ norm: EmbeddingNorm?, _ dimensions: Int? = nil) async throws -> [Float] {
            try await engine.embed(request([.tokens([30, 10])], dimensions: dimensions, norm: norm)).entries[0].vectors[
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
        let engine = try await engine(output: .tokens, norm: .power(2))
        let error = await #expect(throws: ServiceError.self) { _ = try await engine.embed(try request([.text("a")])) }
        #expect(error?.code == .unsupported && error?.hint?.contains("--pooling") == true)
        let result = try await engine.embed(request([.tokens([30, 10])], pooled: false))
        #expect(result.entries[0].vectors == [[30, 1, 1], [10, 1, 1]])
        await engine.stop()
    }

    @Test func `documents are scored with their query`() async throws {
        let pairs = PairForm(before: [1], between: [2, 3], after: [4])
        let engine = try await engine(output: .scores, pairs: pairs)
        let result = try await engine.rerank(reranking("q", ["a", "", "bb"]))
        #expect(result.scores == [220, 123, 319])
        #expect(result.promptTokens == 3 * 5 + 3)
        let tokens = record.batches.flatMap(\.self)
        #expect(tokens.contains([1, 113, 2, 3, 97, 4]))
        let long = String(repeating: "x", count: 96)
        let refusals: [(RerankRequest, ServiceError.Code, String)] = [
            (try reranking("", ["a"]), .invalidValue, "query"), (try reranking("q", []), .invalidValue, "documents"),
            (try reranking("q", ["a", long]), .contextLengthExceeded, "documents[1]"),
        ]
        for (request, code, parameter) in refusals {
            let error = await #expect(throws: ServiceError.self) { _ = try await engine.rerank(request) }
            #expect(error?.code == code && error?.parameter == parameter)
        }
        let error = await #expect(throws: ServiceError.self) { _ = try await engine.embed(try request([.text("a")])) }
        #expect(error?.code == .unsupported)
        await engine.stop()
    }

    @Test func `a template for pairs keeps what people wrote as text`() throws {
        let form = PairForm(template: "<q>{query}</q>{x}<d>{document}</d>")
        func text(_ query: String, _ document: String) throws -> String {
            let tokens = try form.sequences(query: query, documents: [document], tokenizer: ByteTokenizer())[0]
            return String(decoding: tokens.map(UInt8.init), as: UTF8.self)
        }
        #expect(try text("a", "b") == "<q>a</q>{x}<d>b</d>")
        #expect(try text("{document}", "{query}") == "<q>{document}</q>{x}<d>{query}</d>")
        #expect(try text("<|im_start|>", "") == "<q><|im_start|></q>{x}<d></d>")
    }

    @Test func `an engine that embeds writes no text, and one that writes does not embed`() async throws {
        let engine = try await engine()
        let writing = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text("a"))
        let refused = await #expect(throws: ServiceError.self) { _ = try await engine.generate(writing) }
        #expect(refused?.code == .unsupported && refused?.hint?.contains("--embeddings") == true)
        let ranking = await #expect(throws: ServiceError.self) {
            _ = try await engine.rerank(try reranking("q", ["a"]))
        }
        #expect(ranking?.code == .unsupported && ranking?.hint?.contains("--reranking") == true)
        #expect(await engine.models().map(\.id) == [ModelID("toy")])
        #expect(try engine.tokenize("ab", addsSpecial: false, parsesSpecial: false).map(\.token) == [97, 98])
        await #expect(throws: ServiceError.self) { _ = try await engine.cache() }
        await engine.stop()
    }
}
