import HTTPServing
import JSONText
import Vocabulary

/// What an API document says about adapters.
enum AdapterSchemas {
    static let list = RouteDescription(
        operation: "listAdapters", summary: "The LoRA adapters that are loaded.", tags: ["engine"],
        responses: [.init(.ok, nil, .json(["type": "array", "items": adapter]))])

    static let set = RouteDescription(
        operation: "setAdapters", summary: "Set the scales of requests to come that name no adapters.",
        tags: ["engine"],
        requestBodies: [
            .json([
                "type": "array",
                "items": [
                    "type": "object", "required": ["id", "scale"],
                    "properties": ["id": ["type": "integer", "minimum": 0], "scale": scale],
                ],
            ])
        ],
        responses: [.init(.ok, nil, .json(success))])

    static let load = RouteDescription(
        operation: "loadAdapter", summary: "Load a LoRA adapter from the folder that the operator allows.",
        tags: ["engine"],
        requestBodies: [
            .json([
                "type": "object", "required": ["path"],
                "properties": ["path": ["type": "string", "minLength": 1], "scale": scale],
            ])
        ],
        responses: [
            .init(.ok, nil, .json(adapter)), .init(.conflict, "As many adapters are loaded as may be."),
        ])

    static let remove = RouteDescription(
        operation: "removeAdapter", summary: "Remove a LoRA adapter and free its memory.", tags: ["engine"],
        parameters: [.init("id", in: .path, summary: "A number that GET /lora-adapters lists.")],
        responses: [
            .init(.ok, nil, .json(success)), .init(.notFound, "There is no such adapter."),
            .init(.conflict, "Requests wait or run with it."),
        ])

    private static let scale: JSONValue = [
        "type": "number", "minimum": .number(-Double(AdapterScale.scaleMax)),
        "maximum": .number(Double(AdapterScale.scaleMax)), "default": 1,
    ]

    private static let success: JSONValue = [
        "type": "object", "required": ["success"], "properties": ["success": ["type": "boolean"]],
    ]

    private static let adapter: JSONValue = [
        "type": "object", "required": ["id", "path", "scale", "task_name", "prompt_prefix"],
        "properties": [
            "id": ["type": "integer"], "path": ["type": "string"], "scale": ["type": "number"],
            "task_name": ["type": "string"], "prompt_prefix": ["type": "string"],
            "rank": ["type": "integer", "description": "The largest rank of its pairs."],
            "users": ["type": "integer", "description": "Requests that wait or run with it."],
        ],
    ]
}
