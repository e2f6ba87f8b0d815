/// Where memories are kept. What belongs to somebody else is not found.
public protocol UserMemoryStore: Sendable {
    /// Remembers something, or finds that it is known; ends the validity of what it contradicts. One transaction.
    ///
    /// - Parameters:
    ///   - memory: what is new.
    ///   - change: how it stands to what was said before.
    ///   - countMax: of one user; the longest unused ones that are not pinned make room.
    /// - Returns: what is there now.
    /// - Throws: ``MemoryRefusal``.
    func remember(
        _ memory: UserMemory, _ change: MemoryMerge.Change, countMax: Int
    ) async throws -> RememberOutcome
    func memory(_ id: MemoryID, of owner: ConversationOwner) async throws -> UserMemory?
    /// Newest first.
    func memories(_ filter: MemoryFilter, of owner: ConversationOwner) async throws -> [UserMemory]
    /// Replaces all but what it says. `false` when somebody else has changed it since `revision`.
    func replace(_ memory: UserMemory, expecting revision: Int64) async throws -> Bool
    /// Removes memories with their vectors.
    ///
    /// - Returns: the ids of those that were there.
    func forget(_ selection: MemorySelection, of owner: ConversationOwner) async throws -> [MemoryID]
    /// The memory, those that it replaced and that replaced it, and others that say something of the same subject in the same
    /// respect; the oldest first. Empty when there is no such memory.
    func history(of id: MemoryID, owner: ConversationOwner) async throws -> [UserMemory]
    func statistics(of owner: ConversationOwner) async throws -> MemoryStatistics
    /// `nil` where the user has chosen nothing yet.
    func settings(of owner: ConversationOwner) async throws -> MemorySettings?
    func set(_ settings: MemorySettings, of owner: ConversationOwner) async throws
    /// Notes that an answer was told of them.
    func noteUse(of ids: [MemoryID], owner: ConversationOwner, at moment: ConversationMoment) async throws
    /// Forgets what is not pinned and was not used for as long as its user says; what a living memory has replaced stays as its history.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - keep: for users who have chosen nothing; `nil` is for ever.
    /// - Returns: how many.
    /// - Throws: errors of the store.
    func prune(at moment: ConversationMoment, keeping keep: Duration?) async throws -> Int
}

/// Why something was not remembered.
public enum MemoryRefusal: Error, Equatable {
    case noContext
    /// All memories that there may be are pinned.
    case full
    /// What was to be replaced is not there, or no longer true.
    case nothingToReplace
}

public struct RememberOutcome: Sendable, Equatable {
    public var memory: UserMemory
    /// What is no longer true since.
    public var closed: [MemoryID]
    public var isNew: Bool

    public init(memory: UserMemory, closed: [MemoryID], isNew: Bool) {
        self.memory = memory
        self.closed = closed
        self.isNew = isNew
    }
}

/// Which memories to list.
public struct MemoryFilter: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable { case valid, past, all }

    public static let countAllowed = 1...500

    public var state: State
    public var kind: UserMemory.Kind?
    /// `nil` is all of them.
    public var space: SpaceFilter?
    public var subject: String?
    /// For the next page: only those that were made before.
    public var before: ConversationMoment?
    public var countMax: Int

    public init(
        state: State = .valid, kind: UserMemory.Kind? = nil, space: SpaceFilter? = nil, subject: String? = nil,
        before: ConversationMoment? = nil, countMax: Int = 100
    ) {
        self.state = state
        self.kind = kind
        self.space = space
        self.subject = subject
        self.before = before
        self.countMax = countMax
    }
}

/// Which memories to forget.
public enum MemorySelection: Sendable, Equatable {
    case one(MemoryID)
    case conversation(ConversationID)
    case space(ContextID)
    case all
}

/// Numbers of what is remembered and talked about.
public struct MemoryStatistics: Sendable, Equatable {
    public struct Space: Sendable, Equatable {
        /// `nil` for what belongs to no context.
        public var context: ContextID?
        public var name: String?
        public var conversationCount: Int
        public var messageCount: Int

        public init(context: ContextID?, name: String?, conversationCount: Int, messageCount: Int) {
            self.context = context
            self.name = name
            self.conversationCount = conversationCount
            self.messageCount = messageCount
        }
    }

    public var memoryCount = 0
    public var validCount = 0
    public var pinnedCount = 0
    public var byKind: [UserMemory.Kind: Int] = [:]
    public var byOrigin: [UserMemory.Origin: Int] = [:]
    public var spaces: [Space] = []
    /// From the first to the last use of a conversation, in the mean; `nil` without conversations.
    public var durationMean: Duration?
    /// Bytes of all messages' texts.
    public var textBytes: Int64 = 0
    /// Conversations by how their user sounds.
    public var sentiments: [Sentiment: Int] = [:]
    /// Messages of users, the newest, that sentiments were found from.
    public var sentimentMessageCount = 0

    /// How models thought about their newest answers.
    public var thinking = ThinkingPatterns()

    /// Texts longer than this are judged by their beginning.
    public static let sentimentTextMax = 2_000
    public static let sentimentMessagesMax = 2_000

    public init() {}

    public var conversationCount: Int { spaces.reduce(0) { $0 + $1.conversationCount } }
    public var messageCount: Int { spaces.reduce(0) { $0 + $1.messageCount } }
}

/// A memory and how well it fits what was looked for.
public struct ScoredMemory: Sendable, Equatable {
    public var memory: UserMemory
    public var score: Double

    public init(memory: UserMemory, score: Double) {
        self.memory = memory
        self.score = score
    }
}

/// Finds memories by words and by meaning.
public protocol MemorySearching: Sendable {
    /// - Parameters:
    ///   - text: what to look for.
    ///   - mode: how; text where nothing makes vectors and both were asked for.
    ///   - filter: which ones.
    ///   - owner: whose.
    /// - Returns: best first, and how it was looked for.
    /// - Throws: `ServiceError` when only the meaning is asked for and nothing makes vectors; errors of the store.
    func search(
        _ text: String, _ mode: SearchMode, _ filter: MemoryFilter, of owner: ConversationOwner
    ) async throws -> (found: [ScoredMemory], mode: SearchMode)
    /// How far an owner's texts have vectors.
    func state(of owner: ConversationOwner) async throws -> MeaningState
}
