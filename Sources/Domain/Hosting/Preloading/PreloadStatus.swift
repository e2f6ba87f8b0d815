public import Vocabulary

/// What was learned of the use of models, and which should be there now: the answer of `GET /api/v1/memory/preloading`.
public struct PreloadStatus: Sendable, Equatable {
    /// The minute of the week by the server's clock.
    public var time: WeekTime
    public var patterns: [ModelID: UsagePattern]
    public var wishes: [PreloadPlan.Wish]
    public var plan: PreloadPlan

    public init(
        time: WeekTime, patterns: [ModelID: UsagePattern], wishes: [PreloadPlan.Wish], plan: PreloadPlan
    ) {
        self.time = time
        self.patterns = patterns
        self.wishes = wishes
        self.plan = plan
    }
}
