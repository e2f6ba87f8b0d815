import HTTPServing
import JSONText

/// What an API document says about these endpoints.
enum EmbeddingSchemas: SchemaWriting {
    static let embeddings = RouteDescription(
        operation: "createEmbedding", summary: "The vectors of texts.", tags: ["openai"],
        requestBodies: [.json(body(members, required: ["input"]))],
        responses: [
            .init(
                .ok, nil,
                .json(
                    [
                        "description": "A list of vectors; in llama-server's form where `content` was sent.",
                        "anyOf": [
                            object([
                                "object": oneOf(["list"]), "data": list(of: embedding), "model": text, "usage": usage,
                            ]), nativeList,
                        ],
                    ])),
            .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
        ], permission: "chat.use")

    static let rerank = RouteDescription(
        operation: "rerank", summary: "How well documents answer a query, the best first.", tags: ["openai"],
        requestBodies: [
            .json(
                body(
                    [
                        "model": text, "query": text,
                        "documents": [
                            "type": "array", "minItems": 1, "maxItems": .whole(InputFields.inputsMax),
                            "items": ["oneOf": [text, body(["text": text], required: ["text"])]],
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
                    [
                        "description": "A list of results, which stands alone where `texts` were sent.",
                        "anyOf": [
                            object([
                                "object": oneOf(["list"]),
                                "results": list(
                                    of: object(
                                        [
                                            "index": natural, "relevance_score": number,
                                            "document": object(["text": text]),
                                        ], optional: ["document"])), "model": text, "usage": usage,
                            ]),
                            list(of: object(["index": natural, "score": number, "text": text], optional: ["text"])),
                        ],
                    ])),
            .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
        ], permission: "chat.use")

    static let classify = RouteDescription(
        operation: "classify", summary: "Which label of the model fits each text, and how likely.", tags: ["openai"],
        requestBodies: [
            .json(
                body(
                    [
                        "model": text, "input": inputs, "use_activation": ["type": "boolean", "default": true],
                        "truncate": ["type": "boolean", "default": false],
                    ], required: ["input"]))
        ],
        responses: [
            .init(
                .ok, nil,
                .json(
                    object([
                        "id": text, "object": oneOf(["list"]), "created": whole, "model": text,
                        "labels": list(of: text),
                        "data": list(
                            of: object([
                                "index": natural, "label": textOrNull, "num_classes": natural,
                                "probs": list(of: number),
                            ])), "usage": usage,
                    ]))),
            .init(.badRequest, "It cannot be done."),
            .init(.tooManyRequests, "The queue is full."),
            .init(.notImplemented, "The model has no labels."),
        ], permission: "chat.use")

    /// llama-server's own form.
    static let native: RouteDescription = {
        var asked = body(members.merging(["content": inputs])).object ?? JSONObject()
        asked["anyOf"] = [["required": ["input"]], ["required": ["content"]]]
        return RouteDescription(
            requestBodies: [.json(.object(asked))],
            responses: [.init(.ok, nil, .json(nativeList)), .init(.badRequest), .init(.tooManyRequests)])
    }()

    private static let members: JSONObject = [
        "model": text, "input": inputs, "encoding_format": ["enum": ["float", "base64"], "default": "float"],
        "dimensions": ["type": "integer", "minimum": 1], "embd_normalize": count(-1...100),
        "truncate": ["type": "boolean", "default": false],
    ]

    private static let nativeList = list(
        of: object(["index": natural, "embedding": list(of: list(of: number))]))

    private static let embedding = object([
        "object": oneOf(["embedding"]), "index": natural,
        "embedding": [
            "type": ["array", "string"], "items": number,
            "description": "Numbers, or their 32 bits in base 64, little endian.",
        ],
    ])

    /// One input, or a list of them. A list with a number in it is one input.
    private static let inputs: JSONValue = {
        let part = body(["type": ["enum": ["text"]], "text": text], required: ["type", "text"])
        let input: JSONValue = [
            "anyOf": [
                RequestSchemas.pieces, body(["prompt_string": text], required: ["prompt_string"]),
                body(
                    ["content": ["type": "array", "maxItems": .whole(InputFields.partsMax), "items": part]],
                    required: ["content"]),
            ]
        ]
        return [
            "anyOf": [
                input, ["type": "array", "minItems": 1, "maxItems": .whole(InputFields.inputsMax), "items": input],
            ]
        ]
    }()

    private static let usage = object(["prompt_tokens": natural, "total_tokens": natural])
}
