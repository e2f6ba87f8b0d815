/// Where the trail is kept. Implementations only ever add.
public protocol AuditStore: Sendable {
    /// Adds records in one durable transaction, behind all that are there, whichever process wrote them.
    ///
    /// - Parameter link: makes the records that follow the given head. May be called more than once.
    /// - Throws: when they could not be kept; none of them is then.
    func append(_ link: @Sendable (AuditHead) -> [AuditRecord]) async throws
    /// Lines of the records that `filter` finds, newest first.
    func lines(_ filter: AuditFilter) async throws -> [String]
    /// Hands every record after `sequence` to `body`, in order.
    func forEachLine(after sequence: Int64, _ body: (String) async throws -> Void) async throws
    /// The last record.
    func head() async throws -> AuditHead
}

/// Which records are looked for. All conditions hold at once.
public struct AuditFilter: Sendable, Equatable {
    public static let countAllowed = 1...1_000

    public var action: String?
    public var outcome: AuditOutcome?
    public var user: String?
    /// Records with smaller numbers: where the page before ended.
    public var before: Int64?
    /// Microseconds since 1970, included.
    public var from: Int64?
    public var countMax: Int

    public init(
        action: String? = nil, outcome: AuditOutcome? = nil, user: String? = nil, before: Int64? = nil,
        from: Int64? = nil, countMax: Int = 100
    ) {
        self.action = action
        self.outcome = outcome
        self.user = user
        self.before = before
        self.from = from
        self.countMax = countMax
    }
}
