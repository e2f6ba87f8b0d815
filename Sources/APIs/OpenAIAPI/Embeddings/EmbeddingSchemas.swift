import HTTPServing
import JSONText

/// What an API document says about these endpoints.
enum EmbeddingSchemas {
    static let embeddings = RouteDescription(
        operation: "createEmbedding", summary: "The vectors of texts.", tags: ["openai"],
        requestBodies: [
            .json(
                object(
                    [
                        "model": text,
                        "input": inputs,
                        "encoding_format": ["enum": ["float", "base64"], "default": "float"],
                        "dimensions": ["type": "integer", "minimum": 1],
                        "embd_normalize": ["type": "integer", "minimum": -1, "maximum": 100],
                        "truncate": ["type": "boolean", "default": false],
                    ], required: ["input"]))
        ],
        responses: [
            .init(
                .ok, nil,
                .json(
                    object(
                        [
                            "object": ["const": "list"], "data": ["type": "array", "items": ["type": "object"]],
                            "model": text, "usage": ["type": "object"],
                        ], required: ["object", "data", "model", "usage"]))), .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
        ], permission: "chat.use")

    static let rerank = RouteDescription(
        operation: "rerank", summary: "How well documents answer a query, the best first.", tags: ["openai"],
        requestBodies: [
            .json(
                object(
                    [
                        "model": text, "query": text,
                        "documents": [
                            "type": "array", "minItems": 1, "maxItems": .whole(InputFields.inputsMax),
                            "items": ["oneOf": [text, object(["text": text], required: ["text"])]],
                        ], "top_n": ["type": "integer", "minimum": 1],
                        "return_documents": ["type": "boolean", "default": false],
                        "max_tokens_per_doc": ["type": "integer", "minimum": 1],
                        "truncate": ["type": "boolean", "default": false],
                    ], required: ["query", "documents"]))
        ],
        responses: [
            .init(
                .ok, nil,
                .json(
                    object(
                        [
                            "object": ["const": "list"], "results": ["type": "array", "items": ["type": "object"]],
                            "model": text, "usage": ["type": "object"],
                        ], required: ["object", "results", "model", "usage"]))),
            .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
        ], permission: "chat.use")

    static let classify = RouteDescription(
        operation: "classify", summary: "Which label of the model fits each text, and how likely.", tags: ["openai"],
        requestBodies: [
            .json(
                object(
                    [
                        "model": text, "input": inputs, "use_activation": ["type": "boolean", "default": true],
                        "truncate": ["type": "boolean", "default": false],
                    ], required: ["input"]))
        ],
        responses: [
            .init(
                .ok, nil,
                .json(
                    object(
                        [
                            "id": text, "object": ["const": "list"], "created": ["type": "integer"], "model": text,
                            "labels": ["type": "array", "items": text],
                            "data": [
                                "type": "array",
                                "items": object(
                                    [
                                        "index": ["type": "integer"], "label": text, "num_classes": ["type": "integer"],
                                        "probs": ["type": "array", "items": ["type": "number"]],
                                    ], required: ["index", "label", "probs", "num_classes"]),
                            ], "usage": ["type": "object"],
                        ], required: ["id", "object", "created", "model", "labels", "data", "usage"]))),
            .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
            .init(.notImplemented, "The model has no labels."),
        ], permission: "chat.use")

    private static let inputs: JSONValue = [
        "oneOf": [
            text, tokens,
            [
                "type": "array", "maxItems": .whole(InputFields.inputsMax), "items": ["oneOf": [text, tokens]],
            ],
        ]
    ]
    private static let text: JSONValue = ["type": "string"]
    private static let tokens: JSONValue = [
        "type": "array", "minItems": 1, "items": ["type": "integer", "minimum": 0],
    ]

    private static func object(_ properties: JSONObject, required: [JSONValue]) -> JSONValue {
        ["type": "object", "required": .array(required), "properties": .object(properties)]
    }
}
