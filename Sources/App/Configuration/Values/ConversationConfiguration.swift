/// Conversations: their titles, and how long they are kept.
public struct ConversationConfiguration: Sendable, Equatable {
    /// Whether models name conversations whose owners want it.
    public var hasTitles = true
    /// How long temporary conversations are kept after their last use.
    public var keepTemporary = Duration.seconds(86_400)
    /// How long archived ones are kept after their last use; `nil` for ever. What is pinned stays.
    public var keepArchived: Duration?
    /// How long all others are kept after their last use; `nil` for ever. What is pinned stays.
    public var keep: Duration?

    public init() {}
}
