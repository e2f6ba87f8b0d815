public import JSONText

/// What the user's next turn is told beside its words: memories, passages of documents and of other conversations.
public protocol TurnNoting: Sendable {
    /// What to tell with a message. Asked once for each message of the user that is answered, in the name of who asks; what
    /// it gives stays with the message, so that later prompts begin with the same text.
    ///
    /// - Parameters:
    ///   - question: the message that is to be answered.
    ///   - conversation: its conversation, which is no temporary one.
    ///   - branch: all messages up to the question.
    /// - Returns: `nil` for nothing.
    /// - Throws: whatever; the answer goes on without a note then.
    func note(for question: Message, in conversation: Conversation, branch: [Message]) async throws -> TurnNote?
}

/// A text that stands behind the words of a message of the user.
public struct TurnNote: Sendable, Equatable {
    public static let textBytesMax = 32 << 10

    public var text: String
    /// Where it comes from, for the answer's citations; each names what it is under a member such as `memory`.
    public var sources: [JSONValue]

    public init(text: String, sources: [JSONValue]) {
        self.text = text
        self.sources = sources
    }
}
