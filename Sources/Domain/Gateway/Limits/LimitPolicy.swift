internal import Vocabulary

/// The limits that hold, and which of them a request meets.
public struct LimitPolicy: Sendable, Equatable {
    /// In the order in which they were set.
    public let rules: [LimitRule]

    /// - Parameter rules: with different ids.
    public init(_ rules: [LimitRule]) { self.rules = rules }

    /// What holds for a signed-in user on a public address when nothing else was said: 10 requests a second with bursts of 20,
    /// 100 an hour and 1,000 a day.
    public static let publicDefaults: [LimitRule] = {
        do {
            return [
                try LimitRule(
                    id: "default-second", scope: .user, resource: .requests,
                    pace: .bucket(capacity: 20, refill: 10, per: 1_000)),
                try LimitRule(
                    id: "default-hour", scope: .user, resource: .requests, pace: .window(amount: 100, .hour)),
                try LimitRule(
                    id: "default-day", scope: .user, resource: .requests, pace: .window(amount: 1_000, .day)),
            ]
        } catch {
            preconditionFailure("the default limits are allowed ones: \(error)")
        }
    }()

    /// What a request needs of each limit that it meets.
    ///
    /// - Parameters:
    ///   - caller: who asks for which model.
    ///   - amounts: by resource: what must be there, and what is taken at the start.
    ///   - permille: how much an adaptive limit gets of its refill now, of 1,000.
    /// - Returns: in the order of the rules.
    public func demands(
        of caller: LimitCaller, _ amounts: LimitAmounts, permille: Int64
    ) -> [LimitDemand] {
        guard !rules.isEmpty else { return [] }
        var demands: [LimitDemand] = []
        demands.reserveCapacity(rules.count)
        for rule in rules {
            if let pattern = rule.model, !NamePattern.matches(caller.model, pattern) { continue }
            guard let amount = amounts[rule.resource] else { continue }
            for subject in caller.subjects(of: rule.scope) where rule.subject == nil || rule.subject == subject {
                demands.append(
                    LimitDemand(
                        key: LimitKey(rule: rule.id, subject: subject), rule: rule, need: amount.need,
                        charge: amount.charge, permille: rule.isAdaptive ? permille : 1_000))
            }
        }
        return demands
    }
}

/// How much of each resource a request needs when it begins; `nil` of one that it does not meet, not even its debts.
public struct LimitAmounts: Sendable, Equatable {
    public struct Amount: Sendable, Equatable {
        public var need: Int64
        public var charge: Int64
        public static let none = Amount(need: 0, charge: 0)
    }

    public var requests: Amount? = Amount.none
    public var inputTokens: Amount? = Amount.none
    public var outputTokens: Amount? = Amount.none
    public var cost: Amount? = Amount.none

    public init() {}

    /// A request that has not been counted yet: one request and its prompt are taken; of output and cost something must be
    /// left, as what they will be is charged while it is written.
    public init(requests: Int64, inputTokens: Int64) {
        self.requests = Amount(need: requests, charge: requests)
        self.inputTokens = Amount(need: inputTokens, charge: inputTokens)
        outputTokens = Amount(need: 1, charge: 0)
        cost = Amount(need: 1, charge: 0)
    }

    /// A request whose text is only counted: one request and the text are taken; it writes nothing and costs nothing.
    public static func counting(requests: Int64, inputTokens: Int64) -> Self {
        var amounts = Self(requests: requests, inputTokens: inputTokens)
        amounts.outputTokens = nil
        amounts.cost = nil
        return amounts
    }

    public subscript(_ resource: LimitResource) -> Amount? {
        switch resource {
        case .requests: requests
        case .inputTokens: inputTokens
        case .outputTokens: outputTokens
        case .cost: cost
        }
    }
}
