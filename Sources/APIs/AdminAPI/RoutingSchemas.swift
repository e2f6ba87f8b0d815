import Gateway
import JSONText

/// JSON Schemas of what is sent about routing.
enum RoutingSchemas {
    private static let name: JSONValue = [
        "type": "string", "minLength": 1, "maxLength": .whole(ModelRoute.nameBytesMax),
    ]
    private static let names: JSONValue = [
        "type": "array", "items": name, "maxItems": .whole(ModelRoute.targetsMax),
    ]
    private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]
    private static let time: JSONValue = ["type": "number", "minimum": 1, "maximum": 86_400_000]

    private static func object(_ properties: JSONObject, required: [String] = []) -> JSONValue {
        [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    private static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> JSONValue
    where Word.RawValue == String {
        ["enum": .array(type.allCases.map { .string($0.rawValue) })]
    }

    /// Names, or names with weights.
    private static func weighted(countMin: Int, countMax: Int) -> JSONValue {
        [
            "type": "array", "minItems": .whole(countMin), "maxItems": .whole(countMax),
            "items": [
                "anyOf": [
                    name,
                    object(["model": name, "weight": ["type": "number", "minimum": 0]], required: ["model"]),
                ]
            ],
        ]
    }

    static let route = object([
        "targets": weighted(countMin: 0, countMax: ModelRoute.targetsMax), "balance": words(Balancing.self),
        "tags": ["type": "object", "additionalProperties": name], "preferences": names,
        "tasks": object(JSONObject(TaskKind.allCases.map { ($0.rawValue, name) })),
        "complexity": object([
            "high": name, "medium": name, "low": name, "high_above": share, "medium_above": share,
        ]),
        "canary": object(
            ["model": name, "share": share, "sticky": ["type": "boolean"]], required: ["model", "share"]),
        "mirror": object(["model": name, "share": share], required: ["model"]), "fallback": names,
        "timeouts": object(["first_token_ms": time, "total_ms": time]),
        "retries": object([
            "max": ["type": "integer", "minimum": 0, "maximum": .whole(RetryPolicy.retriesBound)],
            "pause_ms": ["type": "number", "minimum": 0], "pause_max_ms": ["type": "number", "minimum": 0],
            "wait_max_ms": ["type": "number", "minimum": 0],
        ]),
        "remark": ["type": "string", "maxLength": 1_000],
    ])

    static let ensemble = object(
        [
            "members": weighted(countMin: 2, countMax: EnsembleSpec.membersMax),
            "method": words(EnsembleSpec.Method.self),
            "compare": words(EnsembleSpec.Comparison.self), "judge": name, "encoder": name, "member_timeout_ms": time,
            "quorum": ["type": "integer", "minimum": 1, "maximum": .whole(EnsembleSpec.membersMax)],
            "remark": ["type": "string", "maxLength": 1_000],
        ], required: ["members"])

    static let rollback = object(["to": ["type": "integer", "minimum": 0]], required: ["to"])

    static let explain = object([
        "model": ["type": "string", "maxLength": 256], "prompt": ["type": "string"],
        "messages": [
            "type": "array",
            "items": ["type": "object", "required": ["content"], "properties": ["content": ["type": "string"]]],
        ],
        "images": ["type": "integer", "minimum": 0, "maximum": 1_000],
        "tools": ["type": "integer", "minimum": 0, "maximum": 10_000],
        "tags": ["type": "array", "items": ["type": "string", "minLength": 1], "maxItems": 16], "prefer": name,
        "ensemble": name, "caller": ["type": "string", "maxLength": 256],
    ])
}
