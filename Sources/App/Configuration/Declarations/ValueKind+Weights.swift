import JSONText

extension ValueKind where Value == [WeightConfiguration] {
    /// Weights by tenant: an object in a file, `TENANT=WEIGHT,…` elsewhere.
    static var weights: ValueKind {
        let countMax = 1_024
        // As the API has it.
        let range = 0.1...100.0
        @Sendable func check(_ weights: [WeightConfiguration?]) -> [WeightConfiguration]? {
            let allowed = weights.compactMap(\.self).filter {
                (1...128).contains($0.tenant.utf8.count) && range.contains($0.weight)
            }
            let isFine = allowed.count == weights.count && allowed.count <= countMax
            return isFine && Set(allowed.map(\.tenant)).count == allowed.count ? allowed : nil
        }
        @Sendable func weight(_ text: String) -> WeightConfiguration? {
            let parts = text.split(separator: "=", maxSplits: 1).map { String($0.trimming(" ")) }
            guard parts.count == 2, let weight = Double(parts[1]) else { return nil }
            return WeightConfiguration(tenant: parts[0], weight: weight)
        }
        return ValueKind(
            allowed: "at most \(countMax) tenants, each with a weight from \(range.lowerBound) to \(range.upperBound)",
            placeholder: "TENANT=WEIGHT,…",
            schema: [
                "type": "object",
                "additionalProperties": [
                    "type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
                ],
            ],
            decode: { value in
                value.object.flatMap { members in
                    check(members.map { name, value in value.double.map { .init(tenant: name, weight: $0) } })
                }
            },
            read: { text in check(text.split(separator: ",").map { weight(String($0)) }) },
            encode: { weights in .object(JSONObject(weights.map { ($0.tenant, .number($0.weight)) })) })
    }
}
