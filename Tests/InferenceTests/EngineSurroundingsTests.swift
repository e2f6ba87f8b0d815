import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// The engine together with what is outside of it: the model's hash, and the shelf.
@Suite(.timeLimit(.minutes(1))) struct EngineSurroundingsTests {
    private let record = ScriptedRuntime.Record()

    private func engine(
        identity: EngineIdentity = .unknown, shelf: MemoryShelf? = nil
    ) async throws -> Engine<ByteTokenizer> {
        var options = EngineOptions(contextTokens: 200)
        options.identity = identity
        return try await Engine(
            served: ServedModel(id: ModelID("toy"), created: 0, contextTokens: 200), tokenizer: ByteTokenizer(),
            chat: nil, options: options, shelf: shelf,
            makeRuntime: { [record] in
                ScriptedRuntime(
                    record: record,
                    shape: RuntimeShape(cells: 2_000, sequences: 40, vocabulary: ScriptedRuntime.vocabulary))
            })
    }

    private func end(
        _ engine: Engine<ByteTokenizer>, _ text: String, isReproducible: Bool = false
    ) async throws -> GenerationEnd {
        var request = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text(text))
        request.isReproducible = isReproducible
        request.sampling.seed = 7
        var end: GenerationEnd?
        for try await event in try await engine.generate(request) {
            if case .finished(let last) = event { end = last }
        }
        return try #require(end)
    }

    @Test func `a receipt has the hash that was asked for, and nobody else waits for one`() async throws {
        let asked = Atomic(0)
        let identity = EngineIdentity(
            modelHash: {
                asked.add(1, ordering: .relaxed)
                await Task.yield()
                return "abc"
            }, templateHash: "def", build: "test")
        let engine = try await engine(identity: identity)
        #expect(try await end(engine, "say=hello\n").receipt == nil)
        #expect(asked.load(ordering: .relaxed) == 0)
        #expect(
            try await end(engine, "say=hello\n", isReproducible: true).receipt
                == ReproductionReceipt(model: "abc", template: "def", seed: 7, build: "test"))
        #expect(asked.load(ordering: .relaxed) == 1)
        await engine.stop()
    }

    @Test func `a request that is refused asks for no hash`() async throws {
        let asked = Atomic(0)
        let identity = EngineIdentity(
            modelHash: {
                asked.add(1, ordering: .relaxed)
                return ""
            }, templateHash: nil, build: "")
        let engine = try await engine(identity: identity)
        await #expect(throws: ServiceError.self) {
            try await end(engine, String(repeating: "x", count: 300), isReproducible: true)
        }
        #expect(asked.load(ordering: .relaxed) == 0)
        await engine.stop()
    }

    @Test func `an engine that was stopped left its prefixes for the next one`() async throws {
        let shelf = MemoryShelf()
        let prompt = "a prompt that is long enough to be kept, say=hello\n"
        let first = try await engine(shelf: shelf)
        #expect(try await end(first, prompt).cache?.tier == CacheReport.Tier.none)
        await first.stop()
        let second = try await engine(shelf: shelf)
        let report = try #require(try await end(second, prompt).cache)
        #expect((report.tier, report.cachedTokens) == (.disk, prompt.utf8.count - 1))
        await second.stop()
        #expect(record.log.withLock(\.violations) == [])
    }

    @Test func `an engine without work puts away what was used again`() async throws {
        let shelf = MemoryShelf()
        let prompt = "a prompt that is long enough to be kept, say=hello\n"
        let engine = try await engine(shelf: shelf)
        for _ in 0..<4 { _ = try await end(engine, prompt) }
        let deadline = ContinuousClock.now + .seconds(20)
        while shelf.paths.isEmpty {
            try #require(ContinuousClock.now < deadline, "nothing was put away while the engine had nothing to do")
            await Task.yield()
        }
        #expect(prompt.utf8.map(Int32.init).starts(with: shelf.paths[0]))
        await engine.stop()
    }
}
