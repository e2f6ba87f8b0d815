import Vocabulary

extension ResidencyPlanner {
    /// Does all that the present state asks for. Called after each event; called again it does nothing.
    mutating func settle(at now: Moment) -> [Action] {
        nextWakeUp = nil
        var actions = refuseLate(at: now)
        returnDrained()
        actions += admitReady(at: now)
        actions += trim(at: now)
        actions += makeRoom(at: now)
        actions += admitReady(at: now)
        actions += endDrains()
        actions += expire(at: now)
        return actions
    }

    mutating func wakeUp(at moment: Moment, after now: Moment) {
        // A moment that is not after the present would be asked for again and again.
        let moment = max(moment, now + .milliseconds(1))
        nextWakeUp = min(nextWakeUp ?? moment, moment)
    }

    func isAwaited(_ id: ModelID) -> Bool { waiters.contains { $0.model == id } }

    /// How urgent a waiting request is by now.
    func rank(of waiter: Waiter, at now: Moment) -> Int { waiter.priority.rank + agingSteps(of: waiter, at: now) }

    private func agingSteps(of waiter: Waiter, at now: Moment) -> Int {
        guard policy.agingStep > .zero else { return 0 }
        return Int((now - waiter.since) / policy.agingStep)
    }

    /// When its rank rises next.
    func nextAging(of waiter: Waiter, at now: Moment) -> Moment {
        waiter.since + policy.agingStep * (agingSteps(of: waiter, at: now) + 1)
    }

    private mutating func refuseLate(at now: Moment) -> [Action] {
        guard let longest = policy.waitMax else { return [] }
        var actions: [Action] = []
        waiters.removeAll { waiter in
            guard now - waiter.since >= longest else { return false }
            actions.append(.refuse(waiter.ticket, .waitedTooLong(longest)))
            return true
        }
        if let first = waiters.map(\.since).min() { wakeUp(at: first + longest, after: now) }
        return actions
    }

    mutating func refuseWaiters(for id: ModelID, _ refusal: ResidencyRefusal) -> [Action] {
        let refused = waiters.filter { $0.model == id }
        waiters.removeAll { $0.model == id }
        return refused.map { .refuse($0.ticket, refusal) }
    }

    /// Models that were to make room for somebody who is gone take requests again.
    private mutating func returnDrained() {
        let isRoomWanted = waiters.contains { entries[$0.model]?.standing != .ready }
        guard !isRoomWanted else { return }
        for id in entries.keys { entries[id]?.returnFromDraining() }
    }

    /// Lets requests go to the models that are ready; of a model that others wait for, no more than its turn has.
    private mutating func admitReady(at now: Moment) -> [Action] {
        let ready = waiters.filter { entries[$0.model]?.standing == .ready }
        guard !ready.isEmpty else { return [] }
        let ordered = ready.sorted { (rank(of: $1, at: now), $0.ticket) < (rank(of: $0, at: now), $1.ticket) }
        var admitted: Set<Ticket> = []
        var actions: [Action] = []
        for waiter in ordered {
            guard let entry = entries[waiter.model] else { continue }
            if entry.isContested, entry.admittedInTurn >= policy.turnRequestsMax { continue }
            entries[waiter.model]?.admit(keepAlive: waiter.keepAlive)
            running[waiter.ticket] = waiter.model
            admitted.insert(waiter.ticket)
            actions.append(.admit(waiter.ticket))
        }
        waiters.removeAll { admitted.contains($0.ticket) }
        return actions
    }

    /// Lets idle models go while all together take more than there is.
    private mutating func trim(at now: Moment) -> [Action] {
        var actions: [Action] = []
        while true {
            let staying = entries.values.reduce(Footprint.none) { $1.isGoing ? $0 : $0 + $1.reserved }
            guard !staying.fits(in: policy.budget) else { return actions }
            let idle = entries.values.filter { $0.isIdle && !$0.model.isPinned && !isAwaited($0.model.id) }
            guard let least = leastWorth(of: idle, at: now).first else { return actions }
            actions += leave(least.model.id, because: .overBudget, at: now)
        }
    }

    private mutating func endDrains() -> [Action] {
        let ended = entries.values.filter { $0.standing == .draining && $0.runningCount == 0 }.map(\.model.id)
        return ended.sorted { $0.name < $1.name }.map { id in
            let reason = entries[id]?.departure ?? .order
            entries[id]?.beginToUnload(because: reason)
            return .unload(id, because: reason)
        }
    }

    /// Lets models go that nobody has used for as long as they were to be kept.
    private mutating func expire(at now: Moment) -> [Action] {
        var actions: [Action] = []
        for (id, entry) in entries.sorted(by: { $0.key.name < $1.key.name }) {
            guard let end = entry.expires, !isAwaited(id) else { continue }
            if end <= now {
                actions += leave(id, because: .keepAlive, at: now)
            } else {
                wakeUp(at: end, after: now)
            }
        }
        return actions
    }

    /// Makes a model leave as soon as its running requests have ended.
    mutating func leave(_ id: ModelID, because departure: Departure, at now: Moment) -> [Action] {
        guard let entry = entries[id] else { return [] }
        entries[id]?.isWished = false
        switch entry.standing {
        case .absent, .unloading, .draining: return []
        case .loading:
            entries[id]?.leavesWhenReady = departure
            return []
        case .ready:
            guard entry.runningCount == 0 else {
                entries[id]?.drain(because: departure)
                return [.drain(id, because: departure)]
            }
            entries[id]?.beginToUnload(because: departure)
            return [.unload(id, because: departure)]
        }
    }
}
