/// A question about usage.
public struct UsageQuery: Sendable, Equatable {
    /// Rows of an answer at most.
    public static let rowsMax = 10_000

    public var span: UsageSpan?
    /// Seconds since 1970; from and before.
    public var from: Int64
    public var to: Int64
    /// Names of dimensions that are told apart.
    public var groups: [String]
    /// Only where a dimension has this value.
    public var filters: [String: String]
    public var limit: Int

    /// - Parameters:
    ///   - span: how long the stretches are that are told apart; `nil` sums up all of the time.
    ///   - from: seconds since 1970.
    ///   - to: seconds since 1970; not included.
    ///   - groups: names of `UsageDimensions.fields`.
    ///   - filters: by name.
    ///   - limit: rows.
    public init(
        span: UsageSpan?, from: Int64, to: Int64, groups: [String] = [], filters: [String: String] = [:],
        limit: Int = 1_000
    ) {
        self.span = span
        self.from = from
        self.to = to
        self.groups = groups
        self.filters = filters
        self.limit = limit
    }
}

/// A line of the answer.
public struct UsageRow: Sendable, Equatable {
    /// When the stretch began, in seconds since 1970; `nil` for all of the time.
    public var start: Int64?
    /// In the order of the question.
    public var groups: [String]
    public var amounts: UsageAmounts

    public init(start: Int64?, groups: [String], amounts: UsageAmounts) {
        self.start = start
        self.groups = groups
        self.amounts = amounts
    }
}
