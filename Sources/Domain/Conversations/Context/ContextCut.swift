public import JSONText

/// A cut that holds for all later turns of a branch, so that the prompt's beginning stays as it is until the next one.
public struct ContextCut: Sendable, Equatable {
    public let id: String
    public let conversation: ConversationID
    public var through: MessageID
    public var kept: Set<MessageID>
    public var dropped: Set<MessageID>
    public var shortened: [MessageID: Int]
    /// What the messages say that are summarised; `nil` when none are, or no model could be asked.
    public var summary: Summary?
    /// Whether a prompt has been made with it. One that is prepared waits until it is needed.
    public var isActive: Bool
    public let created: ConversationMoment

    public struct Summary: Sendable, Equatable {
        public var text: String
        public var tokens: Int
        /// Who wrote it.
        public var model: String
        /// How many messages it tells of.
        public var messages: Int

        public init(text: String, tokens: Int, model: String, messages: Int) {
            self.text = text
            self.tokens = tokens
            self.model = model
            self.messages = messages
        }
    }

    public static let summaryBytesMax = 64 << 10

    public init(
        id: String, conversation: ConversationID, _ cut: ContextPlan.NewCut, summary: Summary?, isActive: Bool,
        created: ConversationMoment
    ) {
        self.init(
            id: id, conversation: conversation, through: cut.through, kept: Set(cut.kept), dropped: Set(cut.dropped),
            shortened: cut.shortened, summary: summary, isActive: isActive, created: created)
    }

    private init(
        id: String, conversation: ConversationID, through: MessageID, kept: Set<MessageID>, dropped: Set<MessageID>,
        shortened: [MessageID: Int], summary: Summary?, isActive: Bool, created: ConversationMoment
    ) {
        self.id = id
        self.conversation = conversation
        self.through = through
        self.kept = kept
        self.dropped = dropped
        self.shortened = shortened
        self.summary = summary
        self.isActive = isActive
        self.created = created
    }

    /// What has become of a message.
    ///
    /// - Parameters:
    ///   - item: the message.
    ///   - isBefore: whether it stands before the cut, or is its last message.
    /// - Returns: what becomes of it in this prompt, too.
    func decision(on item: ContextItem, isBefore: Bool) -> ContextDecision {
        if let tokens = shortened[item.id] { return ContextDecision(.shorten(tokens: tokens), .tooLarge) }
        if item.isSystem { return ContextDecision(.keep, .system) }
        // Who pins a message later wants it back at once.
        if item.importance == .pinned { return ContextDecision(.keep, .pinned) }
        if dropped.contains(item.id) { return ContextDecision(.drop, .unimportant) }
        guard isBefore else { return ContextDecision(.keep, .fits) }
        if kept.contains(item.id) { return ContextDecision(.keep, .important) }
        return ContextDecision(summary == nil ? .drop : .summarise, .old)
    }
}

/// How a cut is kept.
extension ContextCut {
    /// Everything but id, conversation and the last message.
    public var document: JSONObject {
        func ids(_ ids: some Sequence<MessageID>) -> JSONValue { .array(ids.sorted().map { .string($0.text) }) }
        var members: JSONObject = ["kept": ids(kept), "dropped": ids(dropped)]
        members["shortened"] = .object(
            JSONObject(shortened.sorted { $0.key < $1.key }.map { ($0.key.text, .whole($0.value)) }))
        if let summary {
            members["summary"] = [
                "text": .string(summary.text), "tokens": .whole(summary.tokens), "model": .string(summary.model),
                "messages": .whole(summary.messages),
            ]
        }
        return members
    }

    /// Reads what ``document`` wrote; `nil` for anything else.
    public init?(
        id: String, conversation: ConversationID, through: MessageID, document: JSONValue, isActive: Bool,
        created: ConversationMoment
    ) {
        func ids(_ name: String) -> Set<MessageID> {
            Set((document[name]?.array ?? []).compactMap { $0.string.flatMap { MessageID($0) } })
        }
        guard let members = document["shortened"]?.object else { return nil }
        var shortened: [MessageID: Int] = [:]
        for member in members {
            if let id = MessageID(member.key), let tokens = member.value.integer { shortened[id] = Int(tokens) }
        }
        var summary: Summary?
        if let kept = document["summary"], let text = kept["text"]?.string {
            summary = Summary(
                text: text, tokens: Int(clamping: kept["tokens"]?.integer ?? 0), model: kept["model"]?.string ?? "",
                messages: Int(clamping: kept["messages"]?.integer ?? 0))
        }
        self.init(
            id: id, conversation: conversation, through: through, kept: ids("kept"), dropped: ids("dropped"),
            shortened: shortened, summary: summary, isActive: isActive, created: created)
    }
}
