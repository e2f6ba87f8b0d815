import HTTPServing
import JSONText
import Streaming
import Synchronization
import Vocabulary

/// The answers to one request, which are written side by side: one generation for each prompt and each of its `n` choices.
///
/// When one fails, or when the client goes, all of them are ended.
///
/// A stream that waits keeps the frames of its `async` functions. So this is a reference, and what is large stays out of
/// those functions: in others, which are not inlined.
final class ChoiceGroup: Sendable {
    private let request: CompletionRequest
    private let model: ModelID
    private let created: Int64
    private let streams: [any GenerationStream]

    /// Starts every choice.
    ///
    /// - Parameters:
    ///   - request: what was asked for.
    ///   - source: what answers.
    ///   - created: Unix time in seconds.
    /// - Throws: what `source` throws when it refuses one; those that were started are dropped, which ends them.
    init(starting request: CompletionRequest, _ source: any Generating, created: Int64) async throws {
        self.request = request
        self.created = created
        // The name to answer with.
        model = await source.servedName(for: request.generation.model)
        var streams: [any GenerationStream] = []
        if request.isSingle {
            streams.append(try await source.generate(request.generation))
        } else {
            for generation in request.generations { streams.append(try await source.generate(generation)) }
        }
        self.streams = streams
    }

    // MARK: Whole

    /// The JSON text of an answer that is not streamed.
    func whole() async throws -> [UInt8] {
        if streams.count == 1 { return encoded([try await CompletionAnswer(collecting: streams[0])]) }
        return encoded(try await answersSideBySide())
    }

    @inline(never)
    private func answersSideBySide() async throws -> [CompletionAnswer] {
        try await withThrowingTaskGroup(of: (Int, CompletionAnswer).self) { group in
            for (index, stream) in streams.enumerated() {
                group.addTask { (index, try await CompletionAnswer(collecting: stream)) }
            }
            var answers: [Int: CompletionAnswer] = [:]
            for try await (index, answer) in group { answers[index] = answer }
            return answers.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    @inline(never)
    private func encoded(_ answers: [CompletionAnswer]) -> [UInt8] {
        request.isNative
            ? NativeAnswer(request, model: model).value(answers).bytes
            : WholeAnswer(request, model: model, created: created).bytes(answers)
    }

    // MARK: As a stream

    /// Writes the chunks of all choices as they come, and what they used in the end.
    ///
    /// - Throws: `CancellationError` when the client is gone. Every other failure is written.
    func write(to writer: BodyWriter) async throws {
        let ledger = Ledger(count: streams.count)
        do {
            if streams.count == 1 {
                try await write(0, to: writer, nil, ledger)
            } else {
                try await writeSideBySide(to: writer, ledger)
            }
            if request.includesUsage, !request.isNative { try await writer.write(usage(ledger)) }
        } catch let error where !(error is CancellationError) {
            try await write(error, unfinished: ledger.unfinished, to: writer)
        }
        // llama-server's own streams end with the last answer.
        if !request.isNative { try await writer.write(ServerSentEvent(data: "[DONE]")) }
    }

    @inline(never)
    private func writeSideBySide(to writer: BodyWriter, _ ledger: Ledger) async throws {
        let turns = Turns()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in streams.indices {
                group.addTask { try await self.write(index, to: writer, turns, ledger) }
            }
            // Not `waitForAll`, which lets the others go on to their ends when one fails.
            for try await _ in group {}
        }
    }

    @inline(never)
    private func usage(_ ledger: Ledger) -> [UInt8] {
        let encoder = CompletionEncoder(request, model: model, created: created)
        let timings = streams.count == 1 ? ledger.end(0)?.wireTimings : nil
        return Self.event(encoder.chunk(usage: ledger.usage(request), timings: timings))
    }

    /// Writes one choice. Beside others its chunks wait for their turn one by one, so that none is ahead for long.
    private func write(_ index: Int, to writer: BodyWriter, _ turns: Turns?, _ ledger: Ledger) async throws {
        var encoder = encoder(index)
        var reader = EventReader(streams[index])
        var isFinished = false
        // Nothing comes after the finish, so the stream's end is not waited for.
        while !isFinished {
            var next = try reader.nextReady()
            if next == nil { next = try await reader.next() }
            guard let event = next else { throw ServiceError.brokeOff }
            // A comment keeps the connection open and disturbs no client.
            if case .loading(let stage) = event { try await writer.write(ServerSentEvent.comment(stage.description)) }
            let bytes = encoder.encoded(event)
            if !bytes.isEmpty {
                if let turns {
                    try await turns.take { try await writer.write(bytes) }
                } else {
                    try await writer.write(bytes)
                }
            }
            isFinished = ledger.note(index, event)
        }
    }

    @inline(never)
    private func write(_ error: any Error, unfinished: [Int], to writer: BodyWriter) async throws {
        let known =
            error as? ServiceError
            ?? ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what.")
        try await writer.write(Self.event(CompletionEncoder.error(known, requestID: request.generation.id)))
        for index in unfinished {
            var encoder = encoder(index)
            for chunk in encoder.failed() { try await writer.write(Self.event(chunk)) }
        }
    }

    @inline(never)
    private static func event(_ chunk: JSONValue) -> [UInt8] { ServerSentEvent(data: chunk.text).encoded }

    private func encoder(_ index: Int) -> any ChoiceEncoding {
        guard !request.isNative else { return NativeEncoder(request, model: model, choice: index) }
        return CompletionEncoder(request, model: model, created: created, choice: index)
    }
}

/// Which choices are finished, and what they used.
private final class Ledger: Sendable {
    private let count: Int
    private let ends = Mutex<[Int: GenerationEnd]>([:])

    init(count: Int) { self.count = count }

    /// - Returns: whether the event is the choice's last one.
    @inline(never)
    func note(_ index: Int, _ event: GenerationEvent) -> Bool {
        guard case .finished(let end) = event else { return false }
        ends.withLock { $0[index] = end }
        return true
    }

    func end(_ index: Int) -> GenerationEnd? { ends.withLock { $0[index] } }
    var unfinished: [Int] { ends.withLock { ends in (0..<count).filter { ends[$0] == nil } } }

    func usage(_ request: CompletionRequest) -> TokenUsage {
        let told = ends.withLock { ends in (0..<count).compactMap { ends[$0]?.usage } }
        return TokenUsage(sumOf: told, choicesPerPrompt: request.choicesPerPrompt)
    }
}
