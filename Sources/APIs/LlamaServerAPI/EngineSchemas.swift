import HTTPServing
import JSONText

/// What an API document says about these endpoints.
enum EngineSchemas: SchemaWriting {
    static let tokenize = RouteDescription(
        operation: "tokenize", summary: "The tokens of a text.", tags: ["engine"],
        requestBodies: [
            .json(
                body(
                    [
                        "content": [
                            "type": ["string", "array"], "items": ["type": ["string", "integer"]],
                        ], "add_special": ["type": "boolean", "default": false],
                        "parse_special": ["type": "boolean", "default": true],
                        "with_pieces": ["type": "boolean", "default": false],
                    ]))
        ],
        responses: [.init(.ok, nil, .json(EngineShapes.tokens))])

    static let detokenize = RouteDescription(
        operation: "detokenize", summary: "The text of tokens.", tags: ["engine"],
        requestBodies: [
            .json(
                body(
                    ["tokens": ["type": "array", "items": ["type": "integer", "minimum": 0]]]))
        ],
        responses: [.init(.ok, nil, .json(object(["content": text])))])

    static let applyTemplate = RouteDescription(
        operation: "applyTemplate", summary: "The prompt that a chat becomes, without an answer.", tags: ["engine"],
        requestBodies: [.json(body(["messages": list(of: anything("A message of a chat."))], required: ["messages"]))],
        responses: [.init(.ok, nil, .json(object(["prompt": text])))])

    static let props = RouteDescription(
        operation: "getProperties", summary: "What the engine is and does where a request says nothing.",
        tags: ["engine"], responses: [.init(.ok, nil, .json(EngineShapes.properties))])

    static let changeProps = RouteDescription(
        operation: "setProperties", summary: "Change properties, where the engine was started with --props.",
        tags: ["engine"], requestBodies: [.json(anything)],
        responses: [.init(.ok, nil, .json(object(["success": truth])))])

    static let slots = RouteDescription(
        operation: "listSlots", summary: "The sequences that can be written at once, and what each is doing.",
        tags: ["engine"],
        parameters: [
            .init(
                "fail_on_no_slot", in: .query, summary: "Answer with status 503 when none is idle.",
                schema: ["type": "boolean"])
        ],
        responses: [
            .init(.ok, nil, .json(EngineShapes.slots)),
            .init(.serviceUnavailable, "No slot is idle."),
        ])

    static let slotAction = RouteDescription(
        operation: "actOnSlot", summary: "Save what a slot holds to a file, restore it from one, or forget it.",
        tags: ["engine"],
        parameters: [
            .init("id", in: .path, summary: "A slot that GET /slots lists."),
            .init(
                "action", in: .query, summary: "What to do.",
                schema: ["type": "string", "enum": ["save", "restore", "erase"]]),
        ],
        requestBodies: [.json(body(["filename": text]))],
        responses: [
            .init(.ok, nil, .json(EngineShapes.slotAction)),
            .init(.badRequest, "The file is not there, damaged, or another model's; or there is no such slot."),
            .init(.conflict, "The slot holds nothing, or there is no room."),
        ])

    static let cache = RouteDescription(
        operation: "getPrefixCache", summary: "What the prefix cache holds.", tags: ["engine"],
        responses: [
            .init(.ok, nil, .json(EngineShapes.cache))
        ])

    static let invalidate = RouteDescription(
        operation: "deletePrefixCacheNode", summary: "Forget a node of the prefix cache and everything below it.",
        tags: ["engine"], parameters: [.init("node", in: .path, summary: "An id that GET /cache lists.")],
        responses: [
            .init(.ok, nil, .json(object(["node": text, "removed": natural]))),
            .init(.notFound, "There is no such node."), .init(.conflict, "Running requests use it."),
        ])
}
