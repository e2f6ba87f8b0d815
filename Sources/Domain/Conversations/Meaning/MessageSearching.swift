/// How messages are looked for.
public enum SearchMode: String, Sendable, CaseIterable {
    /// All words must occur.
    case text
    /// By what is meant, whatever the words.
    case semantic
    /// Both, joined by their ranks.
    case hybrid
}

/// Which of an owner's spaces is meant.
public enum SpaceFilter: Sendable, Equatable {
    /// What belongs to no context.
    case outside
    case one(ContextID)
}

/// Why a message was found.
public enum FoundBy: String, Sendable {
    case text, meaning
}

/// What a search found.
public struct MessageFindings: Sendable, Equatable {
    public var hits: [MessageHit]
    /// What was really done: text where no model makes vectors.
    public var mode: SearchMode
    public var meaning: MeaningState

    public init(hits: [MessageHit], mode: SearchMode, meaning: MeaningState) {
        self.hits = hits
        self.mode = mode
        self.meaning = meaning
    }
}

/// How far an owner's messages can be found by their meaning.
public struct MeaningState: Sendable, Equatable {
    /// The model that makes the vectors; `nil` where none is served.
    public var model: String?
    /// Messages and documents that have vectors of this model.
    public var indexedCount: Int
    /// Those that wait for theirs.
    public var pendingCount: Int

    public init(model: String? = nil, indexedCount: Int = 0, pendingCount: Int = 0) {
        self.model = model
        self.indexedCount = indexedCount
        self.pendingCount = pendingCount
    }
}

/// Finds messages by words and by meaning.
public protocol MessageSearching: Sendable {
    /// - Parameters:
    ///   - query: what to look for.
    ///   - mode: how.
    ///   - owner: whose messages.
    /// - Returns: best first by meaning, newest first by text.
    /// - Throws: `ServiceError` when only the meaning is asked for and nothing makes vectors; errors of the store.
    func search(_ query: MessageQuery, _ mode: SearchMode, of owner: ConversationOwner) async throws -> MessageFindings
}
