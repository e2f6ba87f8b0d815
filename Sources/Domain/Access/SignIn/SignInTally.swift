public import Telemetry

/// How often signing in has failed lately: for a name, for an address, or for a name from an address.
public struct SignInTally: Sendable, Equatable {
    public var failures: Int
    /// When the last attempt began.
    public var last: UnixTime

    public init(failures: Int, last: UnixTime) {
        self.failures = failures
        self.last = last
    }
}

/// Keeps tallies under keys, for all processes that let the same people in. Called concurrently.
public protocol SignInTallyStore: Sendable {
    /// Those that there are under some keys.
    func tallies(of keys: [[UInt8]]) async throws -> [[UInt8]: SignInTally]

    /// Changes what is under some keys in one transaction, while nobody else changes it.
    ///
    /// - Parameters:
    ///   - keys: at most a few.
    ///   - decide: gets what is there, and returns what is to be there; what it leaves out is removed. Nothing is changed when it
    ///     throws. It may be asked again where processes collide.
    /// - Throws: what `decide` throws; errors of the store.
    func change(
        _ keys: [[UInt8]], _ decide: @Sendable ([[UInt8]: SignInTally]) throws -> [[UInt8]: SignInTally]
    ) async throws

    /// Forgets tallies that were last changed before a moment, and of the others all but the newest.
    func trim(before moment: UnixTime, keeping countMax: Int) async throws
}
