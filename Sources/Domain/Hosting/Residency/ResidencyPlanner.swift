public import Vocabulary

/// Decides which models are loaded, within a budget of memory: who is admitted, who waits, who is loaded, who leaves.
/// Pure: each event answers with what its owner has to do, and time is a parameter.
///
/// - A model takes its footprint from `load` until `unloaded`, also while it is going: the sum of all never exceeds the
///   budget by a decision of this planner. (A worker that turns out to take more than planned can; then somebody idle leaves.)
/// - Only models without running requests are unloaded. A busy one that has to make room takes no more requests, *drains*,
///   and leaves when its last one ends.
/// - Who leaves: the least urgent first, then the least worth: how often it is used, times the seconds to load it and to compute
///   its cached tokens again, by the bytes that it holds. That is Greedy-Dual-Size-Frequency (Cherkasova 1998), with uses that fade
///   with time in the place of its rising base: a model that is slow to load and used now and then would lose to the rising base.
/// - Who comes: the most urgent first, then the longest waiting; waiting makes urgent (`agingStep`).
/// - Thrash protection: while others wait, a loaded model goes on serving whoever asks for it, up to `turnMax` and
///   `turnRequestsMax`; then it is the others' turn. A model that just came and fell idle is held back for a time in proportion to
///   what loading it cost, if its next request is expected by then.
///
/// Copyable; there is one owner all the same, which performs the actions in their order after it has released its lock.
public struct ResidencyPlanner: Sendable {
    /// One request, from `request` until it ends.
    public struct Ticket: Hashable, Sendable, Comparable {
        public let number: UInt64
        public static func < (left: Ticket, right: Ticket) -> Bool { left.number < right.number }
    }

    /// What the owner has to do.
    public enum Action: Sendable, Equatable {
        /// Start its worker; `loaded` or `failed` has to follow.
        case load(ModelID)
        /// End its worker, which runs nothing for this planner; `unloaded` has to follow.
        case unload(ModelID, because: Departure)
        /// Take no more requests for it in the worker: it is about to leave. For information.
        case drain(ModelID, because: Departure)
        /// The request may go to its worker; `finish` has to follow.
        case admit(Ticket)
        /// The request does not get its model. Its ticket is void.
        case refuse(Ticket, ResidencyRefusal)
    }

    public internal(set) var policy: ResidencyPolicy
    var entries: [ModelID: Entry] = [:]
    /// In the order of arrival.
    var waiters: [Waiter] = []
    var running: [Ticket: ModelID] = [:]
    /// When something happens by itself next; `wake` is to be called then. Later calls may move it.
    public internal(set) var nextWakeUp: Moment?
    private var ticketsGiven: UInt64 = 0

    public init(policy: ResidencyPolicy) { self.policy = policy }
}

/// What was agreed on with the outside.
extension ResidencyPlanner {
    /// Makes a model known, or changes what is known of it.
    ///
    /// - Parameters:
    ///   - model: with the footprint that is to be believed from now on.
    ///   - now: the time.
    /// - Returns: what to do.
    public mutating func host(_ model: HostedModel, at now: Moment) -> [Action] {
        if entries[model.id] == nil {
            entries[model.id] = Entry(model: model)
        } else {
            entries[model.id]?.change(to: model)
        }
        return settle(at: now)
    }

    /// Forgets a model, and refuses whoever waits for it. One that is loaded is unloaded first, when its requests have ended.
    public mutating func remove(_ id: ModelID, at now: Moment) -> [Action] {
        guard let entry = entries[id] else { return [] }
        var actions = refuseWaiters(for: id, .unknown)
        if entry.standing == .absent {
            entries[id] = nil
        } else {
            entries[id]?.isRemoved = true
            actions += leave(id, because: .order, at: now)
        }
        return actions + settle(at: now)
    }

    /// A request has come.
    ///
    /// - Parameters:
    ///   - id: the model that it is for.
    ///   - priority: of the request.
    ///   - keepAlive: how long the model is to stay after it; `nil` leaves that to the model.
    ///   - now: the time.
    /// - Returns: its ticket, and what to do: `admit` or `refuse` with that ticket comes at once or later.
    public mutating func request(
        _ id: ModelID, priority: Priority = .normal, keepAlive: KeepAlive? = nil, at now: Moment
    ) -> (ticket: Ticket, actions: [Action]) {
        ticketsGiven += 1
        let ticket = Ticket(number: ticketsGiven)
        guard entries[id].map({ !$0.isRemoved }) == true else { return (ticket, [.refuse(ticket, .unknown)]) }
        entries[id]?.noteUse(at: now, halfLife: policy.usageHalfLife)
        waiters.append(
            Waiter(ticket: ticket, model: id, priority: priority, keepAlive: keepAlive, since: now))
        var actions = settle(at: now)
        if waiters.count > policy.waitersMax, waiters.last?.ticket == ticket {
            waiters.removeLast()
            actions.append(.refuse(ticket, .tooManyWaiting(max: policy.waitersMax)))
            actions += settle(at: now)
        }
        return (ticket, actions)
    }

    /// A request has ended, or its caller gave up while it waited. Void tickets are ignored.
    public mutating func finish(_ ticket: Ticket, at now: Moment) -> [Action] {
        if let id = running.removeValue(forKey: ticket) {
            entries[id]?.finishOne(at: now)
        } else {
            waiters.removeAll { $0.ticket == ticket }
        }
        return settle(at: now)
    }

    /// A worker that was ordered has become ready.
    ///
    /// - Parameters:
    ///   - id: the model.
    ///   - seconds: what loading took; the next plans believe it.
    ///   - now: the time.
    /// - Returns: what to do.
    public mutating func loaded(_ id: ModelID, seconds: Double? = nil, at now: Moment) -> [Action] {
        guard entries[id]?.standing == .loading else { return [] }
        entries[id]?.becomeReady(at: now, seconds: seconds)
        var actions: [Action] = []
        if let reason = entries[id]?.leavesWhenReady { actions = leave(id, because: reason, at: now) }
        return actions + settle(at: now)
    }

    /// Loading a model failed, and takes no memory. Whoever waits for it is refused.
    public mutating func failed(_ id: ModelID, at now: Moment) -> [Action] {
        let actions = refuseWaiters(for: id, .loadFailed)
        return actions + unloaded(id, at: now)
    }

    /// A worker is gone, by order or not. Requests that it was running end by `finish`, as always.
    public mutating func unloaded(_ id: ModelID, at now: Moment) -> [Action] {
        guard let entry = entries[id] else { return [] }
        if entry.isRemoved {
            entries[id] = nil
        } else {
            entries[id]?.becomeAbsent()
        }
        return settle(at: now)
    }

    /// What a loaded model's worker takes. More than planned is believed at once; less is not, because it may grow.
    ///
    /// - Parameters:
    ///   - id: the model.
    ///   - footprint: measured.
    ///   - recomputeSeconds: what computing its cached tokens again would take.
    ///   - now: the time.
    /// - Returns: what to do.
    public mutating func measured(
        _ id: ModelID, _ footprint: Footprint, recomputeSeconds: Double = 0, at now: Moment
    ) -> [Action] {
        entries[id]?.measured = footprint
        entries[id]?.recomputeSeconds = max(0, recomputeSeconds)
        return settle(at: now)
    }

    /// Wishes that a model be loaded although nobody asks for it: an order, a schedule, or learned use. It never drives out a
    /// busy model, nor one that is more urgent or worth more.
    public mutating func preload(_ id: ModelID, keepAlive: KeepAlive? = nil, at now: Moment) -> [Action] {
        guard entries[id] != nil else { return [] }
        entries[id]?.isWished = true
        if let keepAlive { entries[id]?.keepAlive = keepAlive }
        return settle(at: now)
    }

    /// An order that a model should leave, pinned or not: at once when nothing runs, else when its last request ends. Who
    /// comes meanwhile waits, and has it loaded again.
    public mutating func unload(_ id: ModelID, at now: Moment) -> [Action] {
        let actions = leave(id, because: .order, at: now)
        return actions + settle(at: now)
    }

    /// Takes other numbers to decide by. A smaller budget makes idle models leave.
    public mutating func change(_ policy: ResidencyPolicy, at now: Moment) -> [Action] {
        self.policy = policy
        return settle(at: now)
    }

    /// The time that `nextWakeUp` told has come.
    public mutating func wake(at now: Moment) -> [Action] { settle(at: now) }

    /// Where a model stands; `nil` for one that is not hosted.
    public func standing(of id: ModelID) -> Standing? { entries[id]?.standing }

    /// Requests that run on a model.
    public func runningCount(of id: ModelID) -> Int { entries[id]?.runningCount ?? 0 }

    /// Requests that wait, for all models or one.
    public func waitingCount(for id: ModelID? = nil) -> Int {
        guard let id else { return waiters.count }
        return waiters.count { $0.model == id }
    }

    /// What all models that are not absent were promised together.
    public var reserved: Footprint { entries.values.reduce(.none) { $0 + $1.reserved } }
}
