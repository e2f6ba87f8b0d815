import Vocabulary

/// The virtual clocks of tenants, and their waiting requests at each level: who has had how much, and who is next.
///
/// Tenants are numbers here: slots that are reused once a tenant has been forgotten.
struct TenantShares: Sendable {
    /// How far a tenant that had nothing waiting may be behind the clock of those who are served, in tokens: enough for
    /// somebody who waits for each answer before asking again, too little to be saved up.
    static let idleCredit = 1024.0
    /// Tenants without waiting requests whose clocks are kept; beyond, they are forgotten and come back as new ones.
    static let idleTenantsMax = 1024
    static let levelCount = Priority.allCases.count

    /// Requests of one tenant at one level.
    private struct Flow {
        /// In the order of arrival, with their costs.
        var requests = OrderedTree()
        /// Work that was charged, divided by the weight; `nil` before the first.
        var clock: Double?
        /// Where it stands among the level's flows; `nil` while it has no requests.
        var place: QueuePlace?
    }

    private struct Tenant {
        let id: TenantID
        var weight: Double
        /// Waiting requests at all levels.
        var held = 0
        var flows = [Flow](repeating: Flow(), count: TenantShares.levelCount)
    }

    private struct Level {
        /// By clock, then by arrival of the first request.
        var flows = OrderedTree()
        /// The clock at which the last request was taken.
        var virtualTime = 0.0
        var count = 0
    }

    private var tenants: [Tenant?] = []
    private var indices: [TenantID: Int] = [:]
    private var free: [Int] = []
    private var levels = [Level](repeating: Level(), count: TenantShares.levelCount)
    private var heldWeight = 0.0
    private var idleCount = 0

    // MARK: - Tenants

    /// Makes room for one more waiting request of a tenant; `insert` follows.
    mutating func join(_ id: TenantID, weight: Double) -> Int {
        let index = indices[id] ?? add(id, weight: weight)
        if self[index].held == 0 { idleCount -= 1 } else { heldWeight -= self[index].weight }
        self[index].held += 1
        self[index].weight = weight
        heldWeight += weight
        return index
    }

    /// One waiting request less.
    mutating func leave(_ index: Int) {
        self[index].held -= 1
        guard self[index].held == 0 else { return }
        heldWeight -= self[index].weight
        idleCount += 1
        if idleCount > Self.idleTenantsMax { forgetIdle() }
        // Nothing waits: the sum is exact again.
        if levels.allSatisfy({ $0.count == 0 }) { heldWeight = 0 }
    }

    /// Those that wait and those that are remembered.
    var tenantCount: Int { indices.count }

    func held(by id: TenantID) -> Int { indices[id].map { self[$0].held } ?? 0 }
    func weight(of index: Int) -> Double { self[index].weight }

    /// The weights of the other tenants that wait.
    func weightOfOthers(than id: TenantID) -> Double {
        guard let index = indices[id], self[index].held > 0 else { return max(0, heldWeight) }
        return max(0, heldWeight - self[index].weight)
    }

    private subscript(index: Int) -> Tenant {
        get {
            guard let tenant = tenants[index] else { preconditionFailure("a forgotten tenant has no requests") }
            return tenant
        }
        _modify {
            guard var tenant = tenants[index] else { preconditionFailure("a forgotten tenant has no requests") }
            tenants[index] = nil
            defer { tenants[index] = tenant }
            yield &tenant
        }
    }

    private mutating func add(_ id: TenantID, weight: Double) -> Int {
        let tenant = Tenant(id: id, weight: weight)
        idleCount += 1
        let index = free.popLast() ?? tenants.count
        if index == tenants.count { tenants.append(tenant) } else { tenants[index] = tenant }
        indices[id] = index
        return index
    }

    /// Forgets the idle tenants that are owed nothing and owe nothing, or all of them if that does not help.
    private mutating func forgetIdle() {
        let idle = tenants.indices.filter { tenants[$0]?.held == 0 }
        let settled = idle.filter { index in
            self[index].flows.indices.allSatisfy { (self[index].flows[$0].clock ?? 0) <= levels[$0].virtualTime }
        }
        for index in settled.count * 2 > idle.count ? settled : idle {
            indices[self[index].id] = nil
            tenants[index] = nil
            free.append(index)
            idleCount -= 1
        }
    }

    // MARK: - Requests

    mutating func insert(_ key: UInt64, sequence: UInt64, cost: Int, tenant index: Int, level: Int) {
        let now = levels[level].virtualTime
        if self[index].flows[level].requests.isEmpty {
            // It was absent: what it did not ask for then is not owed to it now.
            let credit = Self.idleCredit / self[index].weight
            self[index].flows[level].clock = self[index].flows[level].clock.map { max($0, now - credit) } ?? now
        }
        self[index].flows[level].requests.insert(QueuePlace(sequence: sequence), value: key, cost: cost)
        levels[level].count += 1
        place(index, level)
    }

    mutating func remove(sequence: UInt64, tenant index: Int, level: Int) {
        guard self[index].flows[level].requests.remove(QueuePlace(sequence: sequence)) else { return }
        levels[level].count -= 1
        place(index, level)
    }

    /// The first request that fits: the highest level first, then the least clock, then the first to arrive.
    func first(where fits: (UInt64) -> Bool) -> UInt64? {
        for level in levels.indices.reversed() {
            var found: UInt64?
            _ = levels[level].flows.first { flow in
                found = self[Int(flow.value)].flows[level].requests.first { fits($0.value) }?.value
                return found != nil
            }
            if let found { return found }
        }
        return nil
    }

    /// How many requests stand before this one.
    func position(sequence: UInt64, tenant index: Int, level: Int) -> Int {
        let above = levels[(level + 1)...].reduce(0) { $0 + $1.count }
        let own = self[index].flows[level]
        let (ahead, work) = own.requests.before(QueuePlace(sequence: sequence))
        let start = QueuePlace((own.clock ?? 0) + Double(work) / self[index].weight, sequence: sequence)
        var position = above + ahead
        _ = levels[level].flows.first { flow in
            // Flows are sorted by their next start: the rest starts later.
            if flow.place.order > start.order { return true }
            if Int(flow.value) != index { position += started(before: start, tenant: Int(flow.value), level: level) }
            return false
        }
        return position
    }

    private func started(before start: QueuePlace, tenant index: Int, level: Int) -> Int {
        let tenant = self[index]
        let clock = tenant.flows[level].clock ?? 0
        return tenant.flows[level].requests.count { request, work in
            QueuePlace(clock + Double(work) / tenant.weight, sequence: request.place.sequence) < start
        }.count
    }

    // MARK: - Clocks

    /// Charges a tenant for a request that is taken to be started.
    mutating func charge(_ cost: Int, tenant index: Int, level: Int) {
        // Whoever left its last request may have been forgotten in the same moment.
        guard tenants[index] != nil else { return }
        let clock = self[index].flows[level].clock ?? levels[level].virtualTime
        levels[level].virtualTime = max(levels[level].virtualTime, clock)
        self[index].flows[level].clock = clock + Double(cost) / self[index].weight
        place(index, level)
    }

    /// Corrects what a tenant was charged.
    mutating func correct(_ charge: QueueCharge, by cost: Int) {
        // A tenant that was forgotten comes back as a new one.
        guard let index = indices[charge.tenant], let clock = self[index].flows[charge.level].clock else { return }
        self[index].flows[charge.level].clock = clock + Double(cost) / charge.weight
        place(index, charge.level)
    }

    /// Puts a flow where it belongs after its clock or its first request has changed.
    private mutating func place(_ index: Int, _ level: Int) {
        let old = self[index].flows[level].place
        let new = self[index].flows[level].requests.first.map { first in
            QueuePlace(self[index].flows[level].clock ?? 0, sequence: first.place.sequence)
        }
        guard old != new else { return }
        if let old { levels[level].flows.remove(old) }
        if let new { levels[level].flows.insert(new, value: UInt64(index)) }
        self[index].flows[level].place = new
    }
}
