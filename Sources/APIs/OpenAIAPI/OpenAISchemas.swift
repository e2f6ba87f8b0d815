import HTTPServing
import JSONText

/// What the OpenAPI document says about these endpoints.
enum OpenAISchemas {
    static let chatCompletion = RouteDescription(
        operation: "createChatCompletion", summary: "Answer a chat, whole or as a stream of chunks.", tags: ["openai"],
        requestBodies: [
            .json(object(sampling.merging(["messages": messages, "tools": ["type": "array"]]), required: ["messages"]))
        ],
        responses: answers(.json(["type": "object"]), .events))

    static let completion = RouteDescription(
        operation: "createCompletion", summary: "Continue a text, whole or as a stream of chunks.", tags: ["openai"],
        requestBodies: [
            .json(
                object(
                    sampling.merging([
                        "prompt": [
                            "oneOf": [["type": "string"], ["type": "array", "items": ["type": "integer"]]]
                        ]
                    ]), required: ["prompt"]))
        ],
        responses: answers(.json(["type": "object"]), .events))

    static let listModels = RouteDescription(
        operation: "listModels", summary: "The models that can be asked for.", tags: ["openai"],
        responses: [.init(.ok, nil, .json(["type": "object"]))])

    static let getModel = RouteDescription(
        operation: "getModel", summary: "One model.", tags: ["openai"],
        parameters: [.init("model", in: .path, summary: "The model's name; it may contain slashes.")],
        responses: [.init(.ok, nil, .json(["type": "object"])), .init(.notFound, nil, .json(error))])

    private static let sampling: JSONObject = [
        "model": ["type": "string"], "stream": ["type": "boolean", "default": false],
        "stream_options": ["type": "object", "properties": ["include_usage": ["type": "boolean"]]],
        "max_tokens": ["type": "integer", "minimum": 1, "maximum": .integer(Int64(RequestBounds.newTokensMax))],
        "max_completion_tokens": [
            "type": "integer", "minimum": 1, "maximum": .integer(Int64(RequestBounds.newTokensMax)),
        ],
        "temperature": ["type": "number", "minimum": 0, "maximum": 10],
        "top_p": ["type": "number", "minimum": 0, "maximum": 1], "top_k": ["type": "integer", "minimum": 0],
        "min_p": ["type": "number", "minimum": 0, "maximum": 1], "seed": ["type": "integer"],
        "stop": ["oneOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]]],
    ]

    private static let messages: JSONValue = [
        "type": "array", "minItems": 1,
        "items": [
            "type": "object", "required": ["role"],
            "properties": [
                "role": ["enum": ["system", "developer", "user", "assistant", "tool"]],
                "content": ["oneOf": [["type": "string"], ["type": "array"], ["type": "null"]]],
            ],
        ],
    ]

    private static let error: JSONValue = [
        "type": "object",
        "properties": [
            "error": [
                "type": "object",
                "properties": [
                    "message": ["type": "string"], "type": ["type": "string"], "code": ["type": "string"],
                    "param": ["type": ["string", "null"]], "hint": ["type": ["string", "null"]],
                    "request_id": ["type": ["string", "null"]],
                ],
                "required": ["message", "type", "code"],
            ]
        ],
        "required": ["error"],
    ]

    private static func object(_ properties: JSONObject, required: [JSONValue]) -> JSONValue {
        ["type": "object", "required": .array(required), "properties": .object(properties)]
    }

    private static func answers(_ contents: RouteDescription.Content...) -> [RouteDescription.Response] {
        var answer = RouteDescription.Response(.ok)
        answer.contents = contents
        return [
            answer, .init(.badRequest, nil, .json(error)), .init(.notFound, nil, .json(error)),
            .init(.contentTooLarge, nil, .json(error)), .init(.tooManyRequests, nil, .json(error)),
            .init(.serviceUnavailable, nil, .json(error)),
        ]
    }
}

extension JSONObject {
    fileprivate func merging(_ others: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in others { merged[key] = value }
        return merged
    }
}
