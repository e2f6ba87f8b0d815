/// How a model marks its thinking, and how much of it a request allows.
public struct ThinkingPlan: Sendable, Equatable {
    /// What begins and ends thinking in the text of an answer; UTF-8, not empty.
    public var opening: [UInt8]
    public var closing: [UInt8]
    /// The prompt ends within thinking.
    public var isOpen: Bool
    /// Tokens of thinking at most; `nil` has no limit.
    public var tokensMax: Int?
    /// The tokens that end thinking when it reaches its limit.
    public var endTokens: [Int32]
    /// What is written before them then; empty for nothing.
    public var messageTokens: [Int32]

    public init(
        opening: [UInt8], closing: [UInt8], isOpen: Bool, tokensMax: Int?, endTokens: [Int32],
        messageTokens: [Int32] = []
    ) {
        self.opening = opening
        self.closing = closing
        self.isOpen = isOpen
        self.tokensMax = tokensMax
        self.endTokens = endTokens
        self.messageTokens = messageTokens
    }
}

/// Notices where an answer's thinking begins and ends, token by token.
struct ThinkingTracker {
    enum Verdict: Equatable {
        case goesOn
        /// The thinking has ended, or will not begin any more.
        case ended
        /// These tokens must come next.
        case isOverBudget([Int32])
    }

    private enum State: Equatable {
        /// Nothing but white space was written. Can go to: open, over.
        case before
        /// Can go to: ending, over.
        case open
        /// Its end was forced and is being written. Can go to: over.
        case ending
        case over
    }

    private let plan: ThinkingPlan?
    private var state: State
    /// The last bytes, as many as a tag may have.
    private var tail: [UInt8] = []
    /// Tokens of thinking so far.
    private(set) var count = 0

    init(_ plan: ThinkingPlan?) {
        self.plan = plan
        state = plan.map { $0.isOpen ? .open : .before } ?? .over
    }

    var isOpen: Bool { state == .open || state == .ending }

    var tokensMax: Int? { plan?.tokensMax }

    /// Ends open thinking; gives the tokens that must come next.
    mutating func end() -> [Int32]? {
        guard let plan, state == .open else { return nil }
        state = .ending
        return plan.endTokens
    }

    mutating func take(_ bytes: [UInt8]) -> Verdict {
        guard let plan, state != .over else { return .goesOn }
        tail += bytes
        switch state {
        case .before: return begin(plan)
        case .open, .ending:
            count += 1
            if contains(plan.closing) {
                state = .over
                tail = []
                return .ended
            }
            tail = Array(tail.suffix(plan.closing.count + 64))
            guard state == .open, let max = plan.tokensMax, count >= max else { return .goesOn }
            state = .ending
            return .isOverBudget(plan.messageTokens + plan.endTokens)
        case .over: return .goesOn
        }
    }

    private mutating func begin(_ plan: ThinkingPlan) -> Verdict {
        let text = tail.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        if text.starts(with: plan.opening) {
            state = .open
            tail = Array(text.dropFirst(plan.opening.count))
            count += 1
            return .goesOn
        }
        if !text.isEmpty, !plan.opening.starts(with: text) {
            state = .over
            tail = []
        }
        return .goesOn
    }

    private func contains(_ tag: [UInt8]) -> Bool {
        guard tail.count >= tag.count else { return false }
        return (0...(tail.count - tag.count)).contains { tail[$0...].starts(with: tag) }
    }
}
