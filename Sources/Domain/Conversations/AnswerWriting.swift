public import JSONText
public import Vocabulary

/// Writes answers into conversations. An answer belongs to its conversation and not to whoever waits for it: it goes on
/// when nobody looks, and everybody of the same owner may look at it, from the beginning, at any time.
public protocol AnswerWriting: Sendable {
    /// Adds an answer to a conversation and begins to write it.
    ///
    /// - Parameter order: what to answer.
    /// - Returns: the message, which is being written.
    /// - Throws: `ServiceError` when the request is not well-formed, or too many answers are being written.
    func begin(_ order: AnswerOrder) async throws -> Message
    /// What happens to an answer from now on, beginning with all that is there; ends with the answer. `nil` when it is not
    /// being written.
    func follow(_ id: MessageID, of owner: ConversationOwner) async -> AsyncStream<AnswerEvent>?
    /// Ends an answer; what is written stays. `false` when it is not being written.
    func stop(_ id: MessageID, of owner: ConversationOwner) async -> Bool
}

/// What to answer.
public struct AnswerOrder: Sendable {
    public var conversation: Conversation
    /// The messages of the branch, from the first one to the one that is answered.
    public var branch: [Message]
    /// Members of a chat request that take the place of the conversation's settings.
    public var request: JSONObject
    /// The request that asks.
    public var id: RequestID

    public init(conversation: Conversation, branch: [Message], request: JSONObject, id: RequestID) {
        self.conversation = conversation
        self.branch = branch
        self.request = request
        self.id = id
    }
}

/// What happens to an answer that is being written.
public enum AnswerEvent: Sendable, Equatable {
    /// All that is written so far; comes first.
    case state(content: String, reasoning: String, toolCalls: [JSONValue])
    case content(String)
    case reasoning(String)
    case toolCall(JSONValue)
    /// What is waited for before the first word: `loading`, `queued`, `prefill`, with numbers.
    case waiting(JSONObject)
    /// The whole message; the last event.
    case finished(Message)
}
