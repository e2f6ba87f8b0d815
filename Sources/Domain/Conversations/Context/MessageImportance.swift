/// How much a message matters to its owner when the conversation no longer fits the model's window. Least first.
public enum MessageImportance: String, Sendable, CaseIterable, Comparable {
    /// Goes first, and into no summary.
    case low
    /// Is summarised when it is old.
    case normal
    /// Stays longer than others of its age.
    case high
    /// Stays word for word.
    case pinned

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
