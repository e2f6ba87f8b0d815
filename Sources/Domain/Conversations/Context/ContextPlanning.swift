public import Vocabulary

/// Tells what becomes of a conversation in its next prompt, and asks models for summaries.
public protocol ContextPlanning: Sendable {
    /// The plan as it would be for the next turn. Changes nothing.
    ///
    /// - Throws: `ServiceError` when the settings are no chat request.
    func report(on question: ContextQuestion) async throws -> ContextReport
    /// Asks a model what a branch is about, and keeps the answer.
    ///
    /// - Throws: `ServiceError` with what the model or the limits said.
    func summarise(_ conversation: Conversation, branch: [Message], id: RequestID) async throws -> ConversationSummary
}

/// What is asked about a conversation's next prompt.
public struct ContextQuestion: Sendable {
    public var conversation: Conversation
    /// From the first message to the end of the branch.
    public var branch: [Message]
    /// In the place of what the conversation and its owner say, where somebody only looks.
    public var wish: ContextWish?
    public var id: RequestID

    public init(conversation: Conversation, branch: [Message], wish: ContextWish? = nil, id: RequestID) {
        self.conversation = conversation
        self.branch = branch
        self.wish = wish
        self.id = id
    }
}

/// A plan with everything that people ask about it.
public struct ContextReport: Sendable {
    public enum Source: String, Sendable {
        case conversation, user
        case standard = "default"
    }

    public var model: ModelID
    public var window: Int?
    /// Whether the model has counted; `false` where tokens are estimated from bytes.
    public var isExact: Bool
    public var policy: ContextPolicy
    /// Who has said the most special part of the policy.
    public var source: Source
    public var branch: [Message]
    public var items: [ContextItem]
    public var plan: ContextPlan
    /// Tokens that belong to no message.
    public var overhead: Int
    /// Tokens of the system prompt, wherever it comes from.
    public var systemTokens: Int
    /// The cut that holds for the branch.
    public var cut: ContextCut?
    /// Whether the next cut waits already.
    public var isPrepared: Bool

    public init(
        model: ModelID, window: Int?, isExact: Bool, policy: ContextPolicy, source: Source, branch: [Message],
        items: [ContextItem], plan: ContextPlan, overhead: Int, systemTokens: Int, cut: ContextCut?, isPrepared: Bool
    ) {
        self.model = model
        self.window = window
        self.isExact = isExact
        self.policy = policy
        self.source = source
        self.branch = branch
        self.items = items
        self.plan = plan
        self.overhead = overhead
        self.systemTokens = systemTokens
        self.cut = cut
        self.isPrepared = isPrepared
    }
}
