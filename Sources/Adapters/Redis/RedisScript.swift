/// A Lua script that Redis runs in one piece: nothing else happens on the server meanwhile.
/// <https://redis.io/docs/latest/develop/interact/programmability/eval-intro/>
public struct RedisScript: Sendable, Hashable {
    public let source: String

    /// - Parameter source: Lua 5.1. Everything that varies comes in `KEYS` and `ARGV`, never in the text, as the server
    ///   keeps every text that it was ever given.
    public init(_ source: String) { self.source = source }
}
