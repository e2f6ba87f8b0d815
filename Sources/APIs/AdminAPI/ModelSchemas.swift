import HTTPServing
import JSONText
import ModelCatalog

/// What the API's document says about `/api/v1/models`.
enum ModelSchemas {
    private static let model = RouteDescription.Parameter(
        "model", in: .path, summary: "The model's name; slashes in it escaped as %2F.")

    private static func query(_ name: String, _ summary: String, _ schema: JSONValue) -> RouteDescription.Parameter {
        .init(name, in: .query, summary: summary, schema: schema)
    }

    private static func oneOf(_ names: [String]) -> JSONValue { ModelShapes.oneOf(names) }

    private static func count(max: Int) -> JSONValue {
        ["type": "integer", "minimum": 1, "maximum": .whole(max), "default": 100]
    }

    static let list = RouteDescription(
        operation: "listCatalogModels", summary: "The models of this machine, whether they serve or not.",
        tags: ["models"],
        parameters: [
            query("search", "Part of the name, title or architecture, in any case.", ["type": "string"]),
            query("state", "Only those in this state.", oneOf(Set(ModelState.all.map(\.name)).sorted())),
            query("format", "Only those of this format.", oneOf(["gguf", "onnx", "remote", "safetensors"])),
            query("origin", "Only those that came this way.", oneOf(ModelOrigin.kinds)),
            query("tag", "Only those that people gave this tag.", ["type": "string"]),
            query(
                "sort", "By what; with a dash before it, the other way round.",
                oneOf(CatalogQuery.Order.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] })),
            query("limit", "How many at most.", count(max: CatalogQuery.limitMax)),
            query("offset", "How many to leave out first.", ["type": "integer", "minimum": 0, "default": 0]),
        ],
        responses: [.init(.ok, nil, .json(ModelShapes.modelList)), .init(.badRequest)], permission: "models.read")

    static let show = RouteDescription(
        operation: "getCatalogModel",
        summary: "One model: metadata, files and whether they are as they were, texts, usage.",
        tags: ["models"], parameters: [model],
        responses: [.init(.ok, nil, .json(ModelShapes.wholeModel)), .init(.notFound)], permission: "models.read")

    static let describe = RouteDescription(
        operation: "describeCatalogModel", summary: "Set rating (1 to 5), notes and tags; null takes one away.",
        tags: ["models"], parameters: [model],
        requestBodies: [
            .json([
                "type": "object", "additionalProperties": false,
                "properties": [
                    "rating": ["type": ["integer", "null"], "minimum": 1, "maximum": 5],
                    "notes": ["type": ["string", "null"]],
                    "tags": ["type": ["array", "null"], "items": ["type": "string"]],
                ],
            ])
        ],
        responses: [.init(.ok, nil, .json(ModelShapes.model)), .init(.badRequest), .init(.notFound)],
        permission: "models.write")

    static let delete = RouteDescription(
        operation: "deleteCatalogModel",
        summary: "Take a model out of the catalogue, with the files that were made for it.",
        tags: ["models"],
        parameters: [
            model,
            query("force", "Stop those who use it first.", ["type": "boolean", "default": false]),
            query("files", "Remove its files also where they were only found.", ["type": "boolean", "default": false]),
        ],
        responses: [.init(.ok, nil, .json(ModelShapes.deletion)), .init(.notFound), .init(.conflict)],
        permission: "models.write")

    static let check = RouteDescription(
        operation: "checkCatalogModel", summary: "See whether a model's files are what they were.", tags: ["models"],
        parameters: [
            model, query("digests", "Read them and compute SHA-256.", ["type": "boolean", "default": false]),
        ],
        responses: [.init(.ok, nil, .json(ModelShapes.check)), .init(.notFound)], permission: "models.write")

    static let `import` = RouteDescription(
        operation: "importModels",
        summary: "Find models in a folder, an Ollama store or a llama-swap file. Nothing is copied.", tags: ["models"],
        requestBodies: [
            .json([
                "type": "object", "required": ["path"],
                "properties": [
                    "path": ["type": "string"],
                    "kind": ["type": "string", "enum": ["folder", "ollama", "llama_swap"]],
                    "name": ["type": "string"],
                    "made": [
                        "type": "object", "required": ["how"],
                        "properties": ["from": ["type": "string"], "how": ["type": "string"]],
                    ],
                ],
            ])
        ],
        responses: [.init(.ok, nil, .json(ModelShapes.importReport)), .init(.badRequest), .init(.tooManyRequests)],
        permission: "models.write")

    static let allEvents = RouteDescription(
        operation: "listModelEvents",
        summary: "What happened to models, newest first; as it happens for those who accept text/event-stream.",
        tags: ["models"],
        parameters: eventParameters, responses: [.init(.ok, nil, .json(ModelShapes.events), .events)],
        permission: "models.read")

    static let events = RouteDescription(
        operation: "listEventsOfModel", summary: "What happened to one model, newest first; also when it is gone.",
        tags: ["models"], parameters: [model] + eventParameters,
        responses: [.init(.ok, nil, .json(ModelShapes.events), .events)], permission: "models.read")

    private static let eventParameters = [
        query("limit", "How many at most.", count(max: CatalogEventQuery.limitMax)),
        query("before", "Only those with a smaller number.", ["type": "integer", "minimum": 0]),
        query("after", "Only those with a larger number, oldest first.", ["type": "integer", "minimum": 0]),
    ]

    static let usage = RouteDescription(
        operation: "listModelUsage", summary: "Requests and tokens by model, the last used first.", tags: ["models"],
        parameters: [query("limit", "How many at most.", count(max: 1_000))],
        responses: [.init(.ok, nil, .json(ModelShapes.usage))], permission: "models.read")
}
