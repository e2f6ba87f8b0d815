public import Vocabulary

/// A model that may be loaded, as the residency planner sees it. Replicas of one model are hosted under names of their own.
public struct HostedModel: Sendable, Equatable {
    public var id: ModelID
    /// What loading it takes: the prediction, corrected by what its worker really used.
    public var footprint: Footprint
    /// A model is not taken away for requests that are less urgent, until these have waited long enough.
    public var priority: Priority
    /// Never leaves but by an order.
    public var isPinned: Bool
    /// How long it stays without work, where a request says nothing.
    public var keepAlive: KeepAlive
    /// Seconds that loading it takes: measured, or predicted.
    public var loadSeconds: Double
    /// Whose budget it counts against, beside that of the whole machine.
    public var group: String?

    public init(
        id: ModelID, footprint: Footprint, priority: Priority = .normal, isPinned: Bool = false,
        keepAlive: KeepAlive = .default, loadSeconds: Double = 1, group: String? = nil
    ) {
        self.id = id
        self.footprint = footprint
        self.priority = priority
        self.isPinned = isPinned
        self.keepAlive = keepAlive
        self.loadSeconds = loadSeconds
        self.group = group
    }
}

/// Where a model stands, for the planner.
public enum Standing: String, Sendable, CaseIterable {
    /// Takes no memory. Can go to: loading.
    case absent
    /// Its worker was ordered to start. Can go to: ready, absent.
    case loading
    /// Takes requests. Can go to: draining, unloading, absent.
    case ready
    /// Takes no more requests; running ones end. Can go to: unloading, absent.
    case draining
    /// Its worker was ordered to end. Can go to: absent.
    case unloading
}

/// Why a model leaves.
public enum Departure: String, Sendable, CaseIterable {
    /// Nobody has used it for as long as it was to be kept.
    case keepAlive = "keep_alive"
    /// Another model needs the memory.
    case memory
    /// It, or another, turned out to take more than was planned.
    case overBudget = "over_budget"
    /// Somebody said so.
    case order
}

/// Why a request does not get its model.
public enum ResidencyRefusal: Error, Sendable, Equatable {
    /// No such model is hosted.
    case unknown
    /// It cannot fit: so much is needed, so much would be free if everything left that may leave. `pinned` are models
    /// that would have to go by an order, those that make the most room first.
    case tooLarge(needed: Footprint, free: Footprint, budget: Footprint, pinned: [ModelID])
    /// The budget of its group is too small.
    case groupTooSmall(group: String, needed: Footprint, budget: Footprint, pinned: [ModelID])
    /// As many requests as allowed are waiting.
    case tooManyWaiting(max: Int)
    /// It has waited longer than allowed.
    case waitedTooLong(Duration)
    /// Loading was tried, and failed.
    case loadFailed
    /// An order said that it should leave.
    case unloaded
}

/// Numbers by which the planner decides.
public struct ResidencyPolicy: Sendable, Equatable {
    /// What all models together may take.
    public var budget: Footprint
    /// What models of a group may take together; groups that are not here have no bound of their own.
    public var groupBudgets: [String: Footprint] = [:]
    /// Requests that may wait for a model; one more is refused.
    public var waitersMax = 1_024
    /// No request waits longer; `nil` lets it wait.
    public var waitMax: Duration?
    /// Models that may be loading at the same time.
    public var loadsMax = 2
    /// While another model waits for its memory, a loaded one goes on taking requests at most this long…
    ///
    /// Chosen: A B A C at two requests a second, four seconds to load, one model at a time. In the order of arrival 400 requests
    /// are 400 loads; without turns 48, mean wait 6.5 s; with 5 s 24 loads, 9.1 s; with 15 s 13 loads, 15 s.
    public var turnMax = Duration.seconds(5)
    /// …and at most so many.
    public var turnRequestsMax = 64
    /// A turn is no shorter than so many times the model's loading time; and a model that falls idle in it is held back from
    /// leaving as long as its next request is expected within that time.
    public var holdFactor = 1.0
    /// No model is held longer than this.
    public var holdMax = Duration.seconds(10)
    /// A waiting request becomes one step more urgent after each such time, so that nobody starves.
    public var agingStep = Duration.seconds(20)
    /// The time after which a use counts half, for how often a model is used.
    public var usageHalfLife = Duration.seconds(600)

    public init(budget: Footprint) { self.budget = budget }
}

/// A monotonic time: since any fixed moment, the same one for all calls of one planner.
public typealias Moment = Duration
