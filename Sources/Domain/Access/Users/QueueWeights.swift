internal import Vocabulary

/// How much of what is waited for tenants get, relative to each other, where nobody has set it: what the configuration says, or 1.
public struct QueueWeights: Sendable, Equatable {
    private let byName: [String: Double]

    /// - Parameter byName: by tenants' ids, and by names or ids of users without a tenant.
    public init(_ byName: [String: Double] = [:]) { self.byName = byName }

    /// The share of a tenant with several users.
    public func weight(of tenant: Tenant) -> Double { tenant.weight ?? byName[tenant.id.name] ?? 1 }

    /// The share of a user who is a tenant of their own.
    public func weight(of user: User) -> Double { user.weight ?? byName[user.name] ?? byName[user.id.text] ?? 1 }

    static func check(_ weight: Double?) throws(ServiceError) -> Double? {
        let allowed = SchedulingOptions.tenantWeights
        guard let weight, !allowed.contains(weight) else { return weight }
        throw ServiceError(
            .invalidValue, "A weight is from \(allowed.lowerBound) to \(allowed.upperBound).",
            hint: "1 is what others have.", parameter: "weight")
    }
}
