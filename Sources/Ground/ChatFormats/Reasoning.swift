/// The texts between which a model thinks.
public struct ThinkingTags: Sendable, Hashable {
    public let start: String
    /// What the engine writes for the model when a budget of thinking is used up.
    public let end: String

    public init(start: String, end: String) {
        self.start = start
        self.end = end
    }

    /// What most families write; also expected of unknown ones.
    static let think = ThinkingTags(start: "<think>", end: "</think>")
}

/// Where an answer begins, by what its prompt ends with.
public enum AnswerOpening: Sendable, Equatable {
    /// The model decides whether it thinks.
    case undecided
    /// The prompt has opened the thinking already.
    case thinking(ThinkingTags)
    /// The prompt has closed the thinking: the answer begins at once.
    case answer
}

/// Tags around the text of the answer itself, which are not shown.
struct AnswerWrapper: Sendable, Equatable {
    var start: String
    var end: String
    /// Control tokens, which mean nothing else anywhere. Others count only where the answer begins.
    var isAlways: Bool
}
