public import Vocabulary

/// Whether those for whom responses are written in the background may still ask. A server without users needs none of it.
public struct BackgroundStanding: Sendable {
    /// Who a credential of an earlier process stands for by now; `nil` where it counts no more, or cannot be asked again.
    public var principal: @Sendable (_ user: UserID, _ origin: Principal.Origin) -> Principal?
    /// Does work in somebody's name.
    public var within: @Sendable (_ principal: Principal, _ id: RequestID, _ body: () async -> Void) async -> Void
    /// Told that something begins in the name of who asks now, and how to end it when their credential does, with the reason.
    /// What it returns is called when it is over.
    public var hold: @Sendable (_ end: @escaping @Sendable (String) -> Void) -> @Sendable () -> Void

    public init(
        principal: @escaping @Sendable (UserID, Principal.Origin) -> Principal? = { _, origin in
            origin == .open ? .open : nil
        },
        within: @escaping @Sendable (Principal, RequestID, () async -> Void) async -> Void = { principal, _, body in
            await Principal.$current.withValue(principal) { await body() }
        },
        hold: @escaping @Sendable (@escaping @Sendable (String) -> Void) -> @Sendable () -> Void = { _ in {} }
    ) {
        self.principal = principal
        self.within = within
        self.hold = hold
    }
}
