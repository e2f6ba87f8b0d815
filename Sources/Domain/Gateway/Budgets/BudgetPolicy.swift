/// The budgets that hold, and what a request must reserve of each.
public struct BudgetPolicy: Sendable, Equatable {
    public let budgets: [Budget]

    public init(_ budgets: [Budget] = []) { self.budgets = budgets }

    /// What to reserve.
    ///
    /// - Parameters:
    ///   - caller: who asks.
    ///   - cost: the most that it may cost, in billionths.
    ///   - tokens: the most that it may be, prompt and answer.
    ///   - now: seconds since 1970.
    /// - Returns: in one order always, so that two nodes do not wait for each other. A budget of money is left out where the
    ///   request costs nothing: what is free is never refused for want of money.
    public func holds(for caller: LimitCaller, cost: Int64, tokens: Int64, now: Int64) -> [BudgetHold] {
        guard !budgets.isEmpty else { return [] }
        var holds: [BudgetHold] = []
        for budget in budgets {
            var amount = budget.unit == .cost ? cost : tokens
            guard amount > 0 else { continue }
            if !budget.isHard { amount = min(amount, BudgetHold.amountMax) }
            for subject in caller.subjects(of: budget.scope) where budget.subject == nil || budget.subject == subject {
                holds.append(
                    BudgetHold(
                        account: BudgetAccountKey(
                            budget: budget.id, subject: subject, periodStart: budget.period.start(of: now)),
                        unit: budget.unit, limit: budget.amount, isHard: budget.isHard, amount: amount))
            }
        }
        return holds.sorted { $0.account < $1.account }
    }
}
