import Gateway
import HTTPServing
import JSONText

/// JSON Schemas of what the routes of limits, prices, budgets and usage answer with.
enum LimitShapes {
    private static let number: JSONValue = ["type": "number", "minimum": 0]

    // MARK: Limits

    private static let ruleMembers = LimitRule.schema["properties"]?.object ?? JSONObject()
    private static let rule = ModelShapes.object(ruleMembers, optional: ["burst", "adaptive"])

    static let limits = ModelShapes.object([
        "limits": ModelShapes.list(of: rule), "defaults": ModelShapes.list(of: rule),
    ])

    static let standings: JSONValue = {
        var members = ruleMembers
        members["remaining"] = ModelShapes.whole
        members["reset_ms"] = ModelShapes.natural
        return ModelShapes.object([
            "limits": ModelShapes.list(of: ModelShapes.object(members, optional: ["burst", "adaptive"]))
        ])
    }()

    static let prices: JSONValue = {
        var members = PriceTable.Entry.schema["properties"]?.object ?? JSONObject()
        members["source"] = ModelShapes.oneOf(["api", "configuration"])
        return ModelShapes.object(["prices": ModelShapes.list(of: ModelShapes.object(members))])
    }()

    // MARK: Budgets

    static let budget: JSONValue = {
        var members = Budget.schema["properties"]?.object ?? JSONObject()
        members["id"] = ModelShapes.text
        members["resets_at"] = ModelShapes.momentOrNull
        members["accounts"] = ModelShapes.list(
            of: ModelShapes.object([
                "subject": ModelShapes.text, "spent": number, "reserved": number, "left": number,
            ]))
        return ModelShapes.object(members)
    }()

    static let budgets = ModelShapes.object(["budgets": ModelShapes.list(of: budget)])

    // MARK: Usage

    private static let dimensions = JSONObject(UsageDimensions.fields.map { ($0.name, ModelShapes.text) })
    private static let amounts = UsageAmounts.schema["properties"]?.object ?? JSONObject()

    private static let row: JSONValue = {
        var members = dimensions.merging(amounts)
        members["start"] = ModelShapes.moment
        return ModelShapes.object(members, optional: Set(dimensions.keys).union(["start"]))
    }()

    static let sums = ModelShapes.object([
        "from": ModelShapes.moment, "to": ModelShapes.moment,
        "by": ["type": ["string", "null"], "enum": .array(UsageSpan.allCases.map { .string($0.rawValue) } + [.null])],
        "usage": ModelShapes.list(of: row), "total": UsageAmounts.schema,
    ])

    static let requests: JSONValue = {
        var members = dimensions.merging(amounts)
        for counted in ["requests", "failures", "refusals"] { members[counted] = nil }
        members["request"] = ModelShapes.text
        members["at"] = ModelShapes.moment
        members["outcome"] = ModelShapes.oneOf(UsageRecord.Outcome.allCases.map(\.rawValue))
        members["duration_ms"] = number
        members["first_piece_ms"] = ["type": ["number", "null"], "minimum": 0]
        return ModelShapes.object(
            [
                "requests": ModelShapes.list(of: ModelShapes.object(members)),
                "next": ["type": "integer", "description": "`before` of the next page, where there may be one."],
            ], optional: ["next"])
    }()
}

extension JSONObject {
    /// These members and those of another object, whose values win.
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var members = self
        for (name, value) in other { members[name] = value }
        return members
    }
}
