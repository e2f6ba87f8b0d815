/// Sorts of conversations that are kept for different times.
public enum RetentionClass: String, Sendable, CaseIterable {
    /// Said to be temporary by their owner.
    case temporary
    case archived
    /// All others.
    case conversations
}

/// How long conversations stay after their last use. What is pinned stays, and so does what holds a pinned message.
public struct RetentionPolicy: Sendable, Equatable {
    /// Conversations that one sweep removes at most; the next sweep goes on.
    public static let sweepMax = 1_000

    public var temporary = ConversationLimits.temporaryKept
    /// `nil` keeps them for ever.
    public var archived: Duration?
    /// `nil` keeps them for ever.
    public var conversations: Duration?

    public init() {}

    /// How long a class is kept; `nil` for ever.
    public func kept(_ kind: RetentionClass) -> Duration? {
        switch kind {
        case .temporary: temporary
        case .archived: archived
        case .conversations: conversations
        }
    }

    /// What was last used before this moment goes.
    ///
    /// - Parameters:
    ///   - kind: the class.
    ///   - now: the present moment.
    /// - Returns: `nil` when nothing of the class goes.
    public func limit(_ kind: RetentionClass, at now: ConversationMoment) -> ConversationMoment? {
        kept(kind).map { ConversationMoment(rawValue: now.rawValue - Int64($0 / .microseconds(1))) }
    }
}

/// Conversations whose time is over.
public struct ExpiredCount: Sendable, Equatable {
    public var count: Int
    /// When the one was last used that was not used for longest.
    public var oldest: ConversationMoment?

    public init(count: Int, oldest: ConversationMoment?) {
        self.count = count
        self.oldest = oldest
    }
}

/// What retention asks of a database.
public protocol RetentionStore: Sendable {
    /// What would go.
    func expired(_ kind: RetentionClass, usedBefore moment: ConversationMoment) async throws -> ExpiredCount
    /// Removes conversations with everything that belongs to them, those first that were not used for longest.
    ///
    /// - Returns: how many; fewer than `countMax` when no more are left.
    func removeExpired(_ kind: RetentionClass, usedBefore moment: ConversationMoment, countMax: Int) async throws -> Int
}
