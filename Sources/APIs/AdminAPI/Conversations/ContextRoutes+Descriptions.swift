import HTTPServing
import JSONText

extension ConversationRoutes {
    private static let tokens: JSONValue = ["type": ["integer", "null"], "minimum": 16]
    private static let policy: JSONValue = [
        "type": "object",
        "properties": [
            "mode": ["type": ["string", "null"], "enum": ["off", "truncate", "summarise", .null]],
            "budget_tokens": tokens, "answer_tokens": tokens, "system_tokens": tokens, "message_tokens": tokens,
            "cut_to": ["type": ["number", "null"], "minimum": 0.2, "maximum": 0.9],
        ],
    ]
    private static let report: JSONValue = [
        "type": "object",
        "properties": [
            "model": ["type": "string"], "window": ["type": ["integer", "null"]],
            "exact": ["type": "boolean", "description": "Whether the model has counted."],
            "policy": policy, "limit": ["type": ["integer", "null"]],
            "total": ["type": "integer", "description": "Tokens of the next prompt."],
            "total_uncut": ["type": "integer", "description": "Tokens of the branch with every message as it is."],
            "fill": ["type": ["number", "null"]], "fits": ["type": "boolean"],
            "system": ["type": "object"], "overhead": ["type": "integer"], "summary": ["type": ["object", "null"]],
            "next_cut": ["type": ["object", "null"]], "will_cut": ["type": "boolean"],
            "messages": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "id": ["type": "string"], "role": ["type": "string"], "tokens": ["type": "integer"],
                        "importance": ["type": "string", "enum": ["low", "normal", "high", "pinned"]],
                        "decision": ["type": "string", "enum": ["keep", "shorten", "summarise", "drop"]],
                        "tokens_kept": ["type": "integer"], "reason": ["type": "string"], "text": ["type": "string"],
                    ],
                ],
            ], "has_more": ["type": "boolean"],
        ],
        "required": ["model", "policy", "total", "fits", "messages"],
    ]

    static let planning = RouteDescription(
        operation: "showConversationContext", summary: "What of a branch goes into its next prompt, and why.",
        tags: ["conversations"],
        parameters: [
            .init("leaf", in: .query, summary: "The branch that ends here; the head where it is left out."),
            .init("text", in: .query, summary: "What is being typed: counted as the next message."),
            .init(
                "limit", in: .query, summary: "Messages that are told one by one, the newest ones.",
                schema: ["type": "integer", "minimum": 1, "maximum": 5000, "default": 1000]),
        ],
        responses: [.init(.ok, nil, .json(report)), .init(.badRequest), .init(.notFound)],
        permission: Permission.read.rawValue)

    static let previewing = RouteDescription(
        operation: "previewContext", summary: "The same as it would be with another policy or other marks.",
        tags: ["conversations"],
        requestBodies: [
            .json([
                "type": "object",
                "properties": [
                    "leaf": ["type": "string"], "text": ["type": "string"], "limit": ["type": "integer"],
                    "policy": policy, "importance": ["type": "object", "description": "By the message's id."],
                ],
            ])
        ],
        responses: [.init(.ok, nil, .json(report)), .init(.badRequest), .init(.notFound)],
        permission: Permission.read.rawValue)

    static let wishing = writing(
        "setContextPolicy", "What to do when this conversation no longer fits; what is null, the user's settings say.",
        policy, .ok, policy)
    static let summarising = writing(
        "summariseConversation", "Ask a model what the branch is about, and keep that.",
        ["type": "object", "properties": ["leaf": ["type": "string"]]], .created, ["type": "object"])
}
