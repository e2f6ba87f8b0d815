import Foundation
import Vocabulary

extension ResidencyPlanner {
    /// A request that waits for its model.
    struct Waiter: Sendable {
        let ticket: Ticket
        let model: ModelID
        let priority: Priority
        let keepAlive: KeepAlive?
        let since: Moment
    }

    /// What the planner knows of a hosted model.
    struct Entry: Sendable {
        private(set) var model: HostedModel
        private(set) var standing = Standing.absent
        /// Set while it is draining or unloading.
        private(set) var departure: Departure?
        private(set) var runningCount = 0
        /// What it was promised when it was ordered.
        private var promised = Footprint.none
        /// What its worker took last.
        var measured = Footprint.none
        var recomputeSeconds = 0.0
        /// How long it stays without work: as its last request said.
        var keepAlive: KeepAlive
        private(set) var readySince: Moment = .zero
        private(set) var lastUse: Moment = .zero
        /// Uses, each worth half after the policy's half-life.
        private var uses = 0.0
        private var usesAt: Moment = .zero
        /// Between its last uses, in seconds, smoothed; `nil` before the second one.
        private(set) var meanGap: Double?
        /// Requests that were admitted since somebody began to wait for its memory.
        var admittedInTurn = 0
        /// Somebody wants it loaded.
        var isWished = false
        var isRemoved = false
        /// Somebody waits for its memory, and its turn is not over.
        var isContested = false
        /// An order to leave came while it was loading.
        var leavesWhenReady: Departure?

        init(model: HostedModel) {
            self.model = model
            keepAlive = model.keepAlive
        }

        /// Bytes that count against the budget.
        var reserved: Footprint { standing == .absent ? .none : promised.largest(with: measured) }

        /// What ordering it would take: no less than it was seen to take.
        var wanted: Footprint { model.footprint.largest(with: measured) }

        /// Whether its memory comes free by itself.
        var isGoing: Bool { standing == .draining || standing == .unloading }

        /// Whether nothing runs on it.
        var isIdle: Bool { standing == .ready && runningCount == 0 }

        mutating func change(to model: HostedModel) {
            if model.keepAlive != self.model.keepAlive { keepAlive = model.keepAlive }
            self.model = model
            measured = standing == .absent ? .none : measured
            isRemoved = false
        }

        mutating func noteUse(at now: Moment, halfLife: Duration) {
            if uses > 0 {
                let gap = max(0, (now - lastUse) / .seconds(1))
                meanGap = meanGap.map { 0.7 * $0 + 0.3 * gap } ?? gap
            }
            uses = frequency(at: now, halfLife: halfLife) + 1
            usesAt = now
            lastUse = max(lastUse, now)
        }

        /// How often it was used, the present counting most.
        func frequency(at now: Moment, halfLife: Duration) -> Double {
            guard uses > 0 else { return 0 }
            let halfLives = max(0, (now - usesAt) / .seconds(1)) / max(1e-3, halfLife / .seconds(1))
            return uses * exp2(-halfLives)
        }

        mutating func order() {
            standing = .loading
            promised = wanted
            measured = .none
            isWished = false
        }

        mutating func becomeReady(at now: Moment, seconds: Double?) {
            standing = .ready
            readySince = now
            lastUse = max(lastUse, now)
            admittedInTurn = 0
            if let seconds, seconds >= 0, seconds.isFinite { model.loadSeconds = seconds }
        }

        mutating func admit(keepAlive wish: KeepAlive?) {
            runningCount += 1
            admittedInTurn += 1
            keepAlive = wish ?? model.keepAlive
        }

        mutating func finishOne(at now: Moment) {
            runningCount = max(0, runningCount - 1)
            lastUse = max(lastUse, now)
        }

        mutating func drain(because departure: Departure) {
            standing = .draining
            self.departure = departure
        }

        mutating func returnFromDraining() {
            guard standing == .draining, departure == .memory else { return }
            standing = .ready
            departure = nil
        }

        mutating func beginToUnload(because departure: Departure) {
            standing = .unloading
            self.departure = departure
        }

        mutating func becomeAbsent() {
            standing = .absent
            departure = nil
            promised = .none
            measured = .none
            recomputeSeconds = 0
            leavesWhenReady = nil
            keepAlive = model.keepAlive
        }

        /// When it leaves for want of work.
        var expires: Moment? {
            guard isIdle, !model.isPinned, case .lasting(let duration) = keepAlive else { return nil }
            return lastUse + duration
        }
    }
}

extension Footprint {
    /// The larger one of each pool.
    func largest(with other: Footprint) -> Footprint {
        Footprint(host: max(host, other.host), devices: devices.merging(other.devices, uniquingKeysWith: max))
    }
}
