/// Where cuts, wishes, summaries and notes of conversations are kept. What belongs to somebody else is not found.
public protocol ContextStore: Sendable {
    /// What is said of one conversation; an empty wish for nothing.
    func contextWish(of conversation: ConversationID) async throws -> ContextWish
    func setContextWish(_ wish: ContextWish, of conversation: ConversationID) async throws

    /// Cuts of all branches, the newest first.
    func cuts(of conversation: ConversationID) async throws -> [ContextCut]
    /// Keeps a cut, or marks it as active where it is kept already.
    func keep(_ cut: ContextCut) async throws
    /// Forgets the cuts of a conversation.
    ///
    /// - Parameters:
    ///   - conversation: whose.
    ///   - message: only those that decide on this message; `nil` is all.
    /// - Returns: how many.
    /// - Throws: what the database says.
    func removeCuts(of conversation: ConversationID, through message: MessageID?) async throws -> Int

    func summary(of conversation: ConversationID) async throws -> ConversationSummary?
    func setSummary(_ summary: ConversationSummary, of conversation: ConversationID) async throws

    /// The notes of messages, by message.
    func notes(of messages: [MessageID]) async throws -> [MessageID: TurnNote]
    func keep(_ note: TurnNote, of message: MessageID, in conversation: ConversationID) async throws
    /// Forgets all notes of an owner that hold a source, such as a memory that was deleted.
    ///
    /// - Parameters:
    ///   - source: the text of any member of a source.
    ///   - owner: whose.
    /// - Returns: how many.
    /// - Throws: what the database says.
    func removeNotes(holding source: String, of owner: ConversationOwner) async throws -> Int
}

/// What a branch was about, as a model told it.
public struct ConversationSummary: Sendable, Equatable {
    public var text: String
    public var model: String
    /// The last message that it tells of.
    public var through: MessageID
    public var created: ConversationMoment

    public init(text: String, model: String, through: MessageID, created: ConversationMoment) {
        self.text = text
        self.model = model
        self.through = through
        self.created = created
    }
}
