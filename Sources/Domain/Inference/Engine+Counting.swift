public import Vocabulary

extension Engine: TokenCounting {
    /// Counts on the caller's task, exactly as admission does. See `TokenCounting`.
    public func countTokens(of request: GenerationRequest) async throws -> Int {
        try admission.countTokens(of: request)
    }
}
