import JSONText
import RequestScope
import Vocabulary

/// Writes one answer of a chat socket from its request to its last event, whoever reads it.
struct ChatSocketWriter: Sendable {
    let source: any Generating
    /// Of the answer.
    let request: RequestID
    let scheduling: SchedulingOptions
    /// Unix time in seconds.
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - body: as `/v1/chat/completions` reads it.
    ///   - fault: why it was ended by others than whoever reads it.
    ///   - tell: takes an event. What it throws ends the answer without a word, because nobody would hear it.
    /// - Throws: what `tell` throws.
    func write(
        _ body: JSONValue, fault: () -> ServiceError? = { nil }, to tell: (ChatSocketEvent) async throws -> Void
    ) async throws {
        var count = 0
        let failure: ServiceError
        do {
            try await write(body) { event in
                do {
                    try await tell(event)
                } catch let error as CancellationError {
                    throw error
                } catch {
                    throw Unheard(cause: error)
                }
                if event.sequence != nil { count += 1 }
            }
            return try await tell(.done("done", chunks: count))
        } catch let unheard as Unheard {
            throw unheard.cause
        } catch is CancellationError {
            guard let fault = fault() else { return try await tell(.done("cancelled", chunks: count)) }
            failure = fault
        } catch {
            failure =
                error as? ServiceError
                ?? ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what.")
        }
        try await tell(.error(failure, request))
        try await tell(.done("error", chunks: count))
    }

    /// What was told was not heard.
    private struct Unheard: Error {
        let cause: any Error
    }

    private func write(_ body: JSONValue, to tell: (ChatSocketEvent) async throws -> Void) async throws {
        var request = try CompletionRequest.chat(body.bytes, id: self.request, scheduling: scheduling)
        guard request.choicesPerPrompt == 1 else {
            throw ServiceError(
                .unsupported, "'n' is \(request.choicesPerPrompt); a socket has one answer for each start.",
                hint: "Start several.", parameter: "n")
        }
        request.isStreaming = true
        request.wishes.apply(to: &request.generation.reports, isStreaming: true)
        request.generation.scheduling.reportsLoading = true
        let model = await source.servedName(for: request.generation.model)
        let stream = try await source.generate(request.generation)
        var encoder = CompletionEncoder(request, model: model, created: now())
        var end: GenerationEnd?
        var sequence = 0
        for try await event in stream {
            if case .loading(let stage) = event { try await tell(.loading(stage.name)) }
            for chunk in encoder.chunks(for: event) {
                try await tell(.chunk(chunk, sequence))
                sequence += 1
            }
            if case .finished(let finished) = event { end = finished }
        }
        guard let end else {
            try Task.checkCancellation()
            throw ServiceError.brokeOff
        }
        try await tell(.chunk(encoder.chunk(usage: end.usage, timings: end.wireTimings), sequence))
    }
}
