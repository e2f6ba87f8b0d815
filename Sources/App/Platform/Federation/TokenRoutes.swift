import Access
import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// `/api/v1/tokens` and `/.well-known/jwks.json`: short-lived access tokens, and the keys that they are checked with.
struct TokenRoutes: Sendable {
    let desk: TokenDesk
    let report: @Sendable (AccessEvent) -> Void

    private static let bodyBytesMax = 32 << 10

    var routes: [Route] {
        [
            Route(.get, "/.well-known/jwks.json", Self.keys) { _ in
                .json(desk.publicKeys.json, headers: ["Cache-Control": "public, max-age=300"])
            },
            Route(.post, "/api/v1/tokens", Self.make, bodyBytesMax: Self.bodyBytesMax) { try await make($0) },
            Route(.post, "/api/v1/tokens/refresh", Self.refresh, bodyBytesMax: Self.bodyBytesMax) {
                try await refresh($0)
            },
            Route(.post, "/api/v1/tokens/revoke", Self.revoke, bodyBytesMax: Self.bodyBytesMax) { request in
                let body = try JSONField.body(try await request.body.collect())
                let token = try Self.reading { () throws(JSONFieldError) in
                    try body.required("token").keptText(bytesIn: 1...SignedToken.bytesMax)
                }
                let isRefresh = token.hasPrefix(RefreshText.prefix)
                let id = try await isRefresh ? desk.revoke(refresh: token) : desk.revoke(token)
                report(
                    AccessEvent(.keyRevoked, actor: nil, subject: id, address: request.client.address, detail: "token"))
                return .json(["id": .string(id), "revoked": true])
            },
            Route(.delete, "/api/v1/tokens/{token}", Self.revokeByID) { request in
                let id = request.parameters.string("token")
                guard id.utf8.count <= 256 else { throw ServiceError(.notFound, "There is no such token.") }
                try await desk.revoke(id: id)
                report(
                    AccessEvent(
                        .keyRevoked, actor: Principal.current?.user, subject: id, address: request.client.address,
                        detail: "token"))
                return .json(["id": .string(id), "revoked": true])
            },
            Route(.post, "/api/v1/tokens/rotate", Self.rotate) { _ in
                try await desk.rotate()
                report(
                    AccessEvent(
                        .keyRotated, actor: Principal.current?.user, subject: desk.publicKeys.keys.first?.id ?? "",
                        detail: "signing key"))
                return .json(desk.publicKeys.json)
            },
        ]
    }

    private func make(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes = try await request.body.collect()
        let body = bytes.isEmpty ? JSONField([:]) : try JSONField.body(bytes)
        let (order, isRefreshed) = try Self.reading { () throws(JSONFieldError) in try Self.order(body) }
        let caller = Principal.current ?? .open
        if let scopes = order.scopes {
            // Patterns such as `models.*` are narrowed as what they stand for.
            for scope in scopes where PermissionTable.expand([scope]).isEmpty {
                throw ServiceError(
                    .invalidValue, "'\(scope.prefix(40))' is no scope.",
                    hint: "Scopes: \(PermissionTable.all.map(\.name).joined(separator: ", ")).", parameter: "scopes")
            }
        }
        var expanded = order
        expanded.scopes = order.scopes.map { PermissionTable.expand($0).sorted() }
        let pair = try await isRefreshed ? desk.issuePair(expanded, to: caller) : nil
        let issued: TokenDesk.Issued
        if let pair { issued = pair.access } else { issued = try await desk.issue(expanded, to: caller) }
        report(
            AccessEvent(
                .keyCreated, actor: Principal.current?.user, subject: issued.grant.id, address: request.client.address,
                detail: "token"))
        return Self.answer(issued, pair, status: .created)
    }

    /// Whoever has a refresh token may use it, once.
    private func refresh(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        let text = try Self.reading { () throws(JSONFieldError) in
            try body.required("refresh_token").keptText(bytesIn: 1...256)
        }
        let address = request.client.address
        let pair = try await desk.refresh(text) { token in
            report(
                AccessEvent(
                    .keyRevoked, actor: nil, subject: token.family, address: address,
                    detail: "a refresh token of \(token.user) was used twice"))
        }
        return Self.answer(pair.access, pair, status: .ok)
    }

    private static func answer(
        _ issued: TokenDesk.Issued, _ pair: TokenDesk.Pair?, status: HTTPStatus
    ) -> HTTPResponse {
        var answer: JSONObject = [
            "access_token": .string(issued.text), "token_type": "Bearer", "id": .string(issued.grant.id),
            "expires_at": .string(UnixTime(seconds: issued.grant.expiresAt).rfc3339),
        ]
        answer["scopes"] = issued.grant.scopes.map { .array($0.map(JSONValue.string)) } ?? .null
        answer["models"] = issued.grant.models.map { .array($0.map(JSONValue.string)) } ?? .null
        if let pair {
            answer["refresh_token"] = .string(pair.refresh.revealed)
            answer["refresh_expires_at"] = .string(UnixTime(seconds: pair.refreshExpiresAt).rfc3339)
        }
        return .json(.object(answer), status: status, headers: ["Cache-Control": "no-store"])
    }

    private static func order(
        _ body: JSONField
    ) throws(JSONFieldError) -> (order: TokenDesk.Order, isRefreshed: Bool) {
        let known = ["scopes", "models", "lifetime", "refresh"]
        for (name, _) in body.value.object ?? [:] where !known.contains(name) {
            throw JSONFieldError(path: name, problem: "is unknown here; there are \(known.joined(separator: ", "))")
        }
        let order = TokenDesk.Order(
            scopes: try names(body.optional("scopes")), models: try names(body.optional("models")),
            lifetime: try body.optional("lifetime").map { field throws(JSONFieldError) in
                Int64(
                    try field.integer(
                        in: Int(AccessTokens.lifetimes.lowerBound)...Int(AccessTokens.lifetimes.upperBound)))
            })
        return (order, try body.optional("refresh")?.bool() ?? false)
    }

    private static func names(_ field: JSONField?) throws(JSONFieldError) -> [String]? {
        guard let field else { return nil }
        var names: [String] = []
        for element in try field.elements(countMax: AccessTokens.namesMax) {
            let name = try element.keptText(bytesIn: 1...NamePattern.bytesMax)
            // They stand with spaces between them in the token.
            guard !name.contains(" ") else { throw element.fail("must not contain spaces") }
            names.append(name)
        }
        return names
    }

    private static func reading<Result>(_ body: () throws(JSONFieldError) -> Result) throws(ServiceError) -> Result {
        do throws(JSONFieldError) {
            return try body()
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

// MARK: Descriptions

extension TokenRoutes {
    private static let names: JSONValue = [
        "type": ["array", "null"], "items": ["type": "string"], "maxItems": .whole(AccessTokens.namesMax),
    ]
    private static let keySet: JSONValue = [
        "type": "object", "required": ["keys"],
        "properties": [
            "keys": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["kty", "kid", "alg"], "description": "A key as RFC 7517 writes it.",
                ],
            ]
        ],
    ]
    private static let revoked: JSONValue = [
        "type": "object", "required": ["id", "revoked"],
        "properties": ["id": ["type": "string"], "revoked": ["type": "boolean"]],
    ]

    private static let keys = RouteDescription(
        operation: "getTokenKeys", summary: "The public keys that this server's access tokens are signed with.",
        tags: ["tokens"], responses: [.init(.ok, nil, .json(keySet))])

    private static let make = RouteDescription(
        operation: "createToken",
        summary:
            "Makes a short-lived access token for whoever asks with an API key or a session, for no more than those allow.",
        tags: ["tokens"],
        requestBodies: [
            .json([
                "type": "object",
                "properties": [
                    "scopes": names, "models": names,
                    "lifetime": [
                        "type": "integer", "minimum": .integer(AccessTokens.lifetimes.lowerBound),
                        "maximum": .integer(AccessTokens.lifetimes.upperBound), "description": "Seconds.",
                    ],
                    "refresh": [
                        "type": "boolean", "description": "Whether a refresh token comes with it, for the next one.",
                    ],
                ],
            ])
        ],
        responses: [
            .init(.created, nil, .json(issued)), .init(.badRequest), .init(.unauthorized), .init(.forbidden),
            .init(.conflict),
        ])

    private static let issued: JSONValue = [
        "type": "object", "required": ["access_token", "token_type", "id", "expires_at"],
        "properties": [
            "access_token": ["type": "string"], "token_type": ["const": "Bearer"], "id": ["type": "string"],
            "expires_at": ["type": "string"], "scopes": names, "models": names, "refresh_token": ["type": "string"],
            "refresh_expires_at": ["type": "string"],
        ],
    ]

    private static let refresh = RouteDescription(
        operation: "refreshToken",
        summary:
            "Makes the next access token. A refresh token is good once; one that is used twice ends all that came from it.",
        tags: ["tokens"],
        requestBodies: [
            .json([
                "type": "object", "required": ["refresh_token"],
                "properties": ["refresh_token": ["type": "string"]],
            ])
        ], responses: [.init(.ok, nil, .json(issued)), .init(.badRequest), .init(.unauthorized)])

    private static let revoke = RouteDescription(
        operation: "revokeToken",
        summary:
            "Ends an access token before its time, or a refresh token with all that came from it; whoever has it may.",
        tags: ["tokens"],
        requestBodies: [
            .json(["type": "object", "required": ["token"], "properties": ["token": ["type": "string"]]])
        ], responses: [.init(.ok, nil, .json(revoked)), .init(.badRequest)])

    private static let revokeByID = RouteDescription(
        operation: "revokeTokenByID", summary: "Ends an access token, of this server or a trusted one, by its id.",
        tags: ["tokens"], parameters: [.init("token", in: .path, summary: "The token's id.")],
        responses: [.init(.ok, nil, .json(revoked)), .init(.notFound)], permission: "federation.admin")

    private static let rotate = RouteDescription(
        operation: "rotateTokenKeys",
        summary: "Signs with a new key from now on; tokens of the ones before it stay valid until they expire.",
        tags: ["tokens"], responses: [.init(.ok, nil, .json(keySet))], permission: "federation.admin")
}
