public import JSONText
public import Vocabulary

/// Every route and every ensemble by its name.
public struct RoutingTable: Sendable, Equatable {
    /// What asks for an ensemble, before its name.
    public static let ensemblePrefix = "ensemble:"
    /// The name that leaves the choice to the server; `auto:code` tells the task.
    public static let automatic = "auto"
    public static let countMax = 512
    /// Routes that lead to one another.
    public static let depthMax = 4

    public var routes: [String: ModelRoute] = [:]
    public var ensembles: [String: EnsembleSpec] = [:]

    public init() {}

    public var isEmpty: Bool { routes.isEmpty && ensembles.isEmpty }

    /// What this one has, and what `other` has, which wins.
    public func overlaid(by other: RoutingTable) -> RoutingTable {
        var both = self
        both.routes.merge(other.routes) { _, new in new }
        both.ensembles.merge(other.ensembles) { _, new in new }
        return both
    }

    /// Reads `{"routes": {…}, "ensembles": {…}}`.
    ///
    /// - Parameter field: an object.
    /// - Throws: the path of what is wrong. Names of models are not checked: see ``check(knows:)``.
    public init(reading field: JSONField) throws(JSONFieldError) {
        try field.refuseStrangers(["routes", "ensembles"])
        for (name, value) in try field.optional("routes")?.object() ?? [:] {
            let own = JSONField(value, path: "routes.\(name)")
            try Self.checkName(name, at: own)
            routes[name] = try ModelRoute(reading: own)
        }
        for (name, value) in try field.optional("ensembles")?.object() ?? [:] {
            let own = JSONField(value, path: "ensembles.\(name)")
            try Self.checkName(name, at: own)
            ensembles[name] = try EnsembleSpec(reading: own)
        }
        guard routes.count <= Self.countMax, ensembles.count <= Self.countMax else {
            throw field.fail("has more than \(Self.countMax) entries")
        }
    }

    public var json: JSONValue {
        [
            "routes": .object(JSONObject(routes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })),
            "ensembles": .object(JSONObject(ensembles.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })),
        ]
    }

    /// A name as requests write it: letters, digits and `-_.:/@+`, at most 128 bytes, and not one of an ensemble.
    public static func checkName(_ name: String, at field: JSONField) throws(JSONFieldError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_.:/@+".utf8.contains(byte)
            }
        }
        guard isAllowed, (1...ModelRoute.nameBytesMax).contains(name.utf8.count), !name.hasPrefix(ensemblePrefix) else {
            throw field.fail(
                "'\(name.prefix(40))' is no name: letters, digits and -_.:/@+, at most \(ModelRoute.nameBytesMax) of them"
            )
        }
    }

    /// Refuses a table that could not answer: names that nobody has, and routes that lead back to themselves.
    ///
    /// - Parameter knows: whether a deployment answers to a name.
    /// - Throws: `invalidValue` with the path of the name.
    public func check(knows: (String) -> Bool) throws(ServiceError) {
        var heights: [String: Int] = [:]
        for (name, route) in routes.sorted(by: { $0.key < $1.key }) {
            let rules = Set(route.ruled)
            for other in route.mentioned where !knows(other) {
                guard rules.contains(other), routes[other] != nil, other != name else {
                    throw ServiceError(
                        .invalidValue, "Nobody answers to '\(other)', which the route '\(name)' names.",
                        hint: "Targets, fallbacks, canaries and mirrors are deployments; rules may name routes, too.",
                        parameter: "routes.\(name)")
                }
            }
            _ = try height(of: name, path: [], &heights)
        }
        for (name, spec) in ensembles.sorted(by: { $0.key < $1.key }) {
            for other in spec.mentioned where !knows(other) && routes[other] == nil {
                throw ServiceError(
                    .invalidValue, "Nobody answers to '\(other)', which the ensemble '\(name)' names.",
                    hint: "Members and judges are deployments or routes.", parameter: "ensembles.\(name)")
            }
        }
    }

    /// How many routes a route leads through at most, itself among them.
    private func height(of name: String, path: [String], _ known: inout [String: Int]) throws(ServiceError) -> Int {
        if let height = known[name] { return height }
        let trail = path + [name]
        guard !path.contains(name) else {
            throw ServiceError(
                .invalidValue, "Routes lead in a circle: \(trail.joined(separator: " → ")).",
                parameter: "routes.\(path.first ?? name)")
        }
        var height = 1
        // A rule that names its own route means the deployment of that name.
        for other in Set(routes[name]?.ruled ?? []).sorted() where routes[other] != nil && other != name {
            height = max(height, 1 + (try self.height(of: other, path: trail, &known)))
        }
        guard height <= Self.depthMax else {
            throw ServiceError(
                .invalidValue,
                "The route '\(name)' leads through \(height) routes, at most \(Self.depthMax) are allowed.",
                parameter: "routes.\(name)")
        }
        known[name] = height
        return height
    }
}
