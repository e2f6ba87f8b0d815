import RequestScope

/// What must hold for a server elsewhere before it is spoken to, and what opens its key.
struct RemoteTrust: Sendable {
    /// Where deployments may lead to.
    var outgoing = OutgoingURLPolicy()
    /// The key that a text stands for: itself, or the secret that it names as `secret:NAME`.
    var secret: @Sendable (String) async throws -> String = { $0 }
}
