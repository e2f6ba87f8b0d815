import JSONText
import RequestScope
import Vocabulary

/// llama-server's `speculative.n_max`, `speculative.n_min` and `speculative.p_min`, written with a dot or as members of
/// `speculative`; the dotted ones win.
enum SpeculationFields {
    static func read(_ root: JSONField) throws(JSONFieldError) -> SpeculationLimits {
        let nested = try root.optional("speculative")
        if let nested { _ = try nested.object() }
        func field(_ dotted: String, _ name: String) throws(JSONFieldError) -> JSONField? {
            if let found = try root.optional(dotted) { return found }
            return try nested?.optional(name)
        }
        return SpeculationLimits(
            tokensMax: try field("speculative.n_max", "n_max")?.integer(in: 0...RequestBounds.tokensMax),
            tokensMin: try field("speculative.n_min", "n_min")?.integer(in: 0...RequestBounds.tokensMax),
            probabilityMin: try field("speculative.p_min", "p_min")?.number(in: 0...1))
    }

    /// Adds what was said to a request for another server.
    static func write(_ limits: SpeculationLimits, to body: inout JSONObject) {
        guard limits != SpeculationLimits() else { return }
        body["speculative.n_max"] = limits.tokensMax.map(JSONValue.whole)
        body["speculative.n_min"] = limits.tokensMin.map(JSONValue.whole)
        body["speculative.p_min"] = limits.probabilityMin.map(JSONValue.number)
    }

    /// JSON Schemas by name.
    static var schemas: JSONObject {
        let count: JSONValue = ["type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.tokensMax)]
        let members: JSONObject = [
            "n_max": count, "n_min": count, "p_min": ["type": "number", "minimum": 0, "maximum": 1],
        ]
        var schemas: JSONObject = ["speculative": ["type": "object", "properties": .object(members)]]
        for (name, schema) in members { schemas["speculative.\(name)"] = schema }
        return schemas
    }
}
