public import Vocabulary

/// The bounds and defaults of one engine.
public struct EngineOptions: Sendable, Equatable {
    /// How tokens are chosen where a request says nothing.
    public var samplingDefaults = SamplingParameters.standard
    /// Tokens that prompt and answer of one request share.
    public var contextTokens: Int
    /// Sequences that are written at once.
    public var sequencesMax: Int
    /// Tokens that one step computes at most.
    public var batchTokensMax: Int
    /// Requests that may wait for a free sequence; one more is refused.
    public var waitingMax: Int
    /// Events that may wait for one reader before its sequence sits out.
    public var eventsMax: Int

    public init(
        contextTokens: Int, sequencesMax: Int = 8, batchTokensMax: Int = 512, waitingMax: Int = 256, eventsMax: Int = 64
    ) {
        precondition(batchTokensMax >= sequencesMax, "each running sequence needs one row of the batch")
        self.contextTokens = contextTokens
        self.sequencesMax = sequencesMax
        self.batchTokensMax = batchTokensMax
        self.waitingMax = waitingMax
        self.eventsMax = eventsMax
    }
}
