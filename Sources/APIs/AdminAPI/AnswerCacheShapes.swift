import Gateway
import HTTPServing
import JSONText

/// JSON Schemas of what the routes of cached answers answer with, beside `AnswerCacheJSON`, which writes it.
enum AnswerCacheShapes {
    private static let number: JSONValue = ["type": "number"]
    private static let microseconds: JSONValue = ["type": "integer", "description": "Microseconds since 1970."]

    private static let line = ModelShapes.object([
        "key": ["type": "string", "pattern": "^[0-9a-f]{64}$"],
        "kind": ModelShapes.oneOf(CachedAnswer.Kind.allCases.map(\.rawValue)), "tenant": ModelShapes.text,
        "model": ModelShapes.text, "tags": ModelShapes.list(of: ModelShapes.text), "written_at_us": microseconds,
        "expires_at_us": microseconds, "prompt_tokens": ModelShapes.natural, "completion_tokens": ModelShapes.natural,
        "bytes": ModelShapes.natural, "hits": ModelShapes.natural,
    ])

    private static let similar = ModelShapes.object(
        [
            "enabled": ModelShapes.truth, "questions": ModelShapes.natural, "model": ModelShapes.text,
            "threshold": number,
            "calibrated": ModelShapes.object([
                "threshold": number, "precision": number, "recall": number, "pairs": ModelShapes.natural,
                "at_us": microseconds,
            ]),
        ], optional: ["threshold", "calibrated"])

    static let listing = ModelShapes.object([
        "enabled": ModelShapes.truth,
        "requests": [
            "type": "object", "description": "By what became of them.", "additionalProperties": ModelShapes.natural,
        ],
        "saved": ModelShapes.object([
            "prompt_tokens": ModelShapes.natural, "completion_tokens": ModelShapes.natural, "seconds": number,
        ]), "memory": ModelShapes.object(["answers": ModelShapes.natural, "bytes": ModelShapes.natural]),
        "stored": ModelShapes.object(["answers": ModelShapes.natural]), "similar": similar,
        "answers": ModelShapes.list(of: line),
    ])

    private static let pointMembers: JSONObject = [
        "threshold": number, "precision": number, "recall": number, "wrong": ModelShapes.natural,
    ]

    static let calibration: JSONValue = {
        var curve = pointMembers
        curve["precision_unguarded"] = number
        curve["recall_unguarded"] = number
        return ModelShapes.object(
            [
                "model": ModelShapes.text, "pairs": ModelShapes.natural, "same": ModelShapes.natural,
                "threshold_before": number, "kept": ModelShapes.truth,
                "curve": ModelShapes.list(of: ModelShapes.object(curve)),
                "recommended": ModelShapes.object(pointMembers),
                "mistakes": ModelShapes.map(of: ModelShapes.natural),
                "mistakes_unguarded": ModelShapes.map(of: ModelShapes.natural),
            ], optional: ["recommended", "mistakes", "mistakes_unguarded"])
    }()
}
