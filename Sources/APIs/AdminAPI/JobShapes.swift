import HTTPServing
import JSONText
import Jobs

/// JSON Schemas of what the routes of jobs answer with, beside `JobJSON`, which writes it.
enum JobShapes {
    private static let seconds: JSONValue = [
        "type": ["number", "null"], "description": "Seconds since 1970; null when there is none.",
    ]

    private static let members: JSONObject = [
        "id": ModelShapes.text, "kind": ModelShapes.text,
        "state": ModelShapes.oneOf(JobState.allCases.map(\.rawValue)),
        "parameters": [
            "type": "object", "description": "As they were submitted; which there are depends on the kind.",
        ],
        "priority": ModelShapes.whole, "attempts": ModelShapes.natural, "interruptions": ModelShapes.natural,
        "created_at": ["type": "number", "description": "Seconds since 1970."], "started_at": seconds,
        "ended_at": seconds, "next_attempt_at": seconds, "cancel_requested": ModelShapes.truth,
        "progress": ModelShapes.object([
            "done": ModelShapes.natural, "total": ["type": ["integer", "null"], "minimum": 0],
            "unit": ModelShapes.text, "stage": ModelShapes.text,
            "fraction": ["type": ["number", "null"], "minimum": 0, "maximum": 1],
        ]),
        "result": ["description": "What it made; null until then. What it looks like depends on the kind."],
        "error": [
            "type": ["object", "null"],
            "properties": [
                "code": ModelShapes.text, "message": ModelShapes.text, "hint": ["type": ["string", "null"]],
            ],
            "required": ["code", "message", "hint"],
        ],
    ]

    /// As lists and orders have it.
    static let job = ModelShapes.object(members)

    /// With the lines of its log.
    static let wholeJob: JSONValue = {
        var members = Self.members
        members["log"] = ModelShapes.list(of: ModelShapes.text)
        return ModelShapes.object(members)
    }()

    static let list = ModelShapes.object(
        [
            "jobs": ModelShapes.list(of: job),
            "next": ["type": "string", "description": "`before` of the next page, where there may be one."],
        ], optional: ["next"])
}
