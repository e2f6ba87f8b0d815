import Vocabulary

/// What the preemption policy needs to know of a started sequence.
struct PreemptionCandidate: Sendable, Equatable {
    enum State: Sendable, Equatable {
        /// It has a slot; so many tokens were computed for it since it started or was resumed.
        case running(tokensSinceStart: Int)
        /// Its state is kept in memory since then, its slot is given away.
        case parked(since: Duration)
    }

    /// Grows with arrival.
    let key: UInt64
    /// As asked for: ageing never preempts.
    let priority: Priority
    let tenant: TenantID
    let weight: Double
    let state: State
    /// Tokens in its cache: the size of what has to be kept.
    let computed: Int
    /// How often it was parked.
    let parkings: Int

    init(
        key: UInt64, priority: Priority, tenant: TenantID = .none, weight: Double = 1, state: State, computed: Int,
        parkings: Int = 0
    ) {
        self.key = key
        self.priority = priority
        self.tenant = tenant
        self.weight = weight
        self.state = state
        self.computed = computed
        self.parkings = parkings
    }

    var parkedSince: Duration? {
        guard case .parked(let since) = state else { return nil }
        return since
    }
}

/// Decides who gives way to a more urgent request, and who comes back. Pure.
///
/// **It does not thrash.** Only a strictly higher priority that was asked for makes a sequence give way; a sequence runs
/// for `tokensBetweenParkings` tokens after it has started or come back before it may be parked again, and is parked at
/// most `parkingsMax` times. So parking costs at most `parkingsMax` saves and restores per request, whatever arrives.
///
/// **Nobody stays parked for ever.** A parked sequence goes before waiting requests of its level, and its level rises
/// with the time it is parked, as a waiting request's does.
struct PreemptionPolicy: Sendable {
    static let tokensBetweenParkings = 32
    static let parkingsMax = 3

    /// Tokens of all parked sequences together: a bound of the memory that they take.
    let parkedTokensMax: Int
    let ageingStep: Duration

    init(parkedTokensMax: Int, ageingStep: Duration = QueueOptions.ageingStepDefault) {
        self.parkedTokensMax = parkedTokensMax
        self.ageingStep = ageingStep
    }

    /// Which sequence gives its slot to a waiting request, when there is no free slot.
    ///
    /// The one of the lowest priority; among these, one of the tenant that has most slots for its weight; among these the
    /// one with the least to keep; at last the youngest.
    ///
    /// - Parameters:
    ///   - candidates: all started sequences, running and parked.
    ///   - priority: what the waiting request asked for.
    /// - Returns: the sequence's key; `nil` when nobody has to give way.
    func victim(among candidates: [PreemptionCandidate], for priority: Priority) -> UInt64? {
        let parkedTokens = candidates.reduce(0) { $0 + ($1.parkedSince == nil ? 0 : $1.computed) }
        let room = parkedTokensMax - parkedTokens
        let eligible = candidates.filter { $0.priority < priority && mayBeParked($0) && $0.computed <= room }
        guard let lowest = eligible.map(\.priority).min() else { return nil }
        let use = slotUse(of: candidates)
        func isBefore(_ left: PreemptionCandidate, _ right: PreemptionCandidate) -> Bool {
            let (leftUse, rightUse) = (use[left.tenant, default: 0], use[right.tenant, default: 0])
            if leftUse != rightUse { return leftUse > rightUse }
            return left.computed == right.computed ? left.key > right.key : left.computed < right.computed
        }
        return eligible.filter { $0.priority == lowest }.min(by: isBefore)?.key
    }

    /// Which parked sequence gets a free slot.
    ///
    /// - Parameters:
    ///   - candidates: all started sequences, running and parked.
    ///   - waitingLevel: of the request that would start instead (`FairQueue.Entry.level`); `nil` when nobody waits.
    ///   - now: the time.
    /// - Returns: the sequence's key; `nil` when the slot is for the waiting request.
    func resumed(among candidates: [PreemptionCandidate], waitingLevel: Int?, now: Duration) -> UInt64? {
        let parked = candidates.compactMap { candidate in
            candidate.parkedSince.map { (key: candidate.key, level: level(of: candidate, since: $0, now: now)) }
        }
        // The longest started of the highest level.
        let best = parked.min { $0.level == $1.level ? $0.key < $1.key : $0.level > $1.level }
        guard let best, best.level >= waitingLevel ?? 0 else { return nil }
        return best.key
    }

    private func mayBeParked(_ candidate: PreemptionCandidate) -> Bool {
        guard case .running(let tokens) = candidate.state else { return false }
        return tokens >= Self.tokensBetweenParkings && candidate.parkings < Self.parkingsMax
    }

    private func level(of candidate: PreemptionCandidate, since: Duration, now: Duration) -> Int {
        let top = Priority.allCases.count - 1
        let lifts = max(0, (now - since) / ageingStep)
        return min(top, candidate.priority.rank + Int(min(lifts, Double(top))))
    }

    /// Running sequences of each tenant, divided by its weight.
    private func slotUse(of candidates: [PreemptionCandidate]) -> [TenantID: Double] {
        var use: [TenantID: Double] = [:]
        for candidate in candidates where candidate.parkedSince == nil {
            use[candidate.tenant, default: 0] += 1 / max(candidate.weight, QueueTerms.weights.lowerBound)
        }
        return use
    }
}
