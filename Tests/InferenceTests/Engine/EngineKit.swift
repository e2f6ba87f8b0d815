import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// An engine over a scripted model, and what tests do with one.
struct EngineKit {
    let record: ScriptedRuntime.Record
    let engine: Engine<ByteTokenizer>

    /// Cells are enough for all sequences where nothing is said; `spare` sequences are the prefix cache's.
    init(
        context: Int = 400, sequences: Int = 4, batch: Int = 16, waiting: Int = 64, events: Int = 64,
        cells: Int? = nil, spare: Int = 32, memory: RuntimeShape.Memory = .cells, threads: Int = 1,
        chat: ChatTemplate? = nil, draft: ScriptedRuntime.Draft? = nil, set: (inout EngineOptions) -> Void = { _ in }
    ) async throws {
        let record = ScriptedRuntime.Record()
        self.record = record
        var options = EngineOptions(
            contextTokens: context, sequencesMax: sequences, batchTokensMax: batch, waitingMax: waiting,
            eventsMax: events)
        set(&options)
        var shape = RuntimeShape(
            memory: memory, cells: cells ?? context * (sequences + 2), sequences: sequences + spare,
            vocabulary: ScriptedRuntime.vocabulary, threads: threads)
        shape.canShift = memory == .cells
        shape.observedRowsMax = options.compression == nil ? 0 : batch
        let made = shape
        engine = try await Engine(
            served: ServedModel(id: ModelID("toy"), created: 0, contextTokens: context), tokenizer: ByteTokenizer(),
            chat: chat, options: options,
            makeDraft: draft.map { draft in
                { @Sendable () -> any ModelRuntime in draft.runtime(context: context, sequences: sequences) }
            },
            makeRuntime: { ScriptedRuntime(record: record, shape: made) })
    }

    func request(
        _ text: String, max: Int? = nil, _ set: (inout GenerationRequest) -> Void = { _ in }
    ) throws -> GenerationRequest {
        var request = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text(text), newTokensMax: max)
        set(&request)
        return request
    }

    func start(
        _ text: String, max: Int? = nil, _ set: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> any GenerationStream {
        try await engine.generate(try request(text, max: max, set))
    }

    struct Answer {
        var text = ""
        var events: [GenerationEvent] = []
        var end: GenerationEnd?
        var cached: Int { end?.usage.cachedTokens ?? -1 }
    }

    func read(_ stream: any GenerationStream) async throws -> Answer {
        var answer = Answer()
        for try await event in stream {
            switch event {
            case .text(let more): answer.text += more
            case .finished(let end): answer.end = end
            default: answer.events.append(event)
            }
        }
        return answer
    }

    @discardableResult
    func ask(
        _ text: String, max: Int? = nil, _ set: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Answer {
        try await read(try await start(text, max: max, set))
    }

    /// Asks for all texts at once, and expects each to come out as the script has it.
    func askAll(_ texts: [String], within limit: Duration = .seconds(20)) async throws {
        try await within(limit) {
            try await withThrowingTaskGroup { group in
                for text in texts {
                    group.addTask {
                        let answer = try await ask("=\(text)\n")
                        #expect(answer.text == text)
                        #expect(answer.end?.reason == .stop)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Starts an answer that never ends, and returns when it is being written. Cancel it to end it.
    func endless(
        _ text: String = "no script", _ set: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Task<Void, any Error> {
        let before = Set(try await engine.slots().filter { $0.state == .writing }.map(\.index))
        let stream = try await start(text, set)
        let task = Task { for try await _ in stream {} }
        try await wait {
            try await engine.slots().contains { $0.writtenTokens > 0 && !before.contains($0.index) }
        }
        return task
    }

    struct TookTooLong: Error {}

    /// Waits for what the engine's thread does next; gives up after a time that only a stuck one needs.
    func wait(until isTrue: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try await !isTrue() {
            guard ContinuousClock.now < deadline else { throw TookTooLong() }
            await Task.yield()
        }
    }

    /// Runs something that may hang when there is a bug.
    func within(_ limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TookTooLong()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Waits until nobody is served, looks whether everything was given back, and stops the engine.
    func finish() async throws {
        try await wait { engine.heartbeat.reading.live == 0 }
        let listing = try await engine.cache()
        #expect(try await engine.slots().allSatisfy { $0.state == .idle })
        #expect(listing.nodes.allSatisfy { $0.users == 0 })
        let hot = listing.nodes.filter { $0.tier == .memory }.reduce(0) { $0 + $1.tokens }
        #expect(listing.cellsUsed == hot, "cells are held by nobody")
        await engine.stop()
        #expect(record.log.withLock(\.violations) == [])
    }
}
