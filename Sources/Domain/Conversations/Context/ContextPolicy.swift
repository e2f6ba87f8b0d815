public import JSONText

/// What is done about a conversation that no longer fits its model's window.
public struct ContextPolicy: Sendable, Equatable {
    public enum Mode: String, Sendable, CaseIterable {
        /// Nothing: a prompt that does not fit is refused by the model.
        case off
        /// Old messages are left out.
        case truncate
        /// Old messages are told in a summary that a model writes.
        case summarise
    }

    public var mode = Mode.summarise
    /// Tokens that a prompt may have at most; `nil` is what the window leaves.
    public var budgetTokens: Int?
    /// Tokens of the window that are left to the answer; `nil` is what the request says, or a quarter, 1,024 at most.
    public var answerTokens: Int?
    /// Tokens that the system prompt may have; it is shortened beyond.
    public var systemTokens: Int?
    /// Tokens that any message may have that is not pinned; it is shortened beyond.
    public var messageTokens: Int?
    /// How far a cut goes, as a part of the limit: the less, the seldomer the prompt's beginning changes.
    public var cutTo = 0.6

    /// A prompt that is fuller than this part of the limit has its next cut prepared.
    public static let prepareAt = 0.8
    /// No limit is less than this many tokens, whatever the numbers say.
    public static let limitMin = 64
    private static let answerTokensMax = 1024

    public init() {}

    /// Tokens that a prompt may have.
    ///
    /// - Parameters:
    ///   - window: tokens that prompt and answer share; `nil` where the model does not tell.
    ///   - answerMax: tokens that the request asks for at most.
    /// - Returns: `nil` when nothing bounds the prompt.
    public func limit(window: Int?, answerMax: Int?) -> Int? {
        let left = window.map { window in
            window - (answerTokens ?? min(answerMax ?? Self.answerTokensMax, window / 4))
        }
        guard let limit = [left, budgetTokens].compactMap(\.self).min() else { return nil }
        return max(Self.limitMin, limit)
    }

    /// Tokens that a summary may have under a limit.
    public static func summaryTokens(limit: Int) -> Int { min(max(limit / 8, 32), 1024) }
}

/// What a user says of the policy, for all conversations or for one; what is not said holds as it was.
public struct ContextWish: Sendable, Equatable {
    public var mode: ContextPolicy.Mode?
    public var budgetTokens: Int?
    public var answerTokens: Int?
    public var systemTokens: Int?
    public var messageTokens: Int?
    public var cutTo: Double?

    public static let tokensAllowed = 16...100_000_000
    public static let cutToAllowed = 0.2...0.9

    public init() {}

    public var isEmpty: Bool { self == ContextWish() }

    /// Reads a wish.
    ///
    /// - Parameter body: an object; members that are `null` or left out say nothing.
    /// - Throws: `JSONFieldError` with the path of what is wrong.
    public init(_ body: JSONField) throws(JSONFieldError) {
        func tokens(_ name: String) throws(JSONFieldError) -> Int? {
            guard let field = try body.optional(name) else { return nil }
            return try field.integer(in: Self.tokensAllowed)
        }
        if let field = try body.optional("mode") {
            guard let mode = ContextPolicy.Mode(rawValue: try field.string()) else {
                throw field.fail("must be one of off, truncate, summarise")
            }
            self.mode = mode
        }
        budgetTokens = try tokens("budget_tokens")
        answerTokens = try tokens("answer_tokens")
        systemTokens = try tokens("system_tokens")
        messageTokens = try tokens("message_tokens")
        if let field = try body.optional("cut_to") { cutTo = try field.number(in: Self.cutToAllowed) }
    }

    /// What it says, as it is read.
    public var json: JSONObject {
        var members = JSONObject()
        members["mode"] = mode.map { .string($0.rawValue) }
        members["budget_tokens"] = budgetTokens.map(JSONValue.whole)
        members["answer_tokens"] = answerTokens.map(JSONValue.whole)
        members["system_tokens"] = systemTokens.map(JSONValue.whole)
        members["message_tokens"] = messageTokens.map(JSONValue.whole)
        members["cut_to"] = cutTo.map(JSONValue.number)
        return members
    }
}

extension ContextPolicy {
    /// The same policy with what somebody says of it.
    public func applying(_ wish: ContextWish) -> ContextPolicy {
        var policy = self
        if let mode = wish.mode { policy.mode = mode }
        if let tokens = wish.budgetTokens { policy.budgetTokens = tokens }
        if let tokens = wish.answerTokens { policy.answerTokens = tokens }
        if let tokens = wish.systemTokens { policy.systemTokens = tokens }
        if let tokens = wish.messageTokens { policy.messageTokens = tokens }
        if let part = wish.cutTo { policy.cutTo = part }
        return policy
    }
}
