public import ChatFormats
public import JSONText
public import Vocabulary

/// The bounds and defaults of one engine.
public struct EngineOptions: Sendable {
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
    /// Whether to measure in which groups rows are computed fastest, before the first request.
    public var groupsRows = false
    /// Between throughput (0) and latency (1).
    public var latencyBias = 0.5
    public var cache = CacheLimits()
    /// Whether requests may use the prefix cache at all.
    public var usesCache = true
    /// Answers that outgrow the context go on, and what goes first; `nil` ends them. Only for models that can.
    public var contextShift: ContextShift?
    /// Long sequences keep a part of their positions only. Only for models that can be observed.
    public var compression: CompressionPolicy?
    /// Clients save and restore what slots hold: a request that names its slot takes what that slot holds, and nothing else.
    public var slotsAreKept = false
    /// Tokens of an answer where a request says nothing; `nil` is as many as fit.
    public var newTokensDefault: Int?
    /// Stop texts where a request has none.
    public var stopDefault: [String] = []
    /// No request's answer ends by the model's own end.
    public var ignoresEnd = false
    /// What answers must look like where a request says nothing and has no tools.
    public var constraintDefault: OutputConstraint?
    /// No request may take longer than this.
    public var deadlineMax: Duration?
    /// Thinking where a request says nothing.
    public var reasoning = ReasoningOptions()
    /// Variables for the chat template where a request says nothing.
    public var templateVariables: JSONObject = [:]
    /// Whether a chat whose last message is the assistant's goes on from its middle.
    public var continuesLastMessage = true
    /// Whether gaps are told with what follows before what goes before.
    public var putsSuffixFirst = false
    /// How the model writes tool calls and thinking.
    public var format = ChatFormat.generic
    public var identity = EngineIdentity.unknown
    /// Guessing tokens ahead.
    public var speculation = SpeculationOptions()
    /// Told once when the draft model fails: answers go on without it. Called on the engine's thread.
    public var draftFailed: @Sendable (any Error) -> Void = { _ in }
    public var adapters = AdapterOptions()
    /// What reads images and recordings; `nil` where the model reads text only.
    public var media: (any MediaReading)?
    /// Rows of an image that can be computed together.
    public var wholeChunkMax: Int

    public init(
        contextTokens: Int, sequencesMax: Int = 8, batchTokensMax: Int = 512, waitingMax: Int = 256, eventsMax: Int = 64
    ) {
        precondition(batchTokensMax >= sequencesMax, "each running sequence needs one row of the batch")
        self.contextTokens = contextTokens
        self.sequencesMax = sequencesMax
        self.batchTokensMax = batchTokensMax
        self.waitingMax = waitingMax
        self.eventsMax = eventsMax
        wholeChunkMax = batchTokensMax
    }
}
