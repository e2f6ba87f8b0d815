import Vocabulary

/// Who waits for a slot, and who is next. Pure: time comes in with each call, and only grows.
///
/// The order, most important first:
/// 1. The **level**: the request's priority, lifted by one for each `ageingStep` it has waited, up to `critical`.
/// 2. Among tenants at the same level, start-time fair queueing: the tenant whose virtual clock at this level is least
///    goes first, and its clock advances by cost / weight. While two tenants are both waiting at a level, the work they
///    got there, divided by their weights, differs by at most the sum of their largest requests divided by their weights,
///    plus `idleCredit`. `settle` replaces the estimated cost by the real one.
/// 3. Within a tenant, the order of arrival.
///
/// **No starvation.** After three ageing steps any request is at the highest level; there it is overtaken only by other
/// tenants, and by each of them only until its clock has passed this tenant's: under constant load of any priority it
/// starts after the work of its own tenant that arrived before it, slowed down by the other tenants' shares.
///
/// A tenant that comes back gets no more for its absence than `idleCredit`; one that is new starts at the clock of those
/// who are being served.
///
/// Source: Goyal, Vin, Cheng 1996, "Start-time Fair Queuing". Differs from it in: tags belong to tenants, not to
/// requests, so that corrections, cancellations and ageing count at once.
///
/// Each operation takes O(log n) steps for n waiting requests, and O(tenants · log n) where a position is computed.
package struct FairQueue<Item> {
    package enum PushResult: Equatable {
        /// With the number of requests before it.
        case queued(position: Int)
        /// There is no place for this tenant.
        case full(retryAfter: Duration)
        /// It cannot meet its deadline.
        case late
    }

    /// A request that waits, or that was just taken out.
    package struct Entry {
        package let item: Item
        package let terms: QueueTerms
        package let arrived: Duration
        /// 0 for `low` to 3 for `critical`; more than the priority's rank once it has waited long.
        package let level: Int
        package let charge: QueueCharge
    }

    struct Waiting {
        let item: Item
        let terms: QueueTerms
        let arrived: Duration
        /// The order of arrival.
        let sequence: UInt64
        let tenant: Int
        var level: Int
        var nextLift: QueuePlace?
        let latestStart: QueuePlace?
    }

    let options: QueueOptions
    var entries: [UInt64: Waiting] = [:]
    var shares = TenantShares()
    private var lifts = OrderedTree()
    private var latestStarts = OrderedTree()
    /// By priority, in the order of arrival.
    private var byPriority = [OrderedTree](repeating: OrderedTree(), count: Priority.allCases.count)
    private var rate = ServiceRate()
    private var arrivals: UInt64 = 0
    /// Changes whenever positions may have changed.
    package private(set) var revision: UInt64 = 0

    package init(_ options: QueueOptions) { self.options = options }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }
    /// In no order.
    package var keys: some Collection<UInt64> { entries.keys }
    func contains(_ key: UInt64) -> Bool { entries[key] != nil }
    /// What waits, by key; in no order.
    package var items: some Sequence<(UInt64, Item)> { entries.lazy.map { ($0.key, $0.value.item) } }
    /// When `expired` will have something to tell, unless it is taken out before.
    package var nextExpiry: Duration? { latestStarts.first.flatMap { entries[$0.value]?.terms.latestStart } }

    /// Adds a request. Its key must not wait already.
    package mutating func push(_ item: Item, _ terms: QueueTerms, now: Duration) -> PushResult {
        precondition(entries[terms.key] == nil, "one key is one request")
        advance(to: now)
        if let latest = terms.latestStart, latest < now { return .late }
        guard hasPlace(for: terms) else {
            rate.refused()
            return .full(retryAfter: rate.retryAfter(now: now))
        }
        insert(item, terms, now: now)
        let position = position(of: terms.key) ?? 0
        if options.refusesHopeless, let latest = terms.latestStart, let wait = rate.wait(position: position, now: now),
            now + wait > latest
        {
            _ = withdraw(terms.key)
            return .late
        }
        return .queued(position: position)
    }

    /// The next request that can start, without taking it out.
    ///
    /// - Parameters:
    ///   - now: the time; waiting requests age.
    ///   - canStart: whether a request can start now. Those that cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    mutating func peek(now: Duration, where canStart: (Item) -> Bool = { _ in true }) -> Entry? {
        advance(to: now)
        return next(where: canStart).flatMap { entry(of: $0) }
    }

    /// The longest waiting request among those of the highest priority that was asked for: ageing does not count.
    func mostUrgent(where canStart: (Item) -> Bool = { _ in true }) -> Entry? {
        for waiting in byPriority.reversed() {
            let found = waiting.first { element in entries[element.value].map { canStart($0.item) } ?? false }
            if let found { return entry(of: found.value) }
        }
        return nil
    }

    /// Takes out the next request that can start and charges its tenant.
    ///
    /// - Parameters:
    ///   - now: the time; waiting requests age.
    ///   - canStart: whether a request can start now. Those that cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    /// - Complexity: O((skipped + 1) · log n).
    package mutating func pop(now: Duration, where canStart: (Item) -> Bool = { _ in true }) -> Entry? {
        advance(to: now)
        guard let key = next(where: canStart) else { return nil }
        return take(key, now: now)
    }

    /// Takes out a certain request to start it, and charges its tenant.
    mutating func take(_ key: UInt64, now: Duration) -> Entry? {
        guard let taken = entry(of: key), let waiting = withdraw(key) else { return nil }
        shares.charge(taken.charge.cost, tenant: waiting.tenant, level: waiting.level)
        rate.started(now: now, othersWait: !entries.isEmpty)
        return taken
    }

    /// Takes a part of a request's work and charges its tenant for it. What is left waits on, behind the tenant's other
    /// requests, and its age begins anew: who is served does not starve. Its place in the queue is free with the last part.
    ///
    /// - Parameters:
    ///   - key: of a request that waits.
    ///   - part: what is taken, and what is left.
    ///   - now: the time.
    /// - Returns: the request as it waited; `nil` when it does not wait.
    mutating func takePart(_ key: UInt64, _ part: WorkPart, now: Duration) -> Entry? {
        guard let taken = entry(of: key), let waiting = withdraw(key) else { return nil }
        shares.charge(max(1, part.work), tenant: waiting.tenant, level: waiting.level)
        if part.left > 0 {
            insert(waiting.item, waiting.terms.left(part.left), now: now)
        } else {
            rate.started(now: now, othersWait: !entries.isEmpty)
        }
        return taken
    }

    /// Replaces the estimated work of a request that ended by what it was.
    ///
    /// - Parameters:
    ///   - charge: of the request's entry.
    ///   - actual: tokens computed and written, without those that came from the prefix cache.
    package mutating func settle(_ charge: QueueCharge, actual: Int) {
        shares.correct(charge, by: max(0, actual) - charge.cost)
        revision &+= 1
    }

    /// Takes out a request that is not wanted any more; nobody is charged.
    package mutating func remove(_ key: UInt64) -> Item? {
        let waiting = withdraw(key)
        if entries.isEmpty { rate.emptied() }
        return waiting?.item
    }

    /// Takes out all requests that are too late to meet their deadlines, the latest first. Nobody is charged.
    package mutating func expired(now: Duration) -> [Entry] {
        var late: [Entry] = []
        while let first = latestStarts.first, let latest = entries[first.value]?.terms.latestStart, latest < now,
            let entry = entry(of: first.value)
        {
            late.append(entry)
            _ = withdraw(first.value)
        }
        if entries.isEmpty { rate.emptied() }
        return late
    }

    /// How long until a request at this position starts, at the pace of the last starts; `nil` when none was measured.
    func expectedWait(position: Int, now: Duration) -> Duration? { rate.wait(position: position, now: now) }

    // MARK: - Parts

    private func entry(of key: UInt64) -> Entry? {
        entries[key].map { waiting in
            Entry(
                item: waiting.item, terms: waiting.terms, arrived: waiting.arrived, level: waiting.level,
                charge: QueueCharge(
                    tenant: waiting.terms.tenant, level: waiting.level, weight: shares.weight(of: waiting.tenant),
                    cost: waiting.terms.cost))
        }
    }

    private func next(where canStart: (Item) -> Bool) -> UInt64? {
        shares.first { key in entries[key].map { canStart($0.item) } ?? false }
    }

    private mutating func insert(_ item: Item, _ terms: QueueTerms, now: Duration) {
        arrivals &+= 1
        let level = terms.priority.rank
        let tenant = shares.join(terms.tenant, weight: terms.weight)
        let latestStart = terms.latestStart.map { QueuePlace($0 / .seconds(1), sequence: arrivals) }
        if let latestStart { latestStarts.insert(latestStart, value: terms.key) }
        byPriority[level].insert(QueuePlace(sequence: arrivals), value: terms.key)
        shares.insert(terms.key, sequence: arrivals, cost: terms.cost, tenant: tenant, level: level)
        entries[terms.key] = Waiting(
            item: item, terms: terms, arrived: now, sequence: arrivals, tenant: tenant, level: level,
            nextLift: scheduleLift(of: terms.key, to: level + 1, sequence: arrivals, at: now + options.ageingStep),
            latestStart: latestStart)
        revision &+= 1
    }

    /// Takes a request out of every order.
    private mutating func withdraw(_ key: UInt64) -> Waiting? {
        guard let waiting = entries.removeValue(forKey: key) else { return nil }
        if let lift = waiting.nextLift { lifts.remove(lift) }
        if let latest = waiting.latestStart { latestStarts.remove(latest) }
        byPriority[waiting.terms.priority.rank].remove(QueuePlace(sequence: waiting.sequence))
        shares.remove(sequence: waiting.sequence, tenant: waiting.tenant, level: waiting.level)
        shares.leave(waiting.tenant)
        revision &+= 1
        return waiting
    }

    private mutating func scheduleLift(of key: UInt64, to level: Int, sequence: UInt64, at time: Duration)
        -> QueuePlace?
    {
        guard level < Priority.allCases.count else { return nil }
        let place = QueuePlace(time / .seconds(1), sequence: sequence)
        lifts.insert(place, value: key)
        return place
    }

    /// Lifts those who have waited long.
    private mutating func advance(to now: Duration) {
        let seconds = now / .seconds(1)
        while let first = lifts.first, first.place.order <= seconds, var waiting = entries[first.value] {
            lifts.remove(first.place)
            shares.remove(sequence: waiting.sequence, tenant: waiting.tenant, level: waiting.level)
            waiting.level += 1
            shares.insert(
                waiting.terms.key, sequence: waiting.sequence, cost: waiting.terms.cost, tenant: waiting.tenant,
                level: waiting.level)
            let lifted = waiting.level - waiting.terms.priority.rank
            waiting.nextLift = scheduleLift(
                of: waiting.terms.key, to: waiting.level + 1, sequence: waiting.sequence,
                at: waiting.arrived + options.ageingStep * (lifted + 1))
            entries[first.value] = waiting
            revision &+= 1
        }
    }
}
