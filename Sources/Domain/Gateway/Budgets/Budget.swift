import Vocabulary

/// How long a budget lasts before it begins anew, in UTC; weeks begin on Monday.
public enum BudgetPeriod: String, Sendable, CaseIterable {
    case day, week, month, total

    /// When the period of a moment began; 0 for `total`.
    ///
    /// - Parameter moment: seconds since 1970.
    /// - Returns: seconds since 1970.
    public func start(of moment: Int64) -> Int64 {
        let day = moment.floorDivided(by: 86_400)
        let date = CivilDate(daysSince1970: Int(day))
        switch self {
        case .total: return 0
        case .day: return day * 86_400
        case .week: return (day - Int64((date.weekday + 6) % 7)) * 86_400
        case .month: return (day - Int64(date.day) + 1) * 86_400
        }
    }

    /// When the next one begins; `nil` for `total`.
    public func end(of moment: Int64) -> Int64? {
        let start = start(of: moment)
        switch self {
        case .total: return nil
        case .day: return start + 86_400
        case .week: return start + 7 * 86_400
        // Every month has ended 31 days later, and no month after it has.
        case .month: return self.start(of: start + 31 * 86_400)
        }
    }
}

/// What a budget is counted in.
public enum BudgetUnit: String, Sendable, CaseIterable {
    /// Billionths of the currency.
    case cost
    /// Prompt and answer together; for models that have no price.
    case tokens
}

/// So much of money or tokens for one key, user, team or tenant in each period.
public struct Budget: Sendable, Equatable {
    /// 1 to 64 letters, digits, `-`, `_` and `.`.
    public let id: String
    /// `key`, `user`, `team`, `tenant` or `everyone`.
    public let scope: LimitScope
    /// The one whom it is for; `nil` is each one, with an account of their own.
    public let subject: String?
    public let unit: BudgetUnit
    public let amount: Int64
    public let period: BudgetPeriod
    /// Whether requests are refused when it is used up; else it only warns.
    public let isHard: Bool

    /// Budgets that may be set.
    public static let countMax = 10_000
    /// Lua's numbers are exact up to here: nine million of the currency.
    public static let amountMax: Int64 = 1 << 53

    /// - Throws: `LimitRuleError` with what is wrong.
    public init(
        id: String, scope: LimitScope, subject: String? = nil, unit: BudgetUnit = .cost, amount: Int64,
        period: BudgetPeriod, isHard: Bool = true
    ) throws(LimitRuleError) {
        guard LimitRule.isName(id) else {
            throw LimitRuleError("id", "The id of a budget is 1 to 64 letters, digits, '-', '_' and '.'.")
        }
        guard scope != .ip, scope != .model else {
            throw LimitRuleError("scope", "A budget is for a key, user, team or tenant, or for everyone.")
        }
        guard subject.map({ !$0.isEmpty && $0.utf8.count <= 256 }) ?? true, subject == nil || scope != .everyone else {
            throw LimitRuleError("subject", "A subject is a name of 1 to 256 bytes, or nothing for each one.")
        }
        guard (0...Self.amountMax).contains(amount) else {
            throw LimitRuleError("amount", "An amount is 0 to nine million, or 2^53 tokens.")
        }
        self.id = id
        self.scope = scope
        self.subject = subject
        self.unit = unit
        self.amount = amount
        self.period = period
        self.isHard = isHard
    }
}

/// Where one budget of one subject is counted in one period.
public struct BudgetAccountKey: Sendable, Hashable, Comparable {
    public let budget: String
    public let subject: String
    /// Seconds since 1970.
    public let periodStart: Int64

    public init(budget: String, subject: String, periodStart: Int64) {
        self.budget = budget
        self.subject = subject
        self.periodStart = periodStart
    }

    public static func < (left: BudgetAccountKey, right: BudgetAccountKey) -> Bool {
        (left.budget, left.subject, left.periodStart) < (right.budget, right.subject, right.periodStart)
    }
}

/// What was used of an account, and what running requests hold.
public struct BudgetAccount: Sendable, Equatable {
    public var spent: Int64
    public var reserved: Int64

    public init(spent: Int64 = 0, reserved: Int64 = 0) {
        self.spent = spent
        self.reserved = reserved
    }

    /// What is left that nobody holds.
    public func left(of amount: Int64) -> Int64 { max(0, amount - spent - reserved) }
}
