import HTTPServing
import JSONText
import OpenAIAPI

/// What the API's document says about these endpoints.
enum ResponsesSchemas {
    static let create = RouteDescription(
        operation: "createResponse", summary: "Answer a conversation with items, whole or as a stream of typed events.",
        tags: ["openai"], requestBodies: [.json(request)],
        responses: [RouteDescription.Response(.ok, nil, .json(["type": "object"]), .events)] + refusals)

    static let count = RouteDescription(
        operation: "countResponseInputTokens", summary: "How many tokens the prompt of a response has.",
        tags: ["openai"], requestBodies: [.json(request)],
        responses: [
            RouteDescription.Response(
                .ok, nil,
                .json([
                    "type": "object", "required": ["input_tokens"],
                    "properties": ["object": ["type": "string"], "input_tokens": ["type": "integer"]],
                ]))
        ] + refusals)

    static let get = RouteDescription(
        operation: "getResponse", summary: "Nothing: this server keeps no responses.", tags: ["openai"],
        parameters: [.init("id", in: .path, summary: "A response's id.")],
        responses: [.init(.notFound, nil, .json(error))])

    private static let refusals: [RouteDescription.Response] = [
        .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
        .init(.contentTooLarge, nil, .json(error)), .init(.tooManyRequests, nil, .json(error)),
        .init(.serviceUnavailable, nil, .json(error)),
    ]

    private static let error: JSONValue = [
        "type": "object", "required": ["error"], "properties": ["error": ["type": "object"]],
    ]

    private static let text: JSONValue = ["type": "string"]
    private static let object: JSONValue = ["type": "object"]

    private static let request: JSONValue = [
        "type": "object", "required": ["input"],
        "properties": [
            "model": text,
            "input": [
                "oneOf": [
                    text,
                    [
                        "type": "array", "minItems": 1, "maxItems": .whole(RequestBounds.messagesMax), "items": object,
                    ],
                ]
            ],
            "instructions": text, "stream": ["type": "boolean", "default": false],
            "max_output_tokens": ["type": "integer", "minimum": 1, "maximum": .whole(RequestBounds.newTokensMax)],
            "temperature": ["type": "number"], "top_p": ["type": "number"],
            "top_logprobs": ["type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.topLogprobsMax)],
            "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": object],
            "tool_choice": ["oneOf": [["enum": ["auto", "none", "required"]], object]],
            "parallel_tool_calls": ["type": "boolean", "default": true],
            "text": ["type": "object", "properties": ["format": object]],
            "reasoning": ["type": "object", "properties": ["effort": text]], "metadata": object,
            "include": ["type": "array", "items": text],
            "store": ["type": "boolean", "description": "Ignored: nothing is kept."],
        ],
    ]
}
