public import Vocabulary

/// What the planner needs of a message.
public struct ContextItem: Sendable, Equatable {
    public var id: MessageID
    public var role: ChatMessage.Role
    /// Of the whole message with what the template puts around it.
    public var tokens: Int
    public var importance: MessageImportance
    /// Items with the same number stay together: a call of tools and its results.
    public var unit: Int

    public init(id: MessageID, role: ChatMessage.Role, tokens: Int, importance: MessageImportance = .normal, unit: Int)
    {
        self.id = id
        self.role = role
        self.tokens = tokens
        self.importance = importance
        self.unit = unit
    }

    /// Says what the system expects of the model.
    public var isSystem: Bool { role == .system || role == .developer }

    /// The units of a branch: an answer that calls tools is one with the results that follow it.
    ///
    /// - Parameter branch: from the first to the last message.
    /// - Returns: a number for each message.
    public static func units(of branch: [Message]) -> [Int] {
        var units: [Int] = []
        var isCalling = false
        for message in branch {
            let goesOn = isCalling && message.role == .tool
            units.append(goesOn ? units[units.count - 1] : units.count)
            isCalling = goesOn || !message.toolCalls.isEmpty
        }
        return units
    }
}

/// What becomes of a message in the next prompt.
public struct ContextDecision: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        case keep
        /// Its head and its tail stay, of so many tokens together.
        case shorten(tokens: Int)
        /// It is told in the summary.
        case summarise
        case drop

        public var name: String {
            switch self {
            case .keep: "keep"
            case .shorten: "shorten"
            case .summarise: "summarise"
            case .drop: "drop"
            }
        }
    }

    public enum Reason: String, Sendable {
        /// There is room for it.
        case fits
        case system
        case pinned
        case important
        case recent
        /// It is what is to be answered, or belongs to it.
        case lastTurn = "last_turn"
        case old
        case unimportant
        case tooLarge = "too_large"
        /// Another message of its unit decides.
        case withItsCall = "with_its_call"
    }

    public var action: Action
    public var reason: Reason

    public init(_ action: Action, _ reason: Reason) {
        self.action = action
        self.reason = reason
    }

    /// Whether something of the message stands in the prompt itself.
    public var isInPrompt: Bool {
        switch action {
        case .keep, .shorten: true
        case .summarise, .drop: false
        }
    }

    /// Tokens that stay of a message of so many.
    public func tokensKept(of tokens: Int) -> Int {
        switch action {
        case .keep: tokens
        case .shorten(let kept): min(kept, tokens)
        case .summarise, .drop: 0
        }
    }
}

/// What becomes of each message of a branch in the next prompt.
public struct ContextPlan: Sendable, Equatable {
    /// One for each item.
    public var decisions: [ContextDecision]
    /// Tokens of the prompt, with its summary and what the template adds.
    public var total: Int
    /// Tokens of the prompt with every message as it is.
    public var totalUncut: Int
    /// Tokens that it may have; `nil` is without a bound.
    public var limit: Int?
    /// What has to be kept for the plan to stay as it is in later turns; `nil` when it needs no new cut.
    public var cut: NewCut?

    public var fits: Bool { limit.map { total <= $0 } ?? true }

    /// A cut before it has a summary and a place in the store.
    public struct NewCut: Sendable, Equatable {
        /// The last message that is decided on; all that come later stay, but those that are named.
        public var through: MessageID
        /// Stay although they come before.
        public var kept: [MessageID]
        /// Stay out, wherever they stand, and are not summarised.
        public var dropped: [MessageID]
        /// Messages with the tokens that stay of them.
        public var shortened: [MessageID: Int]
        /// Are to be summarised, and were not before.
        public var summarised: [MessageID]
        /// Tokens that the summary may have; 0 for none.
        public var summaryTokens: Int

        public init(
            through: MessageID, kept: [MessageID], dropped: [MessageID], shortened: [MessageID: Int],
            summarised: [MessageID], summaryTokens: Int
        ) {
            self.through = through
            self.kept = kept
            self.dropped = dropped
            self.shortened = shortened
            self.summarised = summarised
            self.summaryTokens = summaryTokens
        }
    }
}
