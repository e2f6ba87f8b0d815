/// Who may ask how much.
public struct GatewayConfiguration: Sendable, Equatable {
    /// Where meters and budgets are counted.
    public enum Store: String, Sendable, CaseIterable {
        /// Meters in this process, budgets in the database: for one node.
        case local
        /// Both in the database: for several nodes with one PostgreSQL.
        case database
        /// Both in Redis: for several nodes.
        case redis
    }

    /// Whether signed-in callers who are no admins are limited when nothing else was set.
    public enum Defaults: String, Sendable, CaseIterable {
        /// Where the server can be reached from other machines.
        case auto
        case on
        case off
    }

    public var store = Store.local
    public var defaults = Defaults.auto
    /// What models cost, by names in which `*` stands for any characters.
    public var prices: [PriceConfiguration] = []
    /// What queues give tenants, relative to each other.
    public var weights: [WeightConfiguration] = []
    /// `redis://…` or `unix:/…`, which may carry a password.
    public var redis: Secret?

    public init() {}
}

/// What a model costs, in the operator's currency.
public struct PriceConfiguration: Sendable, Equatable {
    public var model: String
    /// For a million tokens each.
    public var input: Double
    public var cachedInput: Double
    public var output: Double
    /// For a second of computing here: electricity, wear.
    public var engineSecond: Double

    public init(model: String, input: Double, cachedInput: Double, output: Double, engineSecond: Double) {
        self.model = model
        self.input = input
        self.cachedInput = cachedInput
        self.output = output
        self.engineSecond = engineSecond
    }
}

/// How much of what is waited for a tenant gets.
public struct WeightConfiguration: Sendable, Equatable {
    /// A tenant's id, or a user's name or id.
    public var tenant: String
    /// Relative to 1, which others have.
    public var weight: Double

    public init(tenant: String, weight: Double) {
        self.tenant = tenant
        self.weight = weight
    }
}
