public import Telemetry
public import Vocabulary

/// People who work together: limits, budgets and rights may be given to them as one.
public struct Team: Sendable, Equatable {
    /// A short name, which never changes: `research`.
    public let id: String
    /// As people see it.
    public var displayName: String
    public var members: Set<UserID>
    public let createdAt: UnixTime

    public init(id: String, displayName: String, members: Set<UserID> = [], createdAt: UnixTime) {
        self.id = id
        self.displayName = displayName
        self.members = members
        self.createdAt = createdAt
    }
}

/// A name under which the data, queue share and cached prompts of several users are one.
public struct Tenant: Sendable, Equatable {
    public let id: TenantID
    /// As people see it.
    public var displayName: String
    /// Its share of what is waited for, relative to others, in `SchedulingOptions.tenantWeights`; `nil` is what the configuration says.
    public var weight: Double?
    public let createdAt: UnixTime

    public init(id: TenantID, displayName: String, weight: Double? = nil, createdAt: UnixTime) {
        self.id = id
        self.displayName = displayName
        self.weight = weight
        self.createdAt = createdAt
    }
}
