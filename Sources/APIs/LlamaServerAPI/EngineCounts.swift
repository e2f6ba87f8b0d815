/// An engine's numbers since its start.
public struct EngineCounts: Sendable, Equatable {
    /// Prompt tokens that were computed, and those that came from the cache.
    public var promptTokens = 0
    public var cachedPromptTokens = 0
    public var promptSeconds = 0.0
    public var writtenTokens = 0
    public var writingSeconds = 0.0
    /// Steps of the model, and the slots in use added up over them.
    public var steps = 0
    public var busySlots = 0
    /// The most tokens that one sequence had.
    public var sequenceTokensMax = 0
    /// Requests that run now, and that wait.
    public var running = 0
    public var waiting = 0
    /// Drafted tokens, those of them that were right, and times that drafts were checked.
    public var draftTokens = 0
    public var acceptedDraftTokens = 0
    public var drafts = 0
    /// How often the draft's token at each place was right.
    public var acceptedAtPosition: [Int] = []

    public init() {}
}
