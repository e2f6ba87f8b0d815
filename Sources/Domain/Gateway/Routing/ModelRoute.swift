/// A name that requests may use for a model, and who answers to it.
///
/// Targets and fallbacks are deployments. The rules (tags, preferences, tasks, complexity) may name other routes, too.
public struct ModelRoute: Sendable, Equatable {
    /// A deployment among those that a route balances.
    public struct Target: Sendable, Equatable {
        public var model: String
        /// Its share relative to the others; 0 is asked only when the others cannot.
        public var weight: Double

        public init(_ model: String, weight: Double = 1) {
            self.model = model
            self.weight = weight
        }
    }

    /// A part of the callers, or of the requests, that another model answers.
    public struct Canary: Sendable, Equatable {
        public var model: String
        /// 0 to 1.
        public var share: Double
        /// The same callers always get it; without it, chance decides each time.
        public var isSticky: Bool

        public init(_ model: String, share: Double, isSticky: Bool = true) {
            self.model = model
            self.share = share
            self.isSticky = isSticky
        }
    }

    /// Another model that gets copies of requests; its answers are measured and thrown away.
    public struct Mirror: Sendable, Equatable {
        public var model: String
        /// Of the requests, 0 to 1.
        public var share: Double

        public init(_ model: String, share: Double = 1) {
            self.model = model
            self.share = share
        }
    }

    /// Who answers by how demanding a request is.
    public struct Tiers: Sendable, Equatable {
        public var high: String?
        public var medium: String?
        public var low: String?
        /// A score above it is high.
        public var highAbove: Double
        /// A score above it, and not above ``highAbove``, is medium.
        public var mediumAbove: Double

        public init(
            high: String? = nil, medium: String? = nil, low: String? = nil, highAbove: Double = 0.8,
            mediumAbove: Double = 0.5
        ) {
            self.high = high
            self.medium = medium
            self.low = low
            self.highAbove = highAbove
            self.mediumAbove = mediumAbove
        }

        /// The tier of a score.
        public func tier(of score: Double) -> (name: String, model: String?) {
            if score > highAbove { return ("high", high) }
            return score > mediumAbove ? ("medium", medium) : ("low", low)
        }
    }

    /// How long a request may take. `nil` leaves it to the server.
    public struct TimeLimits: Sendable, Equatable {
        /// From asking a server that is ready until the first piece of its answer.
        public var firstToken: Duration?
        /// From the request to the end of the answer, with everything that was tried.
        public var total: Duration?

        public init(firstToken: Duration? = nil, total: Duration? = nil) {
            self.firstToken = firstToken
            self.total = total
        }
    }

    public var targets: [Target]
    public var balancing = Balancing.ordered
    /// A request with such a tag goes to that model; the first tag of the request that is here counts.
    public var tags: [String: String] = [:]
    /// Models, beside the targets, that callers may ask for by preference.
    public var preferences: [String] = []
    public var tasks: [TaskKind: String] = [:]
    public var tiers: Tiers?
    public var canary: Canary?
    public var mirror: Mirror?
    /// Deployments that are asked when none of the targets can answer.
    public var fallback: [String] = []
    public var limits = TimeLimits()
    /// `nil` leaves it to the server.
    public var retries: RetryPolicy?
    /// A remark for people.
    public var remark: String?

    public static let targetsMax = 32
    public static let rulesMax = 64
    public static let nameBytesMax = 128

    public init(targets: [Target]) { self.targets = targets }

    /// Every name that it mentions, for checks.
    public var mentioned: [String] {
        targets.map(\.model) + fallback + [canary?.model, mirror?.model].compactMap(\.self) + ruled
    }

    /// The names in its rules, which may be routes.
    public var ruled: [String] {
        tags.values.sorted() + preferences + tasks.values.sorted()
            + [tiers?.high, tiers?.medium, tiers?.low].compactMap(\.self)
    }
}
