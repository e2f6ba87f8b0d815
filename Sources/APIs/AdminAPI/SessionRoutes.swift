public import Access
public import HTTPServing
import JSONText
public import RequestScope
import Telemetry
import Vocabulary

/// `/api/v1/session`: signing in and out, who one is, one's password, and one's sessions.
public struct SessionRoutes: Sendable {
    private let accounts: Accounts
    private let mode: AccessModeSource
    private let cookie: SessionCookie
    private let lifetime: Duration
    private let providers: ProviderSignOut

    /// - Parameters:
    ///   - accounts: who there is.
    ///   - mode: whether callers must sign in.
    ///   - cookie: where browsers keep their session.
    ///   - lifetime: of a session.
    ///   - providers: where people sign out who signed in elsewhere.
    public init(
        _ accounts: Accounts, mode: @escaping AccessModeSource, cookie: SessionCookie, lifetime: Duration,
        providers: ProviderSignOut
    ) {
        self.accounts = accounts
        self.mode = mode
        self.cookie = cookie
        self.lifetime = lifetime
        self.providers = providers
    }

    private static let path = "/api/v1/session"
    /// Bytes of a body of these routes.
    private static let bodyBytesMax = 16 << 10

    public var routes: [Route] {
        [
            Route(.get, Self.path, Self.show) { _ in .json(status) },
            Route(.post, Self.path, Self.start, bodyBytesMax: Self.bodyBytesMax) { try await signIn($0) },
            Route(.delete, Self.path, Self.end) { try await signOut($0) },
            Route(.put, Self.path + "/password", Self.changePassword, bodyBytesMax: Self.bodyBytesMax) { request in
                try await changePassword(request)
            },
            Route(.post, Self.path + "/setup", Self.setUp, bodyBytesMax: Self.bodyBytesMax) { try await setUp($0) },
            Route(.get, "/api/v1/sessions", Self.list) { request in
                let current = request.caller.origin
                let sessions = accounts.sessions(of: request.caller.user)
                return .json([
                    "sessions": .array(sessions.map { $0.json(isCurrent: current == .session($0.id)) })
                ])
            },
            Route(.delete, "/api/v1/sessions/{session}", Self.endOne) { request in
                let id = request.parameters.string("session")
                try await accounts.endSession(id, by: request.caller)
                return .json(["id": .string(id), "deleted": true])
            },
            Route(.delete, "/api/v1/sessions", Self.endOthers) { request in
                var kept: String?
                if case .session(let id) = request.caller.origin { kept = id }
                let count = try await accounts.endSessions(
                    of: request.caller.user, keeping: kept, by: request.caller)
                return .json(["ended": .whole(count)])
            },
        ]
    }

    /// Whether one must sign in, and who one is.
    private var status: JSONValue {
        let caller = Principal.current ?? .open
        return [
            "mode": .string(mode().rawValue), "user": caller.origin == .anonymous ? .null : caller.json,
            "needs_setup": .bool(!accounts.index.hasAdministrator),
        ]
    }

    private func signIn(_ request: HTTPRequest) async throws -> HTTPResponse {
        let client = request.trace
        let attempt = try await request.read(["name", "password", "code"]) { body throws(JSONFieldError) in
            SignInAttempt(
                name: try body.required("name").shortText(), password: try body.required("password").password(),
                code: try body.optional("code")?.keptText(bytesIn: 0...64), client: client)
        }
        let started = try await accounts.signIn(attempt)
        // The session of before, if there was one, ends: nobody goes on with an id that somebody else may have planted.
        if case .session(let id) = request.caller.origin { try await accounts.endSession(id, by: request.caller) }
        return answer(started)
    }

    private func answer(_ started: StartedSession) -> HTTPResponse {
        let caller = accounts.principal(of: started.session.user, origin: .session(started.session.id))
        return .json(
            ["mode": .string(mode().rawValue), "user": caller?.json ?? .null], status: .created,
            headers: [
                "Set-Cookie": cookie.header(started.token, lifetime: lifetime), "Cache-Control": "no-store",
            ])
    }

    private func signOut(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard case .session(let id) = request.caller.origin else {
            throw ServiceError(
                .conflict, "This request has no session to end.", hint: "Keys are revoked: DELETE /api/v1/keys/ID.")
        }
        let session = accounts.session(of: request.caller)
        // It counts no more from here on, whatever the provider says.
        try await accounts.endSession(id, by: request.caller)
        var answer: JSONObject = ["id": .string(id), "deleted": true]
        answer["sign_out_url"] = await providers.location(after: session).map(JSONValue.string)
        return .json(
            .object(answer),
            headers: ["Set-Cookie": cookie.removal, "Cache-Control": "no-store"])
    }

    private func changePassword(_ request: HTTPRequest) async throws -> HTTPResponse {
        try request.requireSession()
        let (current, new) = try await request.read(["current_password", "password"]) { body throws(JSONFieldError) in
            (try body.required("current_password").password(), try body.required("password").password())
        }
        try await accounts.changePassword(of: request.caller, current: current, new: new, client: request.trace)
        return .json(["changed": true])
    }

    private func setUp(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (token, order) = try await request.read(["token", "name", "display_name", "password"]) {
            body throws(JSONFieldError) in
            (
                try body.required("token").shortText(),
                UserOrder(
                    name: try body.required("name").shortText(),
                    displayName: try body.optional("display_name")?.shortText(), role: .admin,
                    password: try body.required("password").password())
            )
        }
        return answer(try await accounts.acceptInvitation(token, order, client: request.trace))
    }
}

extension HTTPRequest {
    /// Refuses keys and tokens where only the person may act: a key that leaked must not change who its owner is.
    func requireSession() throws(ServiceError) {
        if case .session = caller.origin { return }
        throw ServiceError(.forbidden, "Only who has signed in may do this, not a key.", hint: "Sign in.")
    }
}

// MARK: Descriptions

extension SessionRoutes {
    private static let status = ModelShapes.object(
        [
            "mode": ["enum": .array(AccessMode.allCases.map { .string($0.rawValue) })],
            "user": ModelShapes.orNull(AccessSchemas.principal), "needs_setup": AccessSchemas.flag,
        ], optional: ["needs_setup"])

    private static func describe(
        _ operation: String, _ summary: String, permission: String? = "session.use",
        parameters: [RouteDescription.Parameter] = [], body: JSONValue? = nil, answer: JSONValue,
        status: HTTPStatus = .ok
    ) -> RouteDescription {
        AccessSchemas.route(
            operation, summary, permission: permission, tag: "session", parameters: parameters, body: body,
            answer: answer, status: status)
    }

    private static let show = describe(
        "getSession", "Whether callers must sign in, and who this one is.", permission: nil, answer: status)

    private static let start: RouteDescription = {
        var description = describe(
            "signIn", "Signs in: the answer sets the cookie of a new session.", permission: nil,
            body: AccessSchemas.object(
                [
                    "name": AccessSchemas.text, "password": AccessSchemas.password,
                    "code": ["type": "string", "description": "Of the second factor, or a recovery code."],
                ], required: ["name", "password"]), answer: status, status: .created)
        description.responses += [.init(.unauthorized), .init(.tooManyRequests)]
        return description
    }()

    private static let end = describe(
        "signOut", "Ends this session at once.",
        answer: ModelShapes.object(
            [
                "id": AccessSchemas.text, "deleted": AccessSchemas.flag,
                "sign_out_url": [
                    "type": "string",
                    "description": "Where the browser goes to sign out at the provider that it came from, too.",
                ],
            ], optional: ["sign_out_url"]))

    private static let changePassword = describe(
        "changePassword", "Changes one's own password; all other sessions end.",
        body: AccessSchemas.object(
            ["current_password": AccessSchemas.password, "password": AccessSchemas.password],
            required: ["current_password", "password"]),
        answer: ModelShapes.object(["changed": AccessSchemas.flag]))

    private static let setUp: RouteDescription = {
        var description = describe(
            "setUpServer", "Makes the first administrator, with the one-time link that the server printed.",
            permission: nil,
            body: AccessSchemas.object(
                [
                    "token": AccessSchemas.text, "name": AccessSchemas.text, "display_name": AccessSchemas.text,
                    "password": AccessSchemas.password,
                ], required: ["token", "name", "password"]), answer: status, status: .created)
        description.responses += [.init(.unauthorized), .init(.conflict), .init(.tooManyRequests)]
        return description
    }()

    private static let list = describe(
        "listSessions", "One's own sessions.", answer: AccessSchemas.list("sessions", AccessSchemas.session))

    private static let endOne = describe(
        "endSession", "Ends one of one's sessions at once; administrators end anybody's.",
        parameters: [.init("session", in: .path, summary: "The session's id.")], answer: ModelShapes.removal)

    private static let endOthers = describe(
        "endOtherSessions", "Ends all of one's sessions but this one.",
        answer: ModelShapes.object(["ended": ModelShapes.natural]))
}
