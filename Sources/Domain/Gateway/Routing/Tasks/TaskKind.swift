/// What a request is about, as far as it matters for who answers.
public enum TaskKind: String, Sendable, CaseIterable {
    case code
    /// The request has images; no text decides this.
    case image
    case math
    case creative
    case general

    /// Those that the classifier of texts tells apart, in the order of its weights.
    static let written: [TaskKind] = [.code, .math, .creative, .general]
}

/// What was found about a request's task.
public struct TaskVerdict: Sendable, Equatable {
    public enum Source: String, Sendable {
        /// The request said it: `auto:code`.
        case asked
        /// It has images.
        case images
        /// The classifier found it.
        case text
    }

    public var task: TaskKind
    public var source: Source
    /// Of the classifier: how likely it thinks each kind, 0 to 1.
    public var scores: [TaskKind: Double]

    public init(_ task: TaskKind, _ source: Source, scores: [TaskKind: Double] = [:]) {
        self.task = task
        self.source = source
        self.scores = scores
    }
}
