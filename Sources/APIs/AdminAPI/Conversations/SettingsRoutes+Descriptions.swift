import HTTPServing
import JSONText

extension SettingsRoutes {
    enum Permission: String {
        case read = "settings.read"
        case write = "settings.use"
    }

    private static let settingsBody: JSONValue = [
        "type": "object",
        "properties": [
            "settings": [
                "type": "object",
                "description":
                    "Any members, 64 KiB in all. The server reads context (a policy), titles (whether models name conversations) and profile.",
            ],
            "revision": ["type": "integer", "minimum": 0], "updated_at": ["type": ["string", "null"]],
        ],
    ]
    private static let profileBody: JSONValue = [
        "type": "object",
        "properties": [
            "id": ["type": "string"], "name": ["type": "string", "maxLength": 256],
            "parameters": ["type": "object", "description": "Members of a chat request."],
            "system": ["type": ["string", "null"]], "preset": ["type": ["string", "null"]],
            "revision": ["type": "integer"],
        ],
    ]

    private static let settings = ModelShapes.object([
        "settings": ["type": "object", "description": "As they were sent."], "revision": ModelShapes.natural,
        "updated_at": ModelShapes.momentOrNull,
    ])
    static let profile = ModelShapes.object([
        "id": ModelShapes.text, "name": ModelShapes.text,
        "parameters": ["type": "object", "description": "Members of a chat request."],
        "system": ModelShapes.textOrNull, "preset": ModelShapes.textOrNull, "revision": ModelShapes.whole,
        "created_at": ModelShapes.moment, "updated_at": ModelShapes.moment,
    ])

    private static func reading(_ operation: String, _ summary: String, _ answer: JSONValue) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["settings"], responses: [.init(.ok, nil, .json(answer))],
            permission: Permission.read.rawValue)
    }

    private static func writing(
        _ operation: String, _ summary: String, _ body: JSONValue, _ status: HTTPStatus = .ok, answer: JSONValue
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["settings"], requestBodies: [.json(body)],
            responses: [.init(status, nil, .json(answer)), .init(.badRequest), .init(.notFound), .init(.conflict)],
            permission: Permission.write.rawValue)
    }

    static func one(_ operation: String, _ summary: String, _ permission: Permission, answer: JSONValue)
        -> RouteDescription
    {
        RouteDescription(
            operation: operation, summary: summary, tags: ["settings"],
            responses: [.init(.ok, nil, .json(answer)), .init(.notFound)], permission: permission.rawValue)
    }

    static let showing = reading("showSettings", "Your settings, the same on all devices.", settings)
    static let putting = writing(
        "replaceSettings", "Replace your settings; refused with 409 when they are of another revision now.",
        settingsBody,
        answer: settings)
    static let patching = writing(
        "changeSettings", "Merge a patch into your settings (RFC 7396); null removes a member.", settingsBody,
        answer: settings)
    static let listing = reading(
        "listProfiles", "Your profiles, by name.",
        ModelShapes.object(["profiles": ModelShapes.list(of: profile)]))
    static let adding = writing("addProfile", "A new profile.", profileBody, .created, answer: profile)
    static let changing = writing("changeProfile", "Change what is named.", profileBody, answer: profile)
}
