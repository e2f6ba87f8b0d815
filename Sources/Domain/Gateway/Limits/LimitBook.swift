/// The meters of this process, a bounded number of them. Pure: time comes in with each call.
///
/// When there is no room a meter is given up only if forgetting it changes nothing: a full bucket, an unused window. Where
/// none is found, newcomers of a rule share one meter, so that somebody with many addresses or keys can neither reset his own
/// limits nor use up the memory. Candidates are found as by the clock algorithm: those used since the hand came by are spared.
public struct LimitBook: Sendable {
    struct Entry: Sendable {
        let key: LimitKey
        var rule: LimitRule
        var meter: LimitMeter
        var isUsed: Bool
        var isChanged: Bool
    }

    /// The subject of those who share a meter.
    static let overflowSubject = "(others)"
    /// Meters that are looked at to find one that can be given up.
    private static let stepsMax = 16
    /// Meters that are found without hashing.
    private static let recentMax = 4

    public let countMax: Int
    private var places: [LimitKey: Int] = [:]
    private var entries: [Entry] = []
    /// Places of what was looked up lately: most requests want what those before wanted, and comparing is quicker than hashing.
    private var recent: [Int] = []
    private var hand = 0
    /// Keys of long meters that were changed since they were last written.
    private var changed: Set<LimitKey> = []
    /// Demands that had to share a meter.
    public private(set) var overflowCount: UInt64 = 0

    public init(countMax: Int = 100_000) {
        precondition(countMax > 0, "a book without room cannot count")
        self.countMax = countMax
    }

    public var count: Int { entries.count }

    /// As it was computed last.
    public func meter(of key: LimitKey) -> LimitMeter? { places[key].map { entries[$0].meter } }

    /// Takes what a request needs of all limits, or nothing of any.
    ///
    /// - Parameters:
    ///   - demands: one for each limit.
    ///   - now: milliseconds since 1970.
    /// - Returns: whether it may begin, and how the limits stand afterwards.
    public mutating func take(_ demands: [LimitDemand], now: Int64) -> LimitVerdict {
        var refusal: LimitVerdict.Refusal?
        var indices: [Int] = []
        indices.reserveCapacity(demands.count)
        for demand in demands {
            let index = place(of: demand, now: now)
            indices.append(index)
            let wait = entries[index].meter.wait(
                for: demand.need, demand.rule.pace, permille: demand.permille, now: now)
            if let wait, wait > refusal?.wait ?? 0 { refusal = .init(rule: demand.rule, wait: wait) }
        }
        var standings: [LimitStanding] = []
        standings.reserveCapacity(demands.count)
        for (demand, index) in zip(demands, indices) {
            if refusal == nil { change(index, by: demand.charge) }
            let meter = entries[index].meter
            standings.append(
                LimitStanding(
                    rule: demand.rule, remaining: meter.remaining(demand.rule.pace),
                    reset: meter.reset(demand.rule.pace, now: now)))
        }
        return LimitVerdict(refusal: refusal, standings: standings)
    }

    /// Takes more, or gives back what is negative, without asking whether it is there: what was used is used.
    public mutating func charge(_ demands: [LimitDemand], now: Int64) {
        for demand in demands where demand.charge != 0 {
            change(place(of: demand, now: now), by: demand.charge)
        }
    }

    /// The meters that are to survive a restart and have changed since the last call.
    public mutating func takeChanged() -> [(key: LimitKey, meter: LimitMeter)] {
        defer { changed = [] }
        return changed.compactMap { key in
            guard let index = places[key] else { return nil }
            entries[index].isChanged = false
            return (key, entries[index].meter)
        }
    }

    /// Takes in what survived a restart.
    public mutating func restore(_ meter: LimitMeter, for key: LimitKey, rule: LimitRule, now: Int64) {
        var meter = meter
        // Written under another pace, or by a clock that was ahead.
        meter.level = min(meter.level, rule.pace.capacity)
        meter.at = min(meter.at, now)
        if case .bucket(_, _, let per) = rule.pace { meter.remainder = min(max(0, meter.remainder), per - 1) }
        let index = place(of: LimitDemand(key: key, rule: rule, need: 0, charge: 0), now: now)
        entries[index].meter = meter
    }

    /// Forgets the meters of rules that are gone or changed.
    public mutating func keep(_ rules: [String: LimitRule]) {
        let kept = entries.filter { rules[$0.key.rule].map(\.pace) == $0.rule.pace }
        guard kept.count < entries.count else { return }
        entries = kept
        hand = 0
        places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.key, $0) })
        changed = changed.filter { places[$0] != nil }
    }

    private mutating func change(_ index: Int, by amount: Int64) {
        guard amount != 0 else { return }
        entries[index].meter.charge(amount, entries[index].rule.pace)
        guard entries[index].rule.pace.isLong, !entries[index].isChanged else { return }
        entries[index].isChanged = true
        changed.insert(entries[index].key)
    }

    private mutating func known(_ key: LimitKey) -> Int? {
        for index in recent where index < entries.count && entries[index].key == key { return index }
        guard let index = places[key] else { return nil }
        if recent.count == Self.recentMax { recent.removeFirst() }
        recent.append(index)
        return index
    }

    private mutating func place(of demand: LimitDemand, now: Int64) -> Int {
        if let index = known(demand.key) {
            entries[index].meter.advance(demand.rule.pace, permille: demand.permille, now: now)
            entries[index].isUsed = true
            return index
        }
        let meter = LimitMeter(fresh: demand.rule.pace, now: now)
        let entry = Entry(key: demand.key, rule: demand.rule, meter: meter, isUsed: true, isChanged: false)
        if entries.count < countMax {
            places[demand.key] = entries.count
            entries.append(entry)
            return entries.count - 1
        }
        if let index = dispensable(now: now) {
            places[entries[index].key] = nil
            changed.remove(entries[index].key)
            places[demand.key] = index
            entries[index] = entry
            return index
        }
        return sharedPlace(for: demand, now: now)
    }

    private mutating func sharedPlace(for demand: LimitDemand, now: Int64) -> Int {
        overflowCount += 1
        let key = LimitKey(rule: demand.rule.id, subject: Self.overflowSubject)
        if let index = places[key] {
            entries[index].meter.advance(demand.rule.pace, permille: demand.permille, now: now)
            return index
        }
        // One more for each rule; rules are few.
        places[key] = entries.count
        entries.append(
            Entry(
                key: key, rule: demand.rule, meter: LimitMeter(fresh: demand.rule.pace, now: now), isUsed: true,
                isChanged: false))
        return entries.count - 1
    }

    private mutating func dispensable(now: Int64) -> Int? {
        for _ in 0..<min(Self.stepsMax, entries.count) {
            hand = (hand + 1) % entries.count
            entries[hand].meter.advance(entries[hand].rule.pace, now: now)
            if !entries[hand].isUsed, entries[hand].meter.isFresh(entries[hand].rule.pace),
                entries[hand].key.subject != Self.overflowSubject
            {
                return hand
            }
            entries[hand].isUsed = false
        }
        return nil
    }
}
