public import HTTPServing
public import Streaming
public import Vocabulary

/// Writes the events of one answer in a dialect.
public protocol AnswerEncoding: Sendable {
    /// What stands before everything else.
    mutating func start() -> [ServerSentEvent]

    /// What follows from an event. The last one ends the answer.
    ///
    /// - Throws: a `ServiceError` about an event that no answer can have.
    mutating func events(for event: GenerationEvent) throws(ServiceError) -> [ServerSentEvent]

    /// How the dialect tells that the answer ends before its end, with all that there is of it.
    mutating func failure(_ error: ServiceError) -> [ServerSentEvent]
}

extension AnswerEncoding {
    /// Writes an answer to its end.
    ///
    /// - Parameters:
    ///   - stream: the answer.
    ///   - writer: where to.
    ///   - ended: is called when everything is there, before the last events are written; what it throws is how the answer
    ///     ends.
    /// - Throws: `CancellationError` when the client is gone. Every other failure is written.
    public mutating func write(
        _ stream: any GenerationStream, to writer: BodyWriter, ended: (Self) async throws -> Void = { _ in }
    ) async throws {
        try await run(
            stream, tell: { try await writer.write(ServerSentEvent.comment($0)) },
            send: { events in for event in events { try await writer.write(event) } }, ended: ended)
    }

    /// Encodes an answer to its end.
    ///
    /// - Parameters:
    ///   - stream: the answer.
    ///   - tell: takes what is waited for, which is no event.
    ///   - send: takes the events.
    ///   - ended: is called when everything is there, before the last events are sent; what it throws is how the answer
    ///     ends.
    /// - Throws: `CancellationError` when the reader is gone. Every other failure is sent.
    public mutating func run(
        _ stream: any GenerationStream, tell: (String) async throws -> Void,
        send: ([ServerSentEvent]) async throws -> Void, ended: (Self) async throws -> Void = { _ in }
    ) async throws {
        var isFinished = false
        do {
            try await send(start())
            for try await event in stream {
                // A comment keeps the connection open and disturbs no client.
                if case .loading(let stage) = event {
                    try await tell(stage.description)
                    continue
                }
                let events = try events(for: event)
                if case .finished = event {
                    try await ended(self)
                    isFinished = true
                }
                try await send(events)
            }
            guard isFinished else { throw ServiceError.brokeOff }
        } catch let error where !(error is CancellationError) && !isFinished {
            let known =
                error as? ServiceError
                ?? ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what.")
            try await send(failure(known))
        }
    }
}

/// An answer that was collected to its end, part by part.
public struct CollectedAnswer: Sendable, Equatable {
    public let parts: [AnswerPart]
    public let warnings: [GenerationWarning]
    public let end: GenerationEnd

    /// Reads a stream to its end.
    ///
    /// - Parameter stream: the answer.
    /// - Throws: what the stream throws, or `engineFailed` when it ends without a finish.
    public init(collecting stream: any GenerationStream) async throws {
        var parts = AnswerParts()
        var warnings: [GenerationWarning] = []
        var last: GenerationEnd?
        for try await event in stream {
            _ = try parts.take(event)
            switch event {
            case .warning(let warning): warnings.append(warning)
            case .finished(let end): last = end
            default: break
            }
        }
        guard let last else { throw ServiceError.brokeOff }
        self.parts = parts.closed
        self.warnings = warnings
        end = last
    }
}
