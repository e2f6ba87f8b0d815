public import JSONText

/// A conversation that requests name instead of sending it: OpenAI's conversations. Its items are kept apart.
public struct StoredConversation: Sendable, Equatable {
    /// `conv_…`
    public let id: String
    public let owner: DataOwner
    /// Microseconds since 1970.
    public let created: Int64
    /// Texts by name.
    public var metadata: JSONObject

    public init(id: String, owner: DataOwner, created: Int64, metadata: JSONObject) {
        self.id = id
        self.owner = owner
        self.created = created
        self.metadata = metadata
    }

    public static let itemsMax = 10_000
    /// Of all items together.
    public static let bytesMax: Int64 = 16 << 20
    public static let metadataMax = 16
}

/// A page of a list of items.
public struct ItemPage: Sendable, Equatable {
    /// The item after which the page begins; `nil` begins at the start.
    public var after: String?
    public var countMax: Int
    public var isDescending: Bool

    public static let countMaxMax = 100

    public init(after: String? = nil, countMax: Int = 20, isDescending: Bool = true) {
        self.after = after
        self.countMax = countMax
        self.isDescending = isDescending
    }

    /// The page of a list that is whole, and whether more follows.
    ///
    /// - Parameter items: the oldest first, each with an `id`.
    /// - Returns: `nil` when there is no item to begin after.
    public func of(_ items: [JSONValue]) -> (items: [JSONValue], hasMore: Bool)? {
        var rest = (isDescending ? items.reversed() : items)[...]
        if let after {
            guard let place = rest.firstIndex(where: { $0["id"]?.string == after }) else { return nil }
            rest = rest[(place + 1)...]
        }
        return (Array(rest.prefix(countMax)), rest.count > countMax)
    }
}

/// Keeps conversations. An owner sees its own only: everybody else's are not there.
public protocol ConversationStoring: Sendable {
    func add(_ conversation: StoredConversation, items: [JSONValue]) async throws
    func conversation(_ id: String, of owner: DataOwner) async throws -> StoredConversation?
    /// - Returns: `false` when there is none.
    func change(_ id: String, of owner: DataOwner, metadata: JSONObject) async throws -> Bool
    /// - Returns: `false` when there is none.
    func removeConversation(_ id: String, of owner: DataOwner) async throws -> Bool
    /// All items, the oldest first; `nil` when there is no such conversation.
    func items(of id: String, _ owner: DataOwner) async throws -> [JSONValue]?
    /// Adds items at the end.
    ///
    /// - Returns: `false` when there is no such conversation.
    /// - Throws: `ServiceError` when it would become too long.
    func append(_ items: [JSONValue], to id: String, of owner: DataOwner) async throws -> Bool
    /// - Returns: `false` when there is none.
    func removeItem(_ item: String, from id: String, of owner: DataOwner) async throws -> Bool
}
