package import Vocabulary

/// On what terms a request waits. Times are on the caller's clock: they only grow.
package struct QueueTerms: Sendable, Equatable {
    /// Identifies the request among those that wait.
    package let key: UInt64
    let tenant: TenantID
    /// The tenant's share relative to others. The latest request of a tenant decides for all of its waiting ones.
    let weight: Double
    /// As asked for; waiting long lifts the level at which the request is served, never this.
    let priority: Priority
    /// The work it will be, in tokens: what is left to compute of its prompt, and what it is expected to write.
    let cost: Int
    /// When the answer must be whole.
    let deadline: Duration?
    /// How long the answer takes from its start: whoever cannot make it any more is late before the deadline.
    let timeNeeded: Duration

    /// A weight outside this range is brought into it: shares of less than a millionth are nobody's wish.
    static let weights = SchedulingOptions.weights

    package init(
        key: UInt64, tenant: TenantID = .none, weight: Double = 1, priority: Priority = .normal, cost: Int,
        deadline: Duration? = nil, timeNeeded: Duration = .zero
    ) {
        self.key = key
        self.tenant = tenant
        self.weight = weight.isNaN ? 1 : min(max(weight, Self.weights.lowerBound), Self.weights.upperBound)
        self.priority = priority
        self.cost = max(1, cost)
        self.deadline = deadline
        self.timeNeeded = max(.zero, timeNeeded)
    }

    /// The same terms for what is left of the work.
    func left(_ cost: Int) -> QueueTerms {
        QueueTerms(
            key: key, tenant: tenant, weight: weight, priority: priority, cost: cost, deadline: deadline,
            timeNeeded: timeNeeded)
    }

    /// After this it cannot be done in time.
    var latestStart: Duration? { deadline.map { $0 - timeNeeded } }
}

/// What is taken of a waiting request at a time.
struct WorkPart: Sendable, Equatable {
    /// Tokens that are computed now.
    let work: Int
    /// Tokens that wait on; 0 takes the request out.
    let left: Int
}

/// What a request was charged when it started; handed back to `FairQueue.settle` with the work it really was.
package struct QueueCharge: Sendable, Equatable {
    let tenant: TenantID
    /// Where it was served: its priority's rank, or more when it had waited long.
    let level: Int
    let weight: Double
    /// In tokens.
    let cost: Int
}

/// How a queue is set up.
package struct QueueOptions: Sendable, Equatable {
    /// How many requests wait at most, when all are of one tenant. For others there is a reserve behind it.
    let capacity: Int
    /// Waiting this long lifts a request by one priority.
    let ageingStep: Duration
    /// Whether to refuse a request at once whose deadline will pass while it waits, as far as one can tell.
    let refusesHopeless: Bool

    /// Long enough that priorities mean something, short enough that `low` is at the top before most clients give up.
    package static let ageingStepDefault = Duration.seconds(15)

    package init(capacity: Int, ageingStep: Duration = ageingStepDefault, refusesHopeless: Bool = false) {
        precondition(capacity > 0, "a queue without places cannot be asked for the next request")
        precondition(ageingStep > .zero, "without time between its steps ageing would never end")
        self.capacity = capacity
        self.ageingStep = ageingStep
        self.refusesHopeless = refusesHopeless
    }

    /// Places that only tenants with few waiting requests may take once `capacity` is reached, so that whoever fills the
    /// queue shuts nobody else out.
    var reserve: Int { max(1, capacity / 8) }
}
