import Conversations
import HTTPServing
import JSONText
import OpenAIAPI
import RequestScope

/// What the API's document says about these endpoints.
enum ResponsesSchemas: SchemaWriting {
    /// - Parameter isStoring: whether responses are kept.
    /// - Returns: the description.
    static func create(isStoring: Bool) -> RouteDescription {
        RouteDescription(
            operation: "createResponse",
            summary: "Answer a conversation with items, whole or as a stream of typed events.",
            tags: ["openai"], requestBodies: [.json(isStoring ? storingRequest : request)],
            responses: [RouteDescription.Response(.ok, nil, .json(ResponseShapes.response), .events)] + refusals,
            permission: "chat.use")
    }

    static let count = RouteDescription(
        operation: "countResponseInputTokens", summary: "How many tokens the prompt of a response has.",
        tags: ["openai"], requestBodies: [.json(request)],
        responses: [
            RouteDescription.Response(.ok, nil, .json(ResponseShapes.tokenCount))
        ] + refusals, permission: "chat.use")

    static let get = RouteDescription(
        operation: "getResponse", summary: "Nothing: this server keeps no responses.", tags: ["openai"],
        parameters: [.init("id", in: .path, summary: "A response's id.")],
        responses: [.init(.notFound, nil, .json(error))], permission: "chat.use")

    static let getStored = stored(
        "getResponse", ResponseShapes.response,
        "A response that is kept; of one that is written in the background, also its events.",
        [
            .init("stream", in: .query, summary: "Whether to get the events.", schema: ["type": "boolean"]),
            .init(
                "starting_after", in: .query, summary: "The number of the event to go on after.",
                schema: ["type": "integer", "minimum": 0]),
        ])
    static let delete = stored("deleteResponse", ResponseShapes.deletedResponse, "Forget a response.")
    static let cancel = stored(
        "cancelResponse", ResponseShapes.response, "End a response that is written in the background.")
    static let inputItems = stored(
        "listResponseInputItems", ResponseShapes.items, "The items of a response's own request.", page)

    /// Of lists of items.
    static let page: [RouteDescription.Parameter] = [
        .init(
            "limit", in: .query, summary: "How many at most.",
            schema: ["type": "integer", "minimum": 1, "maximum": .whole(ItemPage.countMaxMax), "default": 20]),
        .init("order", in: .query, summary: "asc or desc.", schema: ["enum": ["asc", "desc"], "default": "desc"]),
        .init("after", in: .query, summary: "The item after which to begin."),
    ]

    private static func stored(
        _ operation: String, _ answer: JSONValue, _ summary: String, _ parameters: [RouteDescription.Parameter] = []
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["openai"],
            parameters: [.init("id", in: .path, summary: "A response's id.")] + parameters,
            responses: [.init(.ok, nil, .json(answer)), .init(.notFound, nil, .json(error))], permission: "chat.use")
    }

    private static let refusals: [RouteDescription.Response] = [
        .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
        .init(.contentTooLarge, nil, .json(error)), .init(.tooManyRequests, nil, .json(error)),
        .init(.serviceUnavailable, nil, .json(error)),
    ]

    static let error = WireError.schema

    private static let storingRequest: JSONValue = {
        var whole = request.object ?? [:]
        var properties = whole["properties"]?.object ?? [:]
        properties["store"] = ["type": "boolean", "default": true]
        properties["background"] = ["type": "boolean", "default": false]
        properties["previous_response_id"] = ["type": ["string", "null"]]
        properties["conversation"] = [
            "type": ["string", "object", "null"], "properties": ["id": text],
            "description": "Its id, or an object that has it.",
        ]
        whole["properties"] = .object(properties)
        return .object(whole)
    }()

    private static let request: JSONValue = [
        "type": "object", "required": ["input"],
        "properties": [
            "model": text,
            "input": [
                "oneOf": [
                    text,
                    [
                        "type": "array", "minItems": 1, "maxItems": .whole(RequestBounds.messagesMax),
                        "items": ResponseShapes.sent,
                    ],
                ]
            ],
            "instructions": text, "stream": ["type": "boolean", "default": false],
            "max_output_tokens": ["type": "integer", "minimum": 1, "maximum": .whole(RequestBounds.newTokensMax)],
            "temperature": ["type": "number"], "top_p": ["type": "number"],
            "top_logprobs": ["type": "integer", "minimum": 0, "maximum": .whole(RequestBounds.topLogprobsMax)],
            "tools": ["type": "array", "maxItems": .whole(RequestBounds.toolsMax), "items": ResponseShapes.tool],
            "tool_choice": ResponseShapes.toolChoice,
            "parallel_tool_calls": ["type": "boolean", "default": true],
            "text": ["type": "object", "properties": ["format": ReportShapes.responseFormat]],
            "reasoning": ["type": "object", "properties": ["effort": text]],
            "metadata": anything("Words that the answer repeats."),
            "include": ["type": "array", "items": text],
            "store": ["type": "boolean", "description": "Ignored: nothing is kept."],
        ],
    ]
}
