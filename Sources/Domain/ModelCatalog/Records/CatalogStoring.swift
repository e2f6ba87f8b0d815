/// Where the catalogue is kept. Implemented by `Records` in the database.
public protocol CatalogStoring: Sendable {
    /// A page of records, and how many there are in all.
    func page(_ query: CatalogQuery) async throws -> CatalogPage

    /// One record with its texts; `nil` when there is none of that name.
    func model(_ name: ModelName) async throws -> (record: ModelRecord, texts: ModelTexts)?

    /// Changes one record in a transaction: reads it, asks `edit`, writes what that says, and notes the events.
    ///
    /// - Parameters:
    ///   - name: which.
    ///   - edit: is given what is kept, `nil` when nothing is. Pure: it may be called again when transactions collide.
    /// - Returns: the record as it is now.
    /// - Throws: what `edit` throws; nothing is changed then.
    func change(_ name: ModelName, _ edit: @Sendable (ModelRecord?) throws -> CatalogEdit) async throws -> ModelRecord?

    /// Events, newest first; of a query with `after`, oldest first.
    func events(_ query: CatalogEventQuery) async throws -> [CatalogEvent]

    /// Removes the oldest events until at most so many are left.
    func trimEvents(keeping countMax: Int) async throws
}

/// What an edit makes of a record.
public struct CatalogEdit: Sendable {
    public enum Outcome: Sendable {
        /// Leave it as it is.
        case keep
        case write(ModelRecord, texts: ModelTexts? = nil)
        case remove
    }

    public var outcome: Outcome
    public var events: [CatalogEvent]

    public init(_ outcome: Outcome, events: [CatalogEvent] = []) {
        self.outcome = outcome
        self.events = events
    }
}

/// Which records, in which order.
public struct CatalogQuery: Sendable, Equatable {
    public enum Order: String, Sendable, CaseIterable {
        case name, size, added, parameters, rating, used
    }

    /// Part of the name, title or architecture, in any case.
    public var text: String?
    public var state: String?
    public var format: String?
    public var origin: String?
    public var tag: String?
    /// Those with a file at this path.
    public var path: String?
    public var order = Order.name
    public var isDescending = false
    public var limit = 100
    public var offset = 0

    public static let limitMax = 1_000

    public init() {}
}

public struct CatalogPage: Sendable {
    public var records: [ModelRecord]
    /// Of the same order.
    public var usage: [ModelName: ModelUsage]
    public var total: Int

    public init(records: [ModelRecord], usage: [ModelName: ModelUsage], total: Int) {
        self.records = records
        self.usage = usage
        self.total = total
    }
}

/// Which events.
public struct CatalogEventQuery: Sendable, Equatable {
    /// Of one model, or of all.
    public var model: ModelName?
    /// Older than this number.
    public var before: Int64?
    /// Newer than this number, and then the oldest first.
    public var after: Int64?
    public var limit = 100

    public static let limitMax = 1_000

    public init(model: ModelName? = nil, before: Int64? = nil, limit: Int = 100) {
        self.model = model
        self.before = before
        self.limit = limit
    }
}
