/// What operators can choose about access.
public struct AccessSettings: Sendable, Equatable {
    /// A session ends after this time without use.
    public var sessionIdle = Duration.seconds(12 * 3_600)
    /// A session ends after this time whatever happens.
    public var sessionLifetime = Duration.seconds(30 * 86_400)
    public var passwords = PasswordRules()
    /// Sessions of a user; when there is one more, the one that was not used for longest ends.
    public var sessionsMax = 50
    /// Active keys of a user.
    public var keysMax = 100
    /// Keys that ended are shown for so long.
    public var endedKeysKept = Duration.seconds(90 * 86_400)
    /// How this server is called in authenticator apps.
    public var issuer = "Llama Nexus"

    /// What queues give tenants, relative to each other.
    public var weights = QueueWeights()

    public init() {}
}
