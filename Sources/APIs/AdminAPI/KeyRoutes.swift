public import Access
public import HTTPServing
import JSONText
import Telemetry
import Vocabulary

/// `/api/v1/keys`: one's own API keys; administrators' reach everybody's.
public struct KeyRoutes: Sendable {
    private let accounts: Accounts
    private let now: @Sendable () -> UnixTime

    public init(_ accounts: Accounts) {
        self.accounts = accounts
        now = { accounts.moment }
    }

    private static let path = "/api/v1/keys"
    private static let one = path + "/{key}"
    private static let bodyBytesMax = 64 << 10
    /// How long a rotated key goes on where nothing is said: a day, for who has to bring the new one to many places.
    private static let overlap = 86_400.0

    public var routes: [Route] {
        [
            Route(.get, Self.path, Self.list) { request in
                let now = now()
                let keys = accounts.keys(of: try owner(request, request.query["user"]))
                return .json(["keys": .array(keys.map { .object($0.json(at: now)) })])
            },
            Route(.post, Self.path, Self.create, bodyBytesMax: Self.bodyBytesMax) { request in
                Self.shown(try await accounts.createKey(try await order(request), by: request.caller), now())
            },
            Route(.get, Self.one, Self.show) { request in
                .json(.object(try accounts.key(request.key, for: request.caller).json(at: now())))
            },
            Route(.post, Self.one + "/rotate", Self.rotate, bodyBytesMax: Self.bodyBytesMax) { request in
                let overlap = try await request.read(["overlap_seconds"], mayBeEmpty: true) {
                    body throws(JSONFieldError) in
                    try body.optional("overlap_seconds")?.number(in: 0...31_536_000) ?? Self.overlap
                }
                let made = try await accounts.rotateKey(
                    request.key, overlap: .milliseconds(Int64(overlap * 1_000)), by: request.caller)
                return Self.shown(made, now())
            },
            Route(.delete, Self.one, Self.revoke) { request in
                .json(.object(try await accounts.revokeKey(request.key, by: request.caller).json(at: now())))
            },
        ]
    }

    private static func shown(_ made: MadeKey, _ now: UnixTime) -> HTTPResponse {
        .json(made.json(at: now), status: .created, headers: ["Cache-Control": "no-store"])
    }

    /// Whose keys are meant: the caller's own, or those of a user whom the caller may see; `nil` for everybody's.
    private func owner(_ request: HTTPRequest, _ name: String?) throws -> UserID? {
        let caller = request.caller
        let isAdministrator = PermissionTable.allows(caller, "users.read")
        guard let name else {
            // Over the socket, and on a server without users, there are no keys of one's own.
            return isAdministrator && (caller.origin == .local || caller.origin == .open) ? nil : caller.user
        }
        if name == "*", isAdministrator { return nil }
        guard isAdministrator else {
            guard name == caller.user.text || name == caller.name else {
                throw ServiceError(.forbidden, "Only administrators see others' keys.", hint: "Leave `user` out.")
            }
            return caller.user
        }
        return try accounts.user(name).id
    }

    private func order(_ request: HTTPRequest) async throws -> KeyOrder {
        let now = now()
        let (name, order) = try await request.read([
            "user", "name", "scopes", "models", "priority_max", "expires_at", "expires_in_seconds",
        ]) { body throws(JSONFieldError) in
            var expiresAt = try body.optional("expires_at")?.moment()
            if let wait = try body.optional("expires_in_seconds")?.number(in: 1...3_153_600_000) {
                expiresAt = now + .milliseconds(Int64(wait * 1_000))
            }
            return (
                try body.optional("user")?.shortText(),
                KeyOrder(
                    user: UserID(""), name: try body.required("name").shortText(),
                    scopes: try body.optional("scopes")?.names(), models: try body.optional("models")?.names(),
                    priorityMax: try body.optional("priority_max")?.choice(), expiresAt: expiresAt)
            )
        }
        guard let user = try owner(request, name) else {
            throw ServiceError(
                .invalidValue, "Whose key is it to be?", hint: "Name a user as `user`.", parameter: "user")
        }
        var whole = order
        whole.user = user
        return whole
    }
}

extension HTTPRequest {
    fileprivate var key: String { parameters.string("key") }
}

// MARK: Descriptions

extension KeyRoutes {
    private static func describe(
        _ operation: String, _ summary: String, names: Bool = true, query: [RouteDescription.Parameter] = [],
        body: JSONValue? = nil, answer: JSONValue = AccessSchemas.key, status: HTTPStatus = .ok
    ) -> RouteDescription {
        AccessSchemas.route(
            operation, summary, permission: "keys.use", tag: "keys",
            parameters: (names ? [.init("key", in: .path, summary: "The key's id, `key_…`.")] : []) + query,
            body: body, answer: answer, status: status)
    }

    private static let list = describe(
        "listKeys", "One's own keys, newest first.", names: false,
        query: [.init("user", in: .query, summary: "For administrators: whose; `*` for everybody's.")],
        answer: AccessSchemas.list("keys", AccessSchemas.key))
    private static let create = describe(
        "createKey", "Makes a key. The key itself stands in this answer only.", names: false,
        body: AccessSchemas.object(
            [
                "name": AccessSchemas.text,
                "user": ["type": "string", "description": "For administrators: whose key it is to be."],
                "scopes": AccessSchemas.texts, "models": AccessSchemas.texts, "priority_max": AccessSchemas.priority,
                "expires_at": AccessSchemas.seconds,
                "expires_in_seconds": ["type": "number", "minimum": 1, "maximum": 3_153_600_000],
            ], required: ["name"]), status: .created)
    private static let show = describe("getKey", "One key.")
    private static let rotate = describe(
        "rotateKey", "Makes a key that takes this one's place; both count for a while.",
        body: AccessSchemas.object([
            "overlap_seconds": ["type": "number", "minimum": 0, "maximum": 31_536_000, "default": 86_400]
        ]), status: .created)
    private static let revoke = describe("revokeKey", "Ends a key at once.")
}
