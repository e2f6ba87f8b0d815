import HTTPServing
import JSONText
import OpenAIAPI

/// What the API's document says about these endpoints.
enum MessagesSchemas: SchemaWriting {
    static let create = RouteDescription(
        operation: "createMessage", summary: "Answer with a message of content blocks, whole or as a stream of events.",
        tags: ["anthropic"], parameters: [version],
        requestBodies: [.json(request(["messages", "max_tokens"]))],
        responses: [RouteDescription.Response(.ok, nil, .json(MessageShapes.message), .events)] + refusals,
        permission: "chat.use")

    static let count = RouteDescription(
        operation: "countMessageTokens", summary: "How many tokens the prompt of a message has.", tags: ["anthropic"],
        parameters: [version], requestBodies: [.json(request(["messages"]))],
        responses: [
            RouteDescription.Response(.ok, nil, .json(MessageShapes.tokenCount))
        ] + refusals, permission: "chat.use")

    private static let version = RouteDescription.Parameter(
        "anthropic-version", in: .header, summary: "Accepted and not looked at.")

    private static let refusals: [RouteDescription.Response] = [
        .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
        .init(.contentTooLarge, nil, .json(error)), .init(.tooManyRequests, nil, .json(error)),
        .init(.serviceUnavailable, nil, .json(error)),
    ]

    private static let error = MessageShapes.error

    private static func request(_ required: [JSONValue]) -> JSONValue {
        [
            "type": "object", "required": .array(required),
            "properties": [
                "model": text, "system": MessageShapes.system, "stream": ["type": "boolean", "default": false],
                "messages": [
                    "type": "array", "maxItems": .whole(RequestBounds.messagesMax), "items": MessageShapes.sent,
                ],
                "max_tokens": ["type": "integer", "minimum": 1, "maximum": .whole(RequestBounds.newTokensMax)],
                "temperature": ["type": "number"], "top_p": ["type": "number"],
                "top_k": ["type": "integer", "minimum": 0],
                "stop_sequences": ["type": "array", "maxItems": .whole(RequestBounds.stopsMax), "items": text],
                "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": MessageShapes.tool],
                "tool_choice": [
                    "type": "object", "required": ["type"],
                    "properties": [
                        "type": ["enum": ["auto", "any", "tool", "none"]], "name": text,
                        "disable_parallel_tool_use": ["type": "boolean"],
                    ],
                ],
                "thinking": [
                    "type": "object", "required": ["type"],
                    "properties": [
                        "type": ["enum": ["enabled", "disabled", "adaptive", "between_tools"]],
                        "budget_tokens": [
                            "type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.newTokensMax),
                        ],
                    ],
                ],
                "output_config": [
                    "type": "object", "properties": ["effort": text, "format": ReportShapes.responseFormat],
                ],
                "metadata": anything("Accepted and not looked at."),
            ],
        ]
    }
}
