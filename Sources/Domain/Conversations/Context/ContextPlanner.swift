import Vocabulary

/// Decides what of a branch goes into the next prompt. Pure.
///
/// A prompt's beginning that stays the same is not computed again, so that decisions are made seldom: nothing changes until
/// the limit is reached; then as much goes at once as makes room for many turns (``ContextPolicy/cutTo``), and what was
/// decided then holds until the limit is reached again.
public struct ContextPlanner: Sendable {
    /// The part of the free room that important messages may take from recent ones.
    private static let importantShare = 0.5

    private let items: [ContextItem]
    private let policy: ContextPolicy
    private let limit: Int?
    private let overhead: Int

    /// - Parameters:
    ///   - items: the branch with the message that is to be answered.
    ///   - policy: what to do about it.
    ///   - limit: tokens of the prompt at most.
    ///   - overhead: tokens that belong to no message: tools, the beginning of the answer.
    public init(_ items: [ContextItem], policy: ContextPolicy, limit: Int?, overhead: Int = 0) {
        self.items = items
        self.policy = policy
        self.limit = limit
        self.overhead = overhead
    }

    /// The next prompt.
    ///
    /// - Parameter cut: the one that holds for this branch.
    /// - Returns: a plan; with a new cut when the one that holds does not fit the limit.
    public func plan(standing cut: ContextCut?) -> ContextPlan {
        let standing = self.standing(cut)
        guard policy.mode != .off, !standing.fits else { return standing }
        return fresh(behind: standing, cut)
    }

    /// A cut as it would be if the limit were reached now: for who prepares it before.
    ///
    /// - Parameter cut: the one that holds for this branch.
    /// - Returns: `nil` when nothing is to be prepared.
    public func preparation(standing cut: ContextCut?) -> ContextPlan.NewCut? {
        let standing = self.standing(cut)
        guard policy.mode == .summarise, let limit, standing.fits,
            Double(standing.total) > Double(limit) * ContextPolicy.prepareAt
        else { return nil }
        return fresh(behind: standing, cut).cut
    }

    // MARK: what holds already

    private func standing(_ cut: ContextCut?) -> ContextPlan {
        let end = cut.flatMap { cut in items.lastIndex { $0.id == cut.through } }
        var decisions = items.enumerated().map { index, item in
            if let cut, let end { return cut.decision(on: item, isBefore: index <= end) }
            return ContextDecision(.keep, item.isSystem ? .system : item.importance == .pinned ? .pinned : .fits)
        }
        holdUnitsTogether(&decisions)
        if policy.mode != .off { holdBudgets(&decisions) }
        return plan(decisions, summaryTokens: end == nil ? 0 : cut?.summary?.tokens ?? 0)
    }

    /// A message that somebody pinned brings its whole unit back.
    private func holdUnitsTogether(_ decisions: inout [ContextDecision]) {
        var inPrompt: Set<Int> = []
        for (item, decision) in zip(items, decisions) where decision.isInPrompt { inPrompt.insert(item.unit) }
        for index in items.indices where !decisions[index].isInPrompt && inPrompt.contains(items[index].unit) {
            decisions[index] = ContextDecision(.keep, .withItsCall)
        }
    }

    /// The bounds of the system prompt and of single messages, which depend on nothing else and so never change.
    private func holdBudgets(_ decisions: inout [ContextDecision]) {
        if let most = policy.systemTokens {
            let system = items.indices.filter { items[$0].isSystem }
            let cap = Self.cap(system.map { items[$0].tokens }, sum: most)
            for index in system where items[index].tokens > cap {
                decisions[index] = ContextDecision(.shorten(tokens: cap), .tooLarge)
            }
        }
        guard let most = policy.messageTokens else { return }
        for index in items.indices
        where items[index].tokens > most && !items[index].isSystem && items[index].importance != .pinned
            && decisions[index].action == .keep
        {
            decisions[index] = ContextDecision(.shorten(tokens: most), .tooLarge)
        }
    }

    private func plan(_ decisions: [ContextDecision], summaryTokens: Int) -> ContextPlan {
        let kept = zip(items, decisions).reduce(0) { $0 + $1.1.tokensKept(of: $1.0.tokens) }
        return ContextPlan(
            decisions: decisions, total: overhead + summaryTokens + kept,
            totalUncut: overhead + items.reduce(0) { $0 + $1.tokens }, limit: limit)
    }

    // MARK: a new cut

    private func fresh(behind standing: ContextPlan, _ cut: ContextCut?) -> ContextPlan {
        guard let limit, !items.isEmpty else { return standing }
        let target = Int(Double(limit) * policy.cutTo)
        let summaryTokens = policy.mode == .summarise ? ContextPolicy.summaryTokens(limit: limit) : 0
        var choice = Choice(items: items, standing: standing, summaryTokens: summaryTokens + overhead)
        choice.takeMandatory()
        if choice.used > limit { choice.shorten(to: target) }
        let free = max(0, target - choice.used)
        choice.takeImportant(room: Int(Double(free) * Self.importantShare))
        choice.takeRecent(room: max(0, target - choice.used))
        let decisions = choice.decisions(summarises: policy.mode == .summarise)
        // What was left out before and is told in the old summary is told in the new one, too.
        let leavesOut = decisions.contains { $0.action == .summarise }
        var plan = self.plan(decisions, summaryTokens: leavesOut ? summaryTokens : 0)
        plan.cut = newCut(decisions, from: choice.tailStart, summaryTokens: leavesOut ? summaryTokens : 0, cut)
        return plan
    }

    private func newCut(
        _ decisions: [ContextDecision], from tailStart: Int, summaryTokens: Int, _ old: ContextCut?
    ) -> ContextPlan.NewCut {
        let told = old.flatMap { old in old.summary == nil ? nil : items.lastIndex { $0.id == old.through } } ?? -1
        // The first message is always decided on, also when everything stays.
        let end = max(1, tailStart)
        var cut = ContextPlan.NewCut(
            through: items[end - 1].id, kept: [], dropped: [], shortened: [:], summarised: [],
            summaryTokens: summaryTokens)
        for (index, (item, decision)) in zip(items, decisions).enumerated() {
            switch decision.action {
            case .keep: if index < end, !item.isSystem { cut.kept.append(item.id) }
            case .shorten(let tokens):
                cut.shortened[item.id] = tokens
                if index < end, !item.isSystem { cut.kept.append(item.id) }
            case .drop:
                if index >= end || decision.reason == .unimportant { cut.dropped.append(item.id) }
            case .summarise:
                let isTold =
                    index <= told && old?.kept.contains(item.id) == false && old?.dropped.contains(item.id) == false
                if !isTold { cut.summarised.append(item.id) }
            }
        }
        return cut
    }

    /// The most that each may have so that all together have no more than a sum, where the small ones stay whole.
    ///
    /// - Parameters:
    ///   - sizes: of all.
    ///   - sum: that they may have together.
    /// - Returns: at least 1.
    static func cap(_ sizes: [Int], sum: Int) -> Int {
        var left = sum
        let sorted = sizes.sorted()
        for (place, size) in sorted.enumerated() {
            let share = left / (sorted.count - place)
            if size > share { return max(1, share) }
            left -= size
        }
        return sorted.last ?? 1
    }
}
