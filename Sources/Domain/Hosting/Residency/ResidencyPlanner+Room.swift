import Vocabulary

extension ResidencyPlanner {
    /// A model that is wanted and not there.
    struct Demand {
        let id: ModelID
        let rank: Int
        /// Since when somebody waits; `nil` for a wish, for which nobody does.
        let since: Moment?
        /// When its rank rises.
        let aging: Moment?
    }

    /// Loads what is wanted, and lets leave who has to for it.
    mutating func makeRoom(at now: Moment) -> [Action] {
        for id in entries.keys { entries[id]?.isContested = false }
        let demands = demands(at: now)
        if demands.allSatisfy({ $0.since == nil }) { for id in entries.keys { entries[id]?.admittedInTurn = 0 } }
        var ledger = Ledger(self)
        var loads = entries.values.count { $0.standing == .loading }
        var actions: [Action] = []
        for demand in demands {
            guard let entry = entries[demand.id] else { continue }
            let need = Need(entry)
            // What is going and wanted again comes back to memory of its own.
            guard entry.standing == .absent else {
                ledger.take(need)
                continue
            }
            if ledger.hasNow(need) {
                guard loads < policy.loadsMax else {
                    ledger.take(need)
                    continue
                }
                loads += 1
                ledger.take(need)
                entries[demand.id]?.order()
                actions.append(.load(demand.id))
            } else if ledger.hasSoon(need) {
                ledger.take(need)
            } else {
                actions += clear(need, for: demand, &ledger, at: now)
            }
        }
        return actions
    }

    /// Models that are wanted, the most urgent first, then the longest waited for; wishes last.
    private func demands(at now: Moment) -> [Demand] {
        var first: [ModelID: Demand] = [:]
        for waiter in waiters {
            guard let standing = entries[waiter.model]?.standing, standing != .ready, standing != .loading else {
                continue
            }
            let before = first[waiter.model]
            first[waiter.model] = Demand(
                id: waiter.model, rank: max(before?.rank ?? 0, rank(of: waiter, at: now)),
                since: before?.since ?? waiter.since,
                aging: [before?.aging, nextAging(of: waiter, at: now)].compactMap(\.self).min())
        }
        let asked = first.values.sorted { left, right in
            (right.rank, left.since ?? now, left.id.name) < (left.rank, right.since ?? now, right.id.name)
        }
        let wished = entries.values.filter { $0.isWished && $0.standing == .absent && first[$0.model.id] == nil }
        return asked
            + wished.sorted { ($1.model.priority.rank, $0.model.id.name) < ($0.model.priority.rank, $1.model.id.name) }
            .map { Demand(id: $0.model.id, rank: $0.model.priority.rank, since: nil, aging: nil) }
    }

    /// Finds who has to leave so that a model fits, and lets them, when the time has come for all of them. Refuses whoever
    /// waits for a model that can never fit.
    private mutating func clear(
        _ need: Need, for demand: Demand, _ ledger: inout Ledger, at now: Moment
    ) -> [Action] {
        let others = entries.values.filter { $0.model.id != demand.id && !ledger.leaving.contains($0.model.id) }
        let movable = others.filter { $0.standing == .ready && !$0.model.isPinned }
        guard isPossible(need, for: demand.id) else {
            guard demand.since != nil else { return [] }
            return refuseWaiters(for: demand.id, refusal(of: need, for: demand.id))
        }
        let yielding = leastWorth(of: movable.filter { yields($0, to: demand, at: now) }, at: now)
        let free = yielding.filter { end(of: $0, for: demand, at: now) <= now }
        // Those that are idle go before those whose requests have to end first.
        let ordered = free.filter { !isBusy($0) } + free.filter(isBusy)
        if let victims = ledger.victims(of: ordered, for: need) {
            var actions: [Action] = []
            for victim in victims {
                ledger.leaves(victim)
                actions += leave(victim.model.id, because: .memory, at: now)
            }
            ledger.take(need)
            return actions
        }
        holdOn(need, for: demand, yielding: yielding, ledger, at: now)
        ledger.take(need)
        return []
    }

    /// Notes whose turn has to end first, and when to look again.
    private mutating func holdOn(
        _ need: Need, for demand: Demand, yielding: [Entry], _ ledger: Ledger, at now: Moment
    ) {
        guard demand.since != nil else { return }
        let byEnd = yielding.sorted {
            (end(of: $0, for: demand, at: now), $0.model.id.name) < (
                end(of: $1, for: demand, at: now), $1.model.id.name
            )
        }
        for entry in ledger.victims(of: byEnd, for: need) ?? [] {
            entries[entry.model.id]?.isContested = true
            let end = end(of: entry, for: demand, at: now)
            if end > now { wakeUp(at: end, after: now) }
        }
        if let aging = demand.aging { wakeUp(at: aging, after: now) }
    }

    private func isBusy(_ entry: Entry) -> Bool { entry.runningCount > 0 || isAwaited(entry.model.id) }

    /// Whether a model may be taken away for a demand at all.
    private func yields(_ entry: Entry, to demand: Demand, at now: Moment) -> Bool {
        guard entry.model.priority.rank <= demand.rank else { return false }
        guard demand.since == nil else { return true }
        guard let wish = entries[demand.id], !isBusy(entry) else { return false }
        return worth(of: entry, at: now) < worth(of: wish, at: now, usesMin: 1)
    }

    /// Until when a model may go on although its memory is wanted.
    private func end(of entry: Entry, for demand: Demand, at now: Moment) -> Moment {
        guard let since = demand.since else { return now }
        let load = Duration.seconds(entry.model.loadSeconds * policy.holdFactor)
        let turnEnd = max(entry.readySince, since) + max(policy.turnMax, load)
        guard !isBusy(entry) else {
            return entry.admittedInTurn >= policy.turnRequestsMax ? now : turnEnd
        }
        // Idle: is its next request so near that loading it again would be a pity?
        guard let gap = entry.meanGap, .seconds(2 * gap) <= min(load, policy.holdMax) else { return now }
        return min(turnEnd, entry.lastUse + .seconds(2 * gap))
    }

    /// Pinned models beside this one, and what they hold.
    private func pinned(beside id: ModelID, in group: String? = nil) -> [Entry] {
        entries.values.filter { entry in
            entry.model.isPinned && entry.standing != .absent && entry.model.id != id
                && (group == nil || entry.model.group == group)
        }.sorted { ($1.reserved.total, $0.model.id.name) < ($0.reserved.total, $1.model.id.name) }
    }

    private func room(in budget: Footprint, beside pinned: [Entry]) -> Footprint {
        budget.less(pinned.reduce(.none) { $0 + $1.reserved })
    }

    /// Whether a model would fit if everything left that may.
    private func isPossible(_ need: Need, for id: ModelID) -> Bool {
        need.footprint.fits(in: room(in: policy.budget, beside: pinned(beside: id))) && fitsGroup(need, for: id)
    }

    private func fitsGroup(_ need: Need, for id: ModelID) -> Bool {
        guard let group = need.group, let budget = policy.groupBudgets[group] else { return true }
        return need.footprint.fits(in: room(in: budget, beside: pinned(beside: id, in: group)))
    }

    private func refusal(of need: Need, for id: ModelID) -> ResidencyRefusal {
        if let group = need.group, let budget = policy.groupBudgets[group], !fitsGroup(need, for: id) {
            let inside = pinned(beside: id, in: group).map(\.model.id)
            return .groupTooSmall(group: group, needed: need.footprint, budget: budget, pinned: inside)
        }
        let all = pinned(beside: id)
        return .tooLarge(
            needed: need.footprint, free: room(in: policy.budget, beside: all), budget: policy.budget,
            pinned: all.map(\.model.id))
    }
}

extension ResidencyPlanner {
    /// What losing a model would cost, by the bytes that it holds.
    func worth(of entry: Entry, at now: Moment, usesMin: Double = 0) -> Double {
        let bytes = max(1, Double((entry.standing == .absent ? entry.wanted : entry.reserved).total))
        let uses = max(usesMin, entry.frequency(at: now, halfLife: policy.usageHalfLife))
        // Per GiB, so that numbers stay readable.
        return uses * max(0, entry.model.loadSeconds + entry.recomputeSeconds) / (bytes / 1_073_741_824)
    }

    /// In the order in which they would leave.
    func leastWorth(of candidates: [Entry], at now: Moment) -> [Entry] {
        let priced = candidates.map { (entry: $0, worth: worth(of: $0, at: now)) }
        return priced.sorted { left, right in
            (left.entry.model.priority.rank, left.worth, left.entry.lastUse, left.entry.model.id.name)
                < (right.entry.model.priority.rank, right.worth, right.entry.lastUse, right.entry.model.id.name)
        }.map(\.entry)
    }
}
