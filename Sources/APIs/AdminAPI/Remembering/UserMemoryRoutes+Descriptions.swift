import HTTPServing
import JSONText

extension UserMemoryRoutes {
    enum Permission: String {
        case read = "memory.read"
        case write = "memory.write"
    }

    private static let words: JSONObject = [
        "text": ["type": "string", "maxLength": 1000],
        "kind": ["type": "string", "enum": ["preference", "fact", "profile"]],
        "subject": ["type": ["string", "null"], "maxLength": 200],
        "predicate": ["type": ["string", "null"], "maxLength": 200],
        "object": ["type": ["string", "null"], "maxLength": 200],
        "confidence": ["type": "number", "minimum": 0, "maximum": 1], "pinned": ["type": "boolean"],
        "context": ["type": ["string", "null"]],
    ]

    private static func fields(_ more: JSONObject, required: [JSONValue] = []) -> JSONValue {
        var properties = words
        for member in more { properties[member.key] = member.value }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    private static let spaceFields: JSONObject = [
        "name": ["type": "string", "maxLength": 256],
        "tags": ["type": "array", "items": ["type": "string"], "maxItems": 32],
        "data": ["type": "object", "description": "Whatever you keep with it: 256 KiB."],
        "instructions": ["type": "string", "description": "What models are told before every conversation in it."],
        "model": ["type": ["string", "null"]], "memory": ["type": ["string", "null"], "enum": ["on", "off", .null]],
        "revision": ["type": "integer"],
    ]
    private static let space: JSONValue = ["type": "object", "properties": .object(spaceFields)]

    static func one(
        _ operation: String, _ summary: String, _ permission: Permission = .read, answer: JSONValue
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["memory"],
            responses: [.init(.ok, nil, .json(answer)), .init(.notFound)], permission: permission.rawValue)
    }

    private static func writing(
        _ operation: String, _ summary: String, _ body: JSONValue, _ status: HTTPStatus, _ answer: JSONValue,
        or others: [RouteDescription.Response] = []
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["memory"], requestBodies: [.json(body)],
            responses: [.init(status, nil, .json(answer))] + others + [
                .init(.badRequest), .init(.notFound), .init(.conflict),
            ],
            permission: Permission.write.rawValue)
    }

    private static let context = RouteDescription.Parameter(
        "context", in: .query, summary: "Only of this context; none for what belongs to none.")
    private static let limit = RouteDescription.Parameter(
        "limit", in: .query, summary: "How many at most.",
        schema: ["type": "integer", "minimum": 1, "maximum": 500, "default": 100])

    static let listing = RouteDescription(
        operation: "listMemories", summary: "What is remembered of you: newest first, or with q best first.",
        tags: ["memory"],
        parameters: [
            .init(
                "state", in: .query, summary: "What is true now, what was, or both.",
                schema: ["type": "string", "enum": ["valid", "past", "all"], "default": "valid"]),
            .init("kind", in: .query, summary: "Only of this kind."), context,
            .init("subject", in: .query, summary: "Only what is said of this."),
            .init("q", in: .query, summary: "What to look for."),
            .init(
                "mode", in: .query, summary: "By words, by meaning, or both.",
                schema: ["type": "string", "enum": ["text", "semantic", "hybrid"], "default": "hybrid"]),
            .init(
                "before_us", in: .query, summary: "For the next page: created_us of the last one.",
                schema: ["type": "integer"]), limit,
        ],
        responses: [
            .init(.ok, nil, .json(UserMemoryShapes.list)),
            .init(.badRequest),
        ], permission: Permission.read.rawValue)

    static let remembering = writing(
        "remember", "Remember something. What it contradicts is no longer true from now on.",
        fields(
            [
                "conversation": ["type": "string"], "message": ["type": "string"],
                "replaces": ["type": "string", "description": "The memory whose place it takes."],
            ], required: ["text"]), .created, UserMemoryShapes.remembered,
        or: [.init(.ok, "It was remembered already.", .json(UserMemoryShapes.remembered))])

    static let changing = writing(
        "changeMemory", "Change what is named. Other words make another memory, and end the validity of this one.",
        fields([
            "ended": ["type": "boolean", "description": "It is no longer true."], "revision": ["type": "integer"],
        ]), .ok, UserMemoryShapes.changed,
        or: [.init(.created, "Another memory was made.", .json(UserMemoryShapes.remembered))])

    static let forgetting = RouteDescription(
        operation: "forgetMemories", summary: "Forget all that was learned from a conversation, in a context, or all.",
        tags: ["memory"],
        parameters: [
            .init("conversation", in: .query, summary: "Only what was learned from it."), context,
            .init("all", in: .query, summary: "Everything.", schema: ["type": "boolean"]),
        ],
        responses: [.init(.ok, nil, .json(UserMemoryShapes.forgotten)), .init(.badRequest)],
        permission: Permission.write.rawValue)

    static let graphing = RouteDescription(
        operation: "showMemoryGraph", summary: "What is remembered as a graph: things, and what is said of them.",
        tags: ["memory"],
        parameters: [
            context, .init("past", in: .query, summary: "Also what was true once.", schema: ["type": "boolean"]),
            .init(
                "limit", in: .query, summary: "Edges at most.",
                schema: ["type": "integer", "minimum": 1, "maximum": 500, "default": 500]),
        ],
        responses: [.init(.ok, nil, .json(UserMemoryShapes.graph)), .init(.badRequest)],
        permission: Permission.read.rawValue)

    static let choosing = writing(
        "chooseMemorySettings", "Change what is named.",
        [
            "type": "object",
            "properties": [
                "learn": ["type": "boolean", "description": "A model notes what it learns from your messages."],
                "use": ["type": "boolean", "description": "Answers are told what is remembered."],
                "use_conversations": ["type": "boolean", "description": "Answers are told what was said elsewhere."],
                "model": ["type": ["string", "null"], "description": "Who learns; null is whoever answers."],
                "budget_tokens": ["type": "integer", "minimum": 50, "maximum": 4000],
                "keep_unused_days": ["type": ["integer", "null"], "minimum": 1, "maximum": 3650],
            ],
        ], .ok, UserMemoryShapes.settings)

    static let makingSpace = writing(
        "makeContext", "A new context: a space of its own.",
        ["type": "object", "properties": .object(spaceFields), "required": ["name"]], .created,
        UserMemoryShapes.context)
    static let changingSpace = writing("changeContext", "Change what is named.", space, .ok, UserMemoryShapes.context)

    static let removingSpace = RouteDescription(
        operation: "removeContext", summary: "Remove a context with its memories and documents.", tags: ["memory"],
        parameters: [
            .init(
                "conversations", in: .query, summary: "Whether its conversations leave it or are removed with it.",
                schema: ["type": "string", "enum": ["keep", "remove"], "default": "keep"])
        ],
        responses: [.init(.ok, nil, .json(UserMemoryShapes.removedContext)), .init(.notFound)],
        permission: Permission.write.rawValue)

    static let addingDocument = RouteDescription(
        operation: "addDocument", summary: "Add a file. Plain text and Markdown are read; others are only kept.",
        tags: ["memory"],
        parameters: [.init("name", in: .query, isRequired: true, summary: "The file's name.")],
        requestBodies: [.init("application/octet-stream")],
        responses: [
            .init(.created, nil, .json(UserMemoryShapes.document)), .init(.badRequest), .init(.notFound),
            .init(.conflict),
        ], permission: Permission.write.rawValue)

    static let readingDocument = RouteDescription(
        operation: "readDocument", summary: "A file as it was added.", tags: ["memory"],
        responses: [
            .init(.ok, nil, .init("application/octet-stream", schema: ["type": "string", "format": "binary"])),
            .init(.notFound),
        ],
        permission: Permission.read.rawValue)
}
