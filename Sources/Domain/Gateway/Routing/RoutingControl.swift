public import JSONText
public import Vocabulary

/// What the API asks of the routing part.
public protocol RoutingControl: Sendable {
    /// The table in effect, and where each entry comes from.
    func report() async -> RoutingReport
    /// All versions that are kept, the oldest first.
    func versions() async throws -> [RoutingVersion]
    /// Makes a version.
    ///
    /// - Parameters:
    ///   - terms: why, and what it must follow.
    ///   - change: what becomes of the API's own entries; the table is checked afterwards.
    /// - Returns: the table in effect.
    /// - Throws: `invalidValue`, `conflict`.
    func change(
        _ terms: RoutingTerms, _ change: @Sendable (inout RoutingTable) throws(ServiceError) -> Void
    ) async throws -> RoutingReport
    /// What would be decided, with nothing asked.
    func explain(_ question: RouteQuestion) throws -> RouteDecision
    /// What was decided.
    func decision(of request: String) -> DecisionRecord?
    func decisions(newest count: Int) -> [DecisionRecord]
    /// How the deployments fare: breakers, failures, latencies.
    func health() -> JSONValue
}

/// Under which conditions the table is changed.
public struct RoutingTerms: Sendable, Equatable {
    public var note: String
    /// Refused when another version is active.
    public var expectedVersion: Int?
    public var author: String

    public init(note: String = "", expectedVersion: Int? = nil, author: String = "") {
        self.note = note
        self.expectedVersion = expectedVersion
        self.author = author
    }
}

/// The table in effect.
public struct RoutingReport: Sendable, Equatable {
    /// Of the API's own entries; 0 before the first change.
    public var version: Int
    /// What the configuration names.
    public var configured: RoutingTable
    /// What the API made, which wins.
    public var own: RoutingTable

    public init(version: Int, configured: RoutingTable, own: RoutingTable) {
        self.version = version
        self.configured = configured
        self.own = own
    }

    public var table: RoutingTable { configured.overlaid(by: own) }

    /// `{"version", "routes": {name: {…, "origin"}}, "ensembles": …}`.
    public var json: JSONValue {
        func told<Entry>(_ all: [String: Entry], own: [String: Entry], _ json: (Entry) -> JSONValue) -> JSONValue {
            .object(
                JSONObject(
                    all.sorted { $0.key < $1.key }.map { name, entry in
                        var object = json(entry).object ?? [:]
                        object["origin"] = .string(own[name] == nil ? "configuration" : "api")
                        return (name, .object(object))
                    }))
        }
        return [
            "version": .whole(version), "routes": told(table.routes, own: own.routes, \.json),
            "ensembles": told(table.ensembles, own: own.ensembles, \.json),
        ]
    }
}
