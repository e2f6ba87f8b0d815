import Vocabulary

/// How many may wait, and who stands where.
extension FairQueue {
    /// Whether a tenant may have one more request waiting.
    ///
    /// - Alone, a tenant may fill all `capacity` places.
    /// - While others wait and less than a quarter of the places is free, it may hold its share of them by weight, and
    ///   always one.
    /// - Behind `capacity` there are `reserve` places, of which a tenant may hold as many as it leaves free: a tenant that
    ///   came first and took everything cannot keep others out, and those places last for several newcomers.
    func hasPlace(for terms: QueueTerms) -> Bool {
        let held = shares.held(by: terms.tenant)
        let others = shares.weightOfOthers(than: terms.tenant)
        if held < count, count >= options.capacity * 3 / 4 {
            let share = Double(options.capacity) * terms.weight / (terms.weight + others)
            guard held < max(1, Int(share)) else { return false }
        }
        if count < options.capacity { return true }
        let free = options.capacity + options.reserve - count
        return held < count && held < free
    }

    /// How many requests would start before this one, if nobody else came and estimates were true.
    ///
    /// It falls as requests start, end, or are cancelled. It rises when a request arrives at a higher level or of a tenant
    /// that had less than its share; when another request ages to a higher level; and when one of its tenant's requests
    /// turned out to be more work than was estimated.
    ///
    /// - Returns: 0 for the next one, `nil` when it does not wait.
    /// - Complexity: O(tenants · log n).
    package func position(of key: UInt64) -> Int? {
        guard let waiting = entries[key] else { return nil }
        return shares.position(sequence: waiting.sequence, tenant: waiting.tenant, level: waiting.level)
    }

    /// The next requests in their order, if nobody else came and estimates were true.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: keys.
    /// - Complexity: O(n · tenants · log n): for reports, not for every step.
    func order(limit: Int) -> [UInt64] {
        let places = entries.keys.compactMap { key in position(of: key).map { (key: key, position: $0) } }
        return places.filter { $0.position < limit }.sorted { $0.position < $1.position }.map(\.key)
    }
}

/// Tells those who want to know where they stand, whenever that has changed.
struct PositionReports: Sendable {
    /// What was told last.
    private var told: [UInt64: Int] = [:]
    private var seen: UInt64?

    var isEmpty: Bool { told.isEmpty }

    /// From now on tells changes of a request that waits at a position its reader knows.
    mutating func watch(_ key: UInt64, position: Int) { told[key] = position }

    mutating func forget(_ key: UInt64) { told[key] = nil }

    /// Who stands somewhere else than was told last, in no order. Whoever does not wait any more is forgotten.
    ///
    /// - Complexity: O(1) when nothing has changed, else one `position(of:)` for each watched request.
    mutating func changes<Item>(in queue: FairQueue<Item>) -> [(key: UInt64, position: Int)] {
        guard !told.isEmpty, seen != queue.revision else { return [] }
        seen = queue.revision
        var changes: [(key: UInt64, position: Int)] = []
        for (key, last) in told {
            let position = queue.position(of: key)
            told[key] = position
            if let position, position != last { changes.append((key, position)) }
        }
        return changes
    }
}
