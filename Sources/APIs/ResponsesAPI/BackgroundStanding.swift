public import JSONText
public import Vocabulary

/// Whether those for whom responses are written in the background may still ask. A server without users needs none of it.
public struct BackgroundStanding: Sendable {
    public typealias Recognition =
        @Sendable (_ user: UserID, _ origin: Principal.Origin, _ testimony: JSONObject?) async throws -> Principal?
    public typealias Deputy =
        @Sendable (_ principal: Principal, _ testimony: JSONObject?, _ id: RequestID, _ body: () async throws -> Void)
        async throws -> Void

    /// What has to be kept of the credential of who asks now, beside its id, so that it can be asked again: no secret.
    public var testimony: @Sendable () -> JSONObject?
    /// Who a credential of an earlier process stands for by now; `nil` where it counts no more. Throws an error of the code
    /// `unauthenticated` where it is known why.
    public var principal: Recognition
    /// Does work in somebody's name, whose credential the testimony is of.
    public var within: Deputy
    /// Told that something begins in the name of who asks now, and how to end it when their credential does, with the reason.
    /// What it returns is called when it is over.
    public var hold: @Sendable (_ end: @escaping @Sendable (String) -> Void) -> @Sendable () -> Void

    public init(
        testimony: @escaping @Sendable () -> JSONObject? = { nil },
        principal: @escaping Recognition = { _, origin, _ in origin == .open ? .open : nil },
        within: @escaping Deputy = { principal, _, _, body in
            try await Principal.$current.withValue(principal) { try await body() }
        },
        hold: @escaping @Sendable (@escaping @Sendable (String) -> Void) -> @Sendable () -> Void = { _ in {} }
    ) {
        self.testimony = testimony
        self.principal = principal
        self.within = within
        self.hold = hold
    }
}
