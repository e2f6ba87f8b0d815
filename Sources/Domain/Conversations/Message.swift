public import JSONText
public import Vocabulary

/// One message of a conversation: a node of its tree.
public struct Message: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        /// An answer that is being written.
        case writing
        case complete
        /// Somebody stopped it, or its server ended; what was written is here.
        case stopped
        /// It ended with an error; what was written is here.
        case failed
    }

    /// What a reader thought of an answer.
    public struct Feedback: Sendable, Equatable {
        /// -1 bad, 1 good.
        public var rating: Int
        public var comment: String?

        public init(rating: Int, comment: String? = nil) {
            self.rating = rating
            self.comment = comment
        }
    }

    public let id: MessageID
    public let conversation: ConversationID
    /// The message that it follows; `nil` for a first one.
    public let parent: MessageID?
    public var role: ChatMessage.Role
    /// As OpenAI's chat API has it: a text, or an array of parts. `null` where there is none.
    public var content: JSONValue
    public var reasoning: String?
    /// As OpenAI's chat API has them; empty for none.
    public var toolCalls: [JSONValue]
    public var toolCallID: String?
    /// Who or what is quoted: members of the page's choosing.
    public var citations: [JSONValue]
    public var feedback: Feedback?
    /// What becomes of it when the conversation no longer fits.
    public var importance = MessageImportance.normal
    /// Who wrote it, for an answer.
    public var model: String?
    public var status: Status
    /// Why it failed, in words that may be shown.
    public var failure: String?
    /// What it took, for an answer.
    public var usage: TokenUsage?
    /// How its time was spent and what the prefix cache did, as the answer's own report has it.
    public var report: JSONObject?
    /// The request that made it, by which traces are found.
    public var request: String?
    public let created: ConversationMoment
    /// Counts changes.
    public var revision: Int64

    public init(
        id: MessageID, conversation: ConversationID, parent: MessageID?, role: ChatMessage.Role, content: JSONValue,
        created: ConversationMoment
    ) {
        self.id = id
        self.conversation = conversation
        self.parent = parent
        self.role = role
        self.content = content
        self.created = created
        toolCalls = []
        citations = []
        status = .complete
        revision = 1
    }

    /// Stays in the prompt when older messages are summarised.
    public var isPinned: Bool {
        get { importance == .pinned }
        set {
            if newValue { importance = .pinned } else if isPinned { importance = .normal }
        }
    }

    /// The texts of the content, one after the other: what is searched, exported and shown in lists.
    public var text: String {
        if let text = content.string { return text }
        return (content.array ?? []).compactMap { part in
            part["type"]?.string == "text" ? part["text"]?.string : nil
        }.joined(separator: "\n")
    }

    /// Whether anything beside text is attached.
    public var hasAttachments: Bool { content.array?.contains { $0["type"]?.string != "text" } ?? false }

    /// As a chat request has it.
    public var wire: JSONObject {
        var wire: JSONObject = ["role": .string(role.rawValue), "content": content]
        wire["reasoning_content"] = reasoning.map(JSONValue.string)
        if !toolCalls.isEmpty { wire["tool_calls"] = .array(toolCalls) }
        wire["tool_call_id"] = toolCallID.map(JSONValue.string)
        return wire
    }
}
