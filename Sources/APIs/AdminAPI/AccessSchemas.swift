import HTTPServing
import JSONText
import Vocabulary

/// Descriptions of routes about access.
enum AccessSchemas {
    static let text: JSONValue = ["type": "string"]
    static let texts: JSONValue = ["type": "array", "items": ["type": "string"], "maxItems": 100]
    static let optionalText: JSONValue = ["type": ["string", "null"]]
    static let optionalTexts: JSONValue = ["type": ["array", "null"], "items": ["type": "string"], "maxItems": 100]
    static let role: JSONValue = ["enum": .array(Role.allCases.map { .string($0.rawValue) })]
    static let priority: JSONValue = ["enum": .array(Priority.allCases.map { .string($0.rawValue) })]
    static let password: JSONValue = ["type": "string", "format": "password", "minLength": 1, "maxLength": 1_024]
    static let weight: JSONValue = [
        "type": ["number", "null"], "minimum": .number(SchedulingOptions.tenantWeights.lowerBound),
        "maximum": .number(SchedulingOptions.tenantWeights.upperBound),
        "description": "Share of what is waited for, relative to others. `null` is what the configuration says, or 1.",
    ]
    static let number: JSONValue = ["type": "number"]
    static let flag: JSONValue = ["type": "boolean"]
    static let seconds: JSONValue = ["type": "number", "description": "Unix time in seconds."]

    static func object(_ properties: JSONObject, required: [String] = []) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    /// An object that holds a list of objects under a name.
    static func list(_ name: String, _ item: JSONValue) -> JSONValue {
        object([name: ["type": "array", "items": item]], required: [name])
    }

    static let user = ModelShapes.object([
        "id": text, "name": text, "display_name": text, "email": optionalText, "role": role, "tenant": text,
        "teams": ModelShapes.list(of: text), "disabled": flag, "models": optionalTexts, "priority_max": priority,
        "weight": number, "has_password": flag, "has_totp": flag, "created_at": seconds,
    ])
    static let key = ModelShapes.object(
        [
            "id": text, "user": text, "name": text, "state": ["enum": ["active", "expired", "revoked"]],
            "scopes": optionalTexts, "models": optionalTexts, "priority_max": optionalText, "created_at": seconds,
            "expires_at": ["type": ["number", "null"]], "revoked_at": ["type": ["number", "null"]],
            "replaced_by": optionalText, "last_used_at": ["type": ["number", "null"]],
            "key": ["type": "string", "description": "The key itself, in the answer that makes it only."],
        ], optional: ["key"])
    static let session = ModelShapes.object([
        "id": text, "user": text, "current": flag, "created_at": seconds, "seen_at": seconds,
        "expires_at": seconds, "address": text, "agent": text,
    ])
    static let team = ModelShapes.object([
        "id": text, "display_name": text, "members": ModelShapes.list(of: text), "created_at": seconds,
    ])
    static let tenant = ModelShapes.object([
        "id": text, "display_name": text, "weight": number, "created_at": seconds,
    ])
    /// What somebody is told of themselves.
    static let principal = ModelShapes.object([
        "id": text, "name": text, "role": role, "tenant": text, "teams": ModelShapes.list(of: text),
        "permissions": ModelShapes.list(of: text), "models": optionalTexts, "user_models": optionalTexts,
        "priority_max": priority,
        "credential": ModelShapes.object(
            ["kind": ModelShapes.oneOf(["none", "local", "session", "key", "token"]), "id": text], optional: ["id"]),
    ])
    static let roleTable = ModelShapes.object([
        "roles": ModelShapes.list(of: ModelShapes.object(["role": role, "models": optionalTexts])),
        "permissions": ModelShapes.list(
            of: ModelShapes.object(["permission": text, "summary": text, "roles": ModelShapes.list(of: role)])),
    ])

    /// A description of one route.
    ///
    /// - Parameters:
    ///   - operation: unique in the API.
    ///   - summary: one sentence.
    ///   - permission: that callers need; `nil` for everybody.
    ///   - tag: of the group.
    ///   - parameters: of path and query.
    ///   - body: a schema of the request's body.
    ///   - answer: a schema of the answer; `nil` where there is none.
    ///   - status: of a good answer.
    /// - Returns: the description, with the errors that every such route has.
    static func route(
        _ operation: String, _ summary: String, permission: String?, tag: String,
        parameters: [RouteDescription.Parameter] = [], body: JSONValue? = nil, answer: JSONValue?,
        status: HTTPStatus = .ok
    ) -> RouteDescription {
        var responses: [RouteDescription.Response] = [
            answer.map { .init(status, nil, .json($0)) } ?? .init(status)
        ]
        if body != nil { responses.append(.init(.badRequest)) }
        if permission != nil { responses += [.init(.unauthorized), .init(.forbidden)] }
        if parameters.contains(where: { $0.place == .path }) { responses.append(.init(.notFound)) }
        return RouteDescription(
            operation: operation, summary: summary, tags: [tag], parameters: parameters,
            requestBodies: body.map { [.json($0)] } ?? [], responses: responses, permission: permission)
    }
}
