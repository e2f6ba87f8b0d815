public import Access
public import HTTPServing
import JSONText
import Vocabulary

/// `/api/v1/users`: people, for administrators.
public struct UserRoutes: Sendable {
    private let accounts: Accounts

    public init(_ accounts: Accounts) { self.accounts = accounts }

    private static let path = "/api/v1/users"
    private static let one = path + "/{user}"
    private static let bodyBytesMax = 64 << 10

    public var routes: [Route] {
        [
            Route(.get, Self.path, Self.list) { _ in
                .json(["users": .array(accounts.users().map(json))])
            },
            Route(.post, Self.path, Self.create, bodyBytesMax: Self.bodyBytesMax) { request in
                let user = try await accounts.createUser(try await Self.order(request), by: request.caller)
                return .json(json(user), status: .created)
            },
            Route(.get, Self.one, Self.show) { request in .json(json(try user(request))) },
            Route(.patch, Self.one, Self.edit, bodyBytesMax: Self.bodyBytesMax) { request in
                let user = try user(request)
                return .json(
                    json(try await accounts.editUser(user.id, try await Self.edit(request), by: request.caller)))
            },
            Route(.delete, Self.one, Self.remove) { request in
                let user = try user(request)
                try await accounts.removeUser(user.id, by: request.caller)
                return .json(["id": .string(user.id.text), "deleted": true])
            },
            Route(.put, Self.one + "/password", Self.password, bodyBytesMax: Self.bodyBytesMax) { request in
                let user = try user(request)
                let password = try await request.read(["password"]) { body throws(JSONFieldError) in
                    try body.optional("password")?.password()
                }
                try await accounts.setPassword(of: user.id, password, by: request.caller)
                return .json(json(try accounts.user(user.id.text)))
            },
            Route(.delete, Self.one + "/totp", Self.removeTOTP) { request in
                let user = try user(request)
                try await accounts.removeSecondFactor(of: user.id, by: request.caller)
                return .json(json(try accounts.user(user.id.text)))
            },
            Route(.get, Self.one + "/sessions", Self.sessions) { request in
                let sessions = accounts.sessions(of: try user(request).id)
                return .json(["sessions": .array(sessions.map { $0.json(isCurrent: false) })])
            },
            Route(.delete, Self.one + "/sessions", Self.endSessions) { request in
                let count = try await accounts.endSessions(of: try user(request).id, by: request.caller)
                return .json(["ended": .whole(count)])
            },
        ]
    }

    private func user(_ request: HTTPRequest) throws -> User { try accounts.user(request.parameters.string("user")) }

    private func json(_ user: User) -> JSONValue {
        user.json(teams: accounts.teams(of: user.id), weight: accounts.weight(of: user))
    }

    private static func order(_ request: HTTPRequest) async throws -> UserOrder {
        try await request.read([
            "name", "display_name", "email", "role", "tenant", "password", "models", "priority_max", "weight",
        ]) { body throws(JSONFieldError) in
            UserOrder(
                name: try body.required("name").shortText(),
                displayName: try body.optional("display_name")?.shortText(),
                email: try body.optional("email")?.shortText(), role: try body.optional("role")?.choice() ?? .user,
                tenant: try body.optional("tenant").map { field throws(JSONFieldError) in
                    TenantID(try field.shortText())
                }, password: try body.optional("password")?.password(), models: try body.optional("models")?.names(),
                priorityMax: try body.optional("priority_max")?.choice(), weight: try body.optional("weight")?.weight())
        }
    }

    private static func edit(_ request: HTTPRequest) async throws -> UserEdit {
        try await request.read([
            "display_name", "email", "role", "tenant", "disabled", "models", "priority_max", "weight",
        ]) { body throws(JSONFieldError) in
            var edit = UserEdit()
            edit.displayName = try body.optional("display_name")?.shortText()
            if body.isNull("email") { edit.email = .some(nil) }
            if let email = try body.optional("email") { edit.email = .some(try email.shortText()) }
            edit.role = try body.optional("role")?.choice()
            if let tenant = try body.optional("tenant") { edit.tenant = TenantID(try tenant.shortText()) }
            edit.isDisabled = try body.optional("disabled")?.bool()
            if body.isNull("models") { edit.models = .some(nil) }
            if let models = try body.optional("models") { edit.models = .some(try models.names()) }
            edit.priorityMax = try body.optional("priority_max")?.choice()
            edit.weight = try body.changedWeight()
            return edit
        }
    }
}

// MARK: Descriptions

extension UserRoutes {
    private static let members: JSONObject = [
        "display_name": AccessSchemas.text, "email": AccessSchemas.optionalText, "role": AccessSchemas.role,
        "tenant": AccessSchemas.text, "models": AccessSchemas.optionalTexts, "priority_max": AccessSchemas.priority,
        "weight": AccessSchemas.weight,
    ]

    private static func describe(
        _ operation: String, _ summary: String, isChange: Bool = true, names: Bool = true, body: JSONValue? = nil,
        answer: JSONValue = AccessSchemas.user, status: HTTPStatus = .ok
    ) -> RouteDescription {
        AccessSchemas.route(
            operation, summary, permission: isChange ? "users.write" : "users.read", tag: "users",
            parameters: names ? [.init("user", in: .path, summary: "Id, name or e-mail address.")] : [], body: body,
            answer: answer, status: status)
    }

    private static let list = describe(
        "listUsers", "All users, by name.", isChange: false, names: false,
        answer: AccessSchemas.list("users", AccessSchemas.user))

    private static let create: RouteDescription = {
        var properties = members
        properties["name"] = AccessSchemas.text
        properties["password"] = AccessSchemas.password
        var description = describe(
            "createUser", "Makes a user. The first one is an administrator, and switches sign-in on.", names: false,
            body: AccessSchemas.object(properties, required: ["name"]), status: .created)
        description.responses.append(.init(.conflict))
        return description
    }()

    private static let show = describe("getUser", "One user.", isChange: false)

    private static let edit: RouteDescription = {
        var properties = members
        properties["disabled"] = AccessSchemas.flag
        var description = describe(
            "editUser", "Changes a user; what is not named stays, `null` takes away.",
            body: AccessSchemas.object(properties))
        description.responses.append(.init(.conflict))
        return description
    }()

    private static let remove = describe(
        "deleteUser", "Removes a user with keys and sessions.", answer: ModelShapes.removal)
    private static let password = describe(
        "setPassword", "Sets a user's password, or takes it away with `null`; their sessions end.",
        body: AccessSchemas.object(["password": ["type": ["string", "null"], "maxLength": 1_024]]))
    private static let removeTOTP = describe("removeUserTOTP", "Takes a user's second factor away.")
    private static let sessions = describe(
        "listUserSessions", "A user's sessions.", isChange: false,
        answer: AccessSchemas.list("sessions", AccessSchemas.session))
    private static let endSessions = describe(
        "endUserSessions", "Ends all sessions of a user at once.",
        answer: AccessSchemas.object(["ended": ["type": "integer"]]))
}
