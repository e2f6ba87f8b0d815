public import Access
public import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// `/api/v1/secrets`: names of secrets, never a secret.
public struct SecretRoutes: Sendable {
    /// Which key seals now, and where it comes from.
    public struct KeyReport: Sendable {
        public var id: String
        public var source: String

        public init(id: String, source: String) {
            self.id = id
            self.source = source
        }
    }

    /// What is done elsewhere.
    public struct Orders: Sendable {
        public var key: @Sendable () -> KeyReport
        /// Returns how many secrets were sealed anew.
        public var rotate: @Sendable () async throws -> Int
        /// Told of a secret that was set or removed.
        public var changed: @Sendable (_ name: String) async -> Void

        public init(
            key: @escaping @Sendable () -> KeyReport, rotate: @escaping @Sendable () async throws -> Int,
            changed: @escaping @Sendable (_ name: String) async -> Void
        ) {
            self.key = key
            self.rotate = rotate
            self.changed = changed
        }
    }

    private static let bodyBytesMax = 64 << 10
    private let secrets: NamedSecrets
    private let orders: Orders
    private let audit: AuditLog

    public init(_ secrets: NamedSecrets, _ orders: Orders, audit: AuditLog) {
        self.secrets = secrets
        self.orders = orders
        self.audit = audit
    }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/secrets", Self.listing) { _ in try await list() },
            Route(.put, "/api/v1/secrets/{name}", Self.setting, bodyBytesMax: Self.bodyBytesMax) { request in
                try await set(request)
            },
            Route(.delete, "/api/v1/secrets/{name}", Self.removal) { request in
                let name = request.parameters.string("name")
                try await secrets.remove(name)
                await orders.changed(name)
                try await audit.record(AuditEntry(.secretChanged, on: "secret:\(name)", details: [.reason: "removed"]))
                return HTTPResponse(.noContent)
            },
            Route(.post, "/api/v1/secrets/rotate", Self.rotation) { _ in
                let count = try await orders.rotate()
                try await audit.record(AuditEntry(.secretsRotated, details: [.count: .number(Int64(count))]))
                return .json(["sealed": .whole(count), "key": Self.json(orders.key())])
            },
        ]
    }

    private func list() async throws -> HTTPResponse {
        let all: [JSONValue] = try await secrets.list().map { secret in
            [
                "name": .string(secret.name), "key": .string(secret.keyID),
                "changed_at": .string(UnixTime(nanoseconds: secret.changedAt * 1_000).rfc3339),
            ]
        }
        return .json(["secrets": .array(all), "key": Self.json(orders.key())])
    }

    private func set(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = request.parameters.string("name")
        let body = try JSONField.body(try await request.body.collect())
        let text: String
        do {
            text = try body.required("value").string()
        } catch {
            // No word of what was sent: it may be the secret in another shape.
            throw ServiceError(.invalidValue, "'value' must be a text.", parameter: "value")
        }
        try await secrets.set(name, to: text)
        await orders.changed(name)
        try await audit.record(AuditEntry(.secretChanged, on: "secret:\(name)", details: [.reason: "set"]))
        return HTTPResponse(.noContent)
    }

    private static func json(_ key: KeyReport) -> JSONValue {
        ["id": .string(key.id), "source": .string(key.source)]
    }
}

// MARK: Descriptions

extension SecretRoutes {
    private static let text: JSONValue = ["type": "string"]
    private static let key: JSONValue = [
        "type": "object", "required": ["id", "source"],
        "properties": ["id": text, "source": ["enum": ["configuration", "credential", "data_directory"]]],
    ]
    private static let named = RouteDescription.Parameter("name", in: .path, summary: "The secret's name.")

    private static let listing = RouteDescription(
        operation: "listSecrets", summary: "Names of the secrets that are kept; none is ever shown.", tags: ["secrets"],
        responses: [
            .init(
                .ok, nil,
                .json([
                    "type": "object", "required": ["secrets", "key"],
                    "properties": [
                        "key": key,
                        "secrets": [
                            "type": "array",
                            "items": [
                                "type": "object", "required": ["name", "key", "changed_at"],
                                "properties": ["name": text, "key": text, "changed_at": text],
                            ],
                        ],
                    ],
                ]))
        ], permission: "secrets.admin")

    private static let setting = RouteDescription(
        operation: "setSecret", summary: "Keep a secret, sealed. Keys of other servers are given as `secret:NAME`.",
        tags: ["secrets"], parameters: [named],
        requestBodies: [
            .json([
                "type": "object", "required": ["value"],
                "properties": ["value": ["type": "string", "minLength": 1, "maxLength": 16_384, "writeOnly": true]],
            ])
        ],
        responses: [.init(.noContent), .init(.badRequest)], permission: "secrets.admin")

    private static let removal = RouteDescription(
        operation: "removeSecret", summary: "Forget a secret.", tags: ["secrets"], parameters: [named],
        responses: [.init(.noContent), .init(.notFound)], permission: "secrets.admin")

    private static let rotation = RouteDescription(
        operation: "rotateSecrets", summary: "Seal every secret with a new key, all or none.", tags: ["secrets"],
        responses: [
            .init(
                .ok, nil,
                .json([
                    "type": "object", "required": ["sealed", "key"],
                    "properties": ["sealed": ["type": "integer", "minimum": 0], "key": key],
                ])), .init(.conflict),
        ], permission: "secrets.admin")
}
