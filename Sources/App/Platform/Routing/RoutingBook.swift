import Gateway
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// The routing table in effect: the configuration's entries and those of the API, with all versions of the latter.
final class RoutingBook: Sendable {
    /// Versions that are kept.
    static let versionsMax = 200

    private struct State: Sendable {
        var own = RoutingTable()
        var version = 0
        var table: RoutingTable
    }

    private let configured: RoutingTable
    private let store: any RoutingStore
    private let logger: Logger
    /// Changed by one at a time.
    private let turn = TaskTurn()
    private let state: Mutex<State>

    init(configured: RoutingTable, store: any RoutingStore, logger: Logger) {
        self.configured = configured
        self.store = store
        self.logger = logger
        state = Mutex(State(table: configured))
    }

    /// What decisions are made from.
    var table: RoutingTable { state.withLock { $0.table } }

    var report: RoutingReport {
        let state = state.withLock(\.self)
        return RoutingReport(version: state.version, configured: configured, own: state.own)
    }

    /// Takes the newest version from the database.
    func open() async throws {
        guard let newest = try await store.versions().last else { return }
        put(newest)
    }

    private func put(_ version: RoutingVersion) {
        state.withLock { state in
            state.own = version.table
            state.version = version.number
            state.table = configured.overlaid(by: version.table)
        }
    }

    func versions() async throws -> [RoutingVersion] { try await store.versions() }

    /// Makes a version, writes it down, and puts it in place.
    ///
    /// - Parameters:
    ///   - terms: why, and what it must follow.
    ///   - knows: whether a deployment answers to a name.
    ///   - change: what becomes of the API's entries.
    /// - Returns: the table in effect.
    /// - Throws: `conflict` when another version is active; `invalidValue` when the table could not answer.
    func change(
        _ terms: RoutingTerms, knows: @Sendable (String) -> Bool,
        _ change: @Sendable (inout RoutingTable) throws(ServiceError) -> Void
    ) async throws -> RoutingReport {
        try await turn.take {
            let before = report
            if let expected = terms.expectedVersion, expected != before.version {
                throw ServiceError(
                    .conflict, "The routes are at version \(before.version), not \(expected).",
                    hint: "Read them again, and decide anew.", parameter: "if_version")
            }
            var own = before.own
            try change(&own)
            guard own.routes.count <= RoutingTable.countMax, own.ensembles.count <= RoutingTable.countMax else {
                throw ServiceError(
                    .conflict, "There are \(RoutingTable.countMax) routes already.", hint: "Remove some.")
            }
            try configured.overlaid(by: own).check(knows: knows)
            guard own != before.own else { return before }
            let version = RoutingVersion(
                number: before.version + 1, table: own, note: terms.note, author: terms.author,
                createdAt: UnixTime.now().nanoseconds / 1_000)
            try await store.add(version, keptMax: Self.versionsMax)
            put(version)
            logger.notice(
                "the routes were changed", ["version": .integer(Int64(version.number)), "note": .string(terms.note)])
            return report
        }
    }
}
