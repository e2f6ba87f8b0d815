import Vocabulary

/// The way of requests for vectors, ranks and classes to one deployment.
extension ModelGateway {
    /// Reads with a model: asks it inside a span, and notes who answers.
    ///
    /// - Parameters:
    ///   - reading: the request's id, what it asks for and how urgent it is.
    ///   - deployment: who is asked.
    ///   - onAsked: called when there is a server.
    ///   - send: asks.
    ///   - tokens: how many a result was computed from.
    /// - Returns: what `send` gives.
    /// - Throws: what `send` throws; `modelUnavailable`.
    func read<Result: Sendable>(
        _ reading: Reading, by deployment: Deployment, onAsked: () -> Void,
        _ send: (RemoteModel) async throws -> Result, tokens: (Result) -> Int
    ) async throws -> Result {
        let wish = wish(reading.scheduling, affinity: nil) { _ in }
        AnswerNotes.current?.note(model: deployment.name)
        return try await measures.measureReading(
            reading.id, model: deployment.id, operation: reading.operation
        ) {
            try await ask(deployment, wish, onAsked: onAsked, send).value
        } tokens: {
            tokens($0)
        }
    }

    /// What is the same in all requests that are read and not answered in words.
    struct Reading: Sendable {
        let id: RequestID
        let model: ModelID
        /// `embeddings`, `rerank` or `classify`.
        let operation: String
        let scheduling: SchedulingOptions
    }
}
