/// Sign-in.
public struct AccessConfiguration: Sendable, Equatable {
    /// A session ends after this time without use.
    public var sessionIdle = Duration.seconds(12 * 3_600)
    /// A session ends after this time whatever happens.
    public var sessionLifetime = Duration.seconds(30 * 86_400)
    /// Whether cookies go over TLS only although this server speaks plain HTTP: behind a proxy that ends TLS.
    public var hasSecureCookies = false
    /// Fewest characters of a password.
    public var passwordCharactersMin = 10
    /// Memory that hashing one password takes.
    public var passwordMemory = ByteCount.mebibytes(64)
    /// How often that memory is gone through.
    public var passwordPasses = 3

    public init() {}
}
