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
        responses: [.init(.ok, nil, .json(ContextShapes.report)), .init(.badRequest), .init(.notFound)],
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
        responses: [.init(.ok, nil, .json(ContextShapes.report)), .init(.badRequest), .init(.notFound)],
        permission: Permission.read.rawValue)

    static let wishing = writing(
        "setContextPolicy", "What to do when this conversation no longer fits; what is null, the user's settings say.",
        policy, .ok, ContextShapes.policy)
    static let summarising = writing(
        "summariseConversation", "Ask a model what the branch is about, and keep that.",
        ["type": "object", "properties": ["leaf": ["type": "string"]]], .created, ConversationShapes.summary)
}
