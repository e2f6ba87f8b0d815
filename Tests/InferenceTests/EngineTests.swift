import Synchronization
import Testing
import Vocabulary

@testable import Inference

@Suite(.timeLimit(.minutes(1))) struct EngineTests {
    private let record = ScriptedRuntime.Record()

    private func engine(
        context: Int = 200, sequences: Int = 4, batch: Int = 16, waiting: Int = 64, events: Int = 64
    ) async throws -> Engine<ByteTokenizer> {
        try await Engine(
            served: ServedModel(id: ModelID("toy"), created: 0, contextTokens: context), tokenizer: ByteTokenizer(),
            chat: nil,
            options: EngineOptions(
                contextTokens: context, sequencesMax: sequences, batchTokensMax: batch, waitingMax: waiting,
                eventsMax: events),
            makeRuntime: { [record] in
                ScriptedRuntime(
                    record: record,
                    shape: RuntimeShape(
                        cells: context * sequences, sequences: sequences + 32, vocabulary: ScriptedRuntime.vocabulary))
            })
    }

    private func request(_ text: String, max: Int? = nil, stop: [String] = []) throws -> GenerationRequest {
        GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text(text), newTokensMax: max,
            stop: stop)
    }

    private func answer(_ stream: any GenerationStream) async throws -> (text: String, end: GenerationEnd?) {
        var text = ""
        var end: GenerationEnd?
        for try await event in stream {
            switch event {
            case .text(let more): text += more
            case .finished(let last): end = last
            default: break
            }
        }
        return (text, end)
    }

    private func waitUntilIdle(_ engine: Engine<ByteTokenizer>) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while engine.heartbeat.reading.live > 0 {
            try #require(ContinuousClock.now < deadline, "generations were still live after 10 s")
            await Task.yield()
        }
    }

    @Test func `an answer comes whole, with its usage`() async throws {
        let engine = try await engine()
        let (text, end) = try await answer(try await engine.generate(request("say=hello\n")))
        #expect(text == "hello")
        #expect(end?.reason == .stop)
        #expect(end?.usage == TokenUsage(promptTokens: 10, completionTokens: 6))
        await engine.stop()
        #expect(record.log.withLock(\.violations) == [])
    }

    @Test func `the limit of new tokens ends the answer with length`() async throws {
        let engine = try await engine()
        let (text, end) = try await answer(try await engine.generate(request("say=hello\n", max: 3)))
        #expect(text == "hel")
        #expect(end?.reason == .length)
        await engine.stop()
    }

    @Test func `the end of the context ends the answer with length`() async throws {
        let engine = try await engine(context: 12)
        let (text, end) = try await answer(try await engine.generate(request("say=hello\n", max: 1_000)))
        #expect(text == "he")
        #expect(end?.reason == .length)
        await engine.stop()
    }

    @Test func `a stop text ends the answer before it`() async throws {
        let engine = try await engine()
        let (text, end) = try await answer(try await engine.generate(request("say=one. two\n", stop: [". t"])))
        #expect(text == "one")
        #expect(end?.reason == .stop)
        await engine.stop()
    }

    @Test func `many answers are written together and none is mixed up`() async throws {
        let engine = try await engine(sequences: 4, batch: 8, waiting: 200)
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    let (text, _) = try await answer(try await engine.generate(request("n=answer-\(number)\n")))
                    #expect(text == "answer-\(number)")
                }
            }
            try await group.waitForAll()
        }
        try await waitUntilIdle(engine)
        await engine.stop()
        let log = record.log.withLock { $0 }
        #expect(log.violations == [])
        #expect(log.steps.allSatisfy { $0.values.reduce(0, +) <= 8 })
        #expect(log.steps.contains { $0.count > 1 }, "no step computed two sequences together")
    }

    @Test func `a reader that goes frees its slot`() async throws {
        let engine = try await engine(context: 5_000, sequences: 1)
        for _ in 0..<20 {
            let stream = try await engine.generate(request("say=\(String(repeating: "x", count: 2_000))\n"))
            for try await event in stream { if case .text = event { break } }
        }
        let (text, _) = try await answer(try await engine.generate(request("say=next\n")))
        #expect(text == "next")
        try await waitUntilIdle(engine)
        await engine.stop()
        #expect(record.log.withLock(\.violations) == [])
    }

    @Test func `a slow reader sits out while others are served`() async throws {
        let engine = try await engine(context: 5_000, events: 4)
        let long = String(repeating: "y", count: 300)
        let slow = try await engine.generate(request("say=\(long)\n"))
        var text = ""
        for try await event in slow {
            switch event {
            case .started:
                // While this reader reads nothing, five others are served.
                for _ in 0..<5 {
                    let (text, _) = try await answer(try await engine.generate(request("say=quick\n")))
                    #expect(text == "quick")
                }
            case .text(let more): text += more
            default: break
            }
        }
        #expect(text == long)
        await engine.stop()
    }

    @Test func `one request more than may wait is refused with a time to come back`() async throws {
        let engine = try await engine(sequences: 1, waiting: 2)
        record.gate.close()
        var streams: [any GenerationStream] = []
        for _ in 0..<3 { streams.append(try await engine.generate(request("say=a\n"))) }
        let refusal = await #expect(throws: ServiceError.self) { try await engine.generate(request("say=a\n")) }
        #expect(refusal?.code == .overloaded)
        #expect(refusal?.retryAfter == .seconds(1))
        record.gate.open()
        for stream in streams { #expect(try await answer(stream).text == "a") }
        await engine.stop()
    }

    @Test func `a failing step tells its callers and the next request is served`() async throws {
        let engine = try await engine()
        record.failingStep.store(3, ordering: .relaxed)
        let failure = await #expect(throws: ServiceError.self) {
            try await answer(try await engine.generate(request("say=hello\n")))
        }
        #expect(failure?.code == .engineFailed)
        #expect(try await answer(try await engine.generate(request("say=again\n"))).text == "again")
        await engine.stop()
        #expect(record.log.withLock(\.violations) == [])
    }

    @Test func `stopping ends running and waiting answers with an error`() async throws {
        let engine = try await engine(context: 100_000, sequences: 1)
        let running = try await engine.generate(request("no script"))
        let waiting = try await engine.generate(request("say=a\n"))
        await engine.stop()
        for stream in [running, waiting] {
            let failure = await #expect(throws: ServiceError.self) { try await answer(stream) }
            #expect(failure?.code == .shuttingDown)
        }
    }

    @Test func `a request after the stop is refused and counted nowhere`() async throws {
        let engine = try await engine()
        await engine.stop()
        let failure = await #expect(throws: ServiceError.self) { try await engine.generate(request("say=a\n")) }
        #expect(failure?.code == .shuttingDown)
        #expect(engine.heartbeat.reading.live == 0)
    }

    @Test func `requests that race with the stop all end`() async throws {
        for _ in 0..<20 {
            let engine = try await engine(context: 10_000)
            await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        // Refused, broken off or answered: anything but waiting for ever.
                        do { _ = try await answer(try await engine.generate(request("no script"))) } catch {}
                    }
                }
                group.addTask { await engine.stop() }
                await group.waitForAll()
            }
            #expect(engine.heartbeat.reading.live == 0)
        }
    }

    @Test func `an engine whose model cannot be made says why`() async {
        await #expect(throws: ScriptedRuntime.Broken.self) {
            _ = try await Engine(
                served: ServedModel(id: ModelID("toy"), created: 0), tokenizer: ByteTokenizer(), chat: nil,
                options: EngineOptions(contextTokens: 10),
                makeRuntime: { () throws -> ScriptedRuntime in throw ScriptedRuntime.Broken() })
        }
    }
}
