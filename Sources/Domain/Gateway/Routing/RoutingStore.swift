/// One version of the routes that were made by the API. What the configuration names is not in it.
public struct RoutingVersion: Sendable, Equatable {
    /// From 1.
    public var number: Int
    public var table: RoutingTable
    /// Why.
    public var note: String
    /// Who made it: a user's name.
    public var author: String
    /// Microseconds since 1970.
    public var createdAt: Int64

    public init(number: Int, table: RoutingTable, note: String, author: String, createdAt: Int64) {
        self.number = number
        self.table = table
        self.note = note
        self.author = author
        self.createdAt = createdAt
    }
}

/// Where versions of the routing table are kept. The one with the highest number is active.
public protocol RoutingStore: Sendable {
    /// All that are kept, the oldest first.
    func versions() async throws -> [RoutingVersion]
    /// Keeps one more, and forgets those beyond `keptMax` at the old end.
    ///
    /// - Throws: when its number is taken: somebody else was faster.
    func add(_ version: RoutingVersion, keptMax: Int) async throws
}
