public import Vocabulary

/// What memory is used for, and who would leave next: the answer of `GET /api/v1/memory`.
public struct MemoryPlan: Sendable, Equatable {
    /// One hosted model.
    public struct Line: Sendable, Equatable {
        public var id: ModelID
        public var standing: Standing
        /// What the plan counts for it.
        public var reserved: Footprint
        /// What it was predicted to take.
        public var predicted: Footprint
        /// What its worker took last; `nil` before it was measured.
        public var measured: Footprint?
        public var isPinned: Bool
        public var priority: Priority
        public var group: String?
        public var runningCount: Int
        public var waitingCount: Int
        /// How long it stays without work.
        public var keepAlive: KeepAlive
        /// Until it leaves for want of work; `nil` when it is busy, pinned, kept, or not there.
        public var leavesIn: Duration?
        /// Since it was used last.
        public var idleFor: Duration?
        /// Seconds that loading it takes.
        public var loadSeconds: Double
        /// Seconds to load it and to compute its cached tokens again, by how often it is used, per GiB: the least leaves first.
        public var worth: Double
        /// Its place among those that would leave for memory, from 1; `nil` for those that would not.
        public var leavesAs: Int?
        /// Why it would leave, or does.
        public var departure: Departure?

        /// A model of which nothing is known but what it takes; everything else can be said afterwards.
        public init(_ model: HostedModel, standing: Standing, reserved: Footprint) {
            self.init(
                id: model.id, standing: standing, reserved: reserved, predicted: model.footprint,
                isPinned: model.isPinned, priority: model.priority, group: model.group, runningCount: 0,
                waitingCount: 0, keepAlive: model.keepAlive, loadSeconds: model.loadSeconds, worth: 0)
        }

        init(
            id: ModelID, standing: Standing, reserved: Footprint, predicted: Footprint, measured: Footprint? = nil,
            isPinned: Bool, priority: Priority, group: String?, runningCount: Int, waitingCount: Int,
            keepAlive: KeepAlive, leavesIn: Duration? = nil, idleFor: Duration? = nil, loadSeconds: Double,
            worth: Double, leavesAs: Int? = nil, departure: Departure? = nil
        ) {
            self.id = id
            self.standing = standing
            self.reserved = reserved
            self.predicted = predicted
            self.measured = measured
            self.isPinned = isPinned
            self.priority = priority
            self.group = group
            self.runningCount = runningCount
            self.waitingCount = waitingCount
            self.keepAlive = keepAlive
            self.leavesIn = leavesIn
            self.idleFor = idleFor
            self.loadSeconds = loadSeconds
            self.worth = worth
            self.leavesAs = leavesAs
            self.departure = departure
        }
    }

    public var budget: Footprint
    /// What all models were promised.
    public var reserved: Footprint
    public var free: Footprint
    /// By name.
    public var lines: [Line]
    /// Requests that wait for a model.
    public var waitingCount: Int

    public init(budget: Footprint, reserved: Footprint, free: Footprint, lines: [Line], waitingCount: Int) {
        self.budget = budget
        self.reserved = reserved
        self.free = free
        self.lines = lines
        self.waitingCount = waitingCount
    }
}

extension ResidencyPlanner {
    /// The plan as it is now.
    public func plan(at now: Moment) -> MemoryPlan {
        let movable = entries.values.filter { $0.standing == .ready && !$0.model.isPinned }
        let idleFirst =
            leastWorth(of: movable.filter(\.isIdle), at: now)
            + leastWorth(of: movable.filter { !$0.isIdle }, at: now)
        let places = Dictionary(
            uniqueKeysWithValues: idleFirst.enumerated().map { ($0.element.model.id, $0.offset + 1) })
        let lines = entries.values.sorted { $0.model.id.name < $1.model.id.name }.map { entry in
            line(entry, place: places[entry.model.id], at: now)
        }
        return MemoryPlan(
            budget: policy.budget, reserved: reserved, free: policy.budget.less(reserved), lines: lines,
            waitingCount: waiters.count)
    }

    private func line(_ entry: Entry, place: Int?, at now: Moment) -> MemoryPlan.Line {
        let isThere = entry.standing != .absent
        return MemoryPlan.Line(
            id: entry.model.id, standing: entry.standing, reserved: entry.reserved,
            predicted: entry.model.footprint, measured: entry.measured == .none ? nil : entry.measured,
            isPinned: entry.model.isPinned, priority: entry.model.priority, group: entry.model.group,
            runningCount: entry.runningCount, waitingCount: waitingCount(for: entry.model.id),
            keepAlive: entry.keepAlive, leavesIn: entry.expires.map { max(.zero, $0 - now) },
            idleFor: isThere && entry.isIdle ? max(.zero, now - entry.lastUse) : nil,
            loadSeconds: entry.model.loadSeconds, worth: worth(of: entry, at: now), leavesAs: place,
            departure: entry.departure)
    }
}
