public import Vocabulary

/// What one request has used, and who is to be told of it.
public struct UsageRecord: Sendable, Equatable {
    /// How it ended.
    public enum Outcome: String, Sendable, CaseIterable {
        case finished
        /// With an error, of ours or of whoever answered.
        case failed
        /// The reader went first.
        case aborted
        /// A limit or a budget did not let it begin.
        case refused
    }

    /// As in the header `X-Request-Id`.
    public var request: String
    /// When it ended, in microseconds since 1970.
    public var at: Int64
    @Boxed public var dimensions: UsageDimensions
    public var outcome: Outcome
    public var amounts: UsageAmounts
    /// From the request to the first piece of its answer, and to the end; microseconds.
    public var firstPiece: Int64?
    public var duration: Int64

    public init(
        request: String, at: Int64, dimensions: UsageDimensions, outcome: Outcome, amounts: UsageAmounts,
        firstPiece: Int64?, duration: Int64
    ) {
        self.request = request
        self.at = at
        self.dimensions = dimensions
        self.outcome = outcome
        self.amounts = amounts
        self.firstPiece = firstPiece
        self.duration = duration
    }
}

/// By what usage is told apart.
public struct UsageDimensions: Sendable, Hashable {
    public var tenant: String
    public var team: String
    public var user: String
    /// The id of the API key; empty without one.
    public var key: String
    public var model: String
    /// The path that was asked, such as `/v1/chat/completions`.
    public var endpoint: String
    /// As the caller says in `X-Nexus-Tag`.
    public var tag: String

    public init(
        tenant: String = "", team: String = "", user: String = "", key: String = "", model: String = "",
        endpoint: String = "", tag: String = ""
    ) {
        self.tenant = tenant
        self.team = team
        self.user = user
        self.key = key
        self.model = model
        self.endpoint = endpoint
        self.tag = tag
    }

    /// Names in the API and the database, and where they are.
    public static let fields: [(name: String, place: any WritableKeyPath<UsageDimensions, String> & Sendable)] = [
        ("tenant", \.tenant), ("team", \.team), ("user", \.user), ("key", \.key), ("model", \.model),
        ("endpoint", \.endpoint), ("tag", \.tag),
    ]
}

/// Sums over requests. Beyond what 64 bits hold they stay there.
public struct UsageAmounts: Sendable, Equatable {
    public var requests: Int64
    public var failures: Int64
    public var refusals: Int64
    public var inputTokens: Int64
    public var cachedTokens: Int64
    public var outputTokens: Int64
    public var reasoningTokens: Int64
    /// Billionths of the currency.
    public var cost: Int64
    /// Of computing, where the engine is ours.
    public var engineMicroseconds: Int64

    public init(
        requests: Int64 = 0, failures: Int64 = 0, refusals: Int64 = 0, inputTokens: Int64 = 0, cachedTokens: Int64 = 0,
        outputTokens: Int64 = 0, reasoningTokens: Int64 = 0, cost: Int64 = 0, engineMicroseconds: Int64 = 0
    ) {
        self.requests = requests
        self.failures = failures
        self.refusals = refusals
        self.inputTokens = inputTokens
        self.cachedTokens = cachedTokens
        self.outputTokens = outputTokens
        self.reasoningTokens = reasoningTokens
        self.cost = cost
        self.engineMicroseconds = engineMicroseconds
    }

    /// Names in the API and the database, and where they are.
    public static let fields: [(name: String, place: any WritableKeyPath<UsageAmounts, Int64> & Sendable)] = [
        ("requests", \.requests), ("failures", \.failures), ("refusals", \.refusals),
        ("input_tokens", \.inputTokens), ("cached_tokens", \.cachedTokens), ("output_tokens", \.outputTokens),
        ("reasoning_tokens", \.reasoningTokens), ("cost_nanos", \.cost), ("engine_microseconds", \.engineMicroseconds),
    ]

    public static func += (left: inout UsageAmounts, right: UsageAmounts) {
        add(right.requests, to: &left.requests)
        add(right.failures, to: &left.failures)
        add(right.refusals, to: &left.refusals)
        add(right.inputTokens, to: &left.inputTokens)
        add(right.cachedTokens, to: &left.cachedTokens)
        add(right.outputTokens, to: &left.outputTokens)
        add(right.reasoningTokens, to: &left.reasoningTokens)
        add(right.cost, to: &left.cost)
        add(right.engineMicroseconds, to: &left.engineMicroseconds)
    }

    private static func add(_ amount: Int64, to sum: inout Int64) {
        let (result, overflow) = sum.addingReportingOverflow(amount)
        sum = overflow ? .max : result
    }
}

/// A stretch of time over which usage is summed up, in UTC.
public enum UsageSpan: String, Sendable, CaseIterable {
    case hour, day, week

    /// When the stretch of a moment began.
    ///
    /// - Parameter moment: microseconds since 1970.
    /// - Returns: seconds since 1970.
    public func start(of moment: Int64) -> Int64 {
        let seconds = moment.floorDivided(by: 1_000_000)
        switch self {
        case .hour: return seconds.floorDivided(by: 3_600) * 3_600
        case .day: return BudgetPeriod.day.start(of: seconds)
        case .week: return BudgetPeriod.week.start(of: seconds)
        }
    }

    /// How long sums are kept, in seconds: a quarter in hours, three years in days, ten in weeks.
    public var keptMax: Int64 {
        switch self {
        case .hour: 92 * 86_400
        case .day: 1_096 * 86_400
        case .week: 3_653 * 86_400
        }
    }
}
