public import Vocabulary

/// Whose data it is. Nobody else sees it, not even that it is there.
public struct DataOwner: Sendable, Hashable {
    public let tenant: TenantID
    public let user: UserID

    public init(tenant: TenantID, user: UserID) {
        self.tenant = tenant
        self.user = user
    }

    /// Who asks.
    public init(_ principal: Principal) { self.init(tenant: principal.tenant, user: principal.user) }
}
