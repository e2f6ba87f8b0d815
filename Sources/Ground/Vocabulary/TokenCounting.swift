/// Something that can tell how long a prompt is without answering it.
public protocol TokenCounting: Sendable {
    /// Tokens of the prompt that a request would become, with its tools and its template: what `usage` would tell as
    /// `promptTokens`.
    ///
    /// - Parameter request: its bounds and constraints do not matter.
    /// - Returns: how many tokens; also when they do not fit the model's context.
    /// - Throws: a `ServiceError` when there is no such model, or when it cannot tell.
    func countTokens(of request: GenerationRequest) async throws -> Int
}

extension Generating {
    /// The name to answer with: the one that was asked for, or the one that stands in for none.
    public func servedName(for asked: ModelID) async -> ModelID {
        asked.name.isEmpty ? await models().first?.id ?? asked : asked
    }
}
