public import Vocabulary

/// Counts what a member used, and how likely its tokens were, while its answer comes.
public struct EnsembleTally: Sendable {
    public private(set) var text = ""
    public private(set) var reasoning = ""
    public private(set) var end: GenerationEnd?
    private var logprobs = 0.0
    private var tokens = 0

    public init() {}

    /// The mean logarithm of the probabilities of its tokens; `nil` where they were not told.
    public var meanLogprob: Double? { tokens > 0 ? logprobs / Double(tokens) : nil }

    public mutating func take(_ event: GenerationEvent) {
        switch event {
        case .text(let more): text += more
        case .reasoning(let more): reasoning += more
        case .logprobs(let all):
            for one in all where one.chosen.logprob.isFinite {
                logprobs += one.chosen.logprob
                tokens += 1
            }
        case .finished(let last): end = last
        case .loading, .queued, .promptProgress, .started, .toolCall, .token, .promptLogprobs, .warning: break
        }
    }
}
