public import Gateway
public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// What the routes of the answer cache ask.
public protocol AnswerCacheControlling: Sendable {
    func status() async -> AnswerCacheStatus
    func list(_ selection: AnswerSelection, limit: Int) async throws -> [AnswerLine]
    func forget(_ selection: AnswerSelection) async throws -> Int
    /// Measures pairs of questions with a model, and keeps the threshold that it recommends.
    ///
    /// - Throws: `ServiceError` when the model cannot be asked, or no threshold is good enough.
    func calibrate(_ order: CalibrationOrder) async throws -> CalibrationReport
}

/// `/api/v1/cache/answers`: what is kept of answers that were given, and how to be rid of it.
///
/// Administrators see and forget everybody's answers, others their own tenant's. Contents are never shown.
public struct AnswerCacheRoutes: Sendable {
    private let cache: any AnswerCacheControlling

    public init(_ cache: any AnswerCacheControlling) { self.cache = cache }

    static let limitMax = 1_000
    static let pairsMax = 2_000
    static let questionBytesMax = 4_096

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/cache/answers", Self.listing) { try await list($0) },
            Route(.delete, "/api/v1/cache/answers", Self.forgetting) { try await forget($0) },
            Route(.post, "/api/v1/cache/answers/calibration", Self.calibrating, bodyBytesMax: 8 << 20) {
                request in
                let order: CalibrationOrder
                do {
                    order = try CalibrationOrder(try JSONField.body(try await request.body.collect()))
                } catch {
                    throw ServiceError(reading: error)
                }
                return .json(try await cache.calibrate(order).json)
            },
        ]
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let selection = try selection(query) ?? AnswerSelection(.all, of: Self.ownTenant)
        let limit = try query.integer("limit", in: 0...Self.limitMax) ?? 50
        let lines = limit == 0 ? [] : try await cache.list(selection, limit: limit)
        var object = await cache.status().json
        object["answers"] = .array(lines.map { .object($0.json) })
        return .json(.object(object))
    }

    private func forget(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        guard let selection = try selection(query) ?? Self.everything(query) else {
            throw ServiceError(
                .invalidValue, "The request does not say which answers to forget.",
                hint: "Name one of answer, model, tag, tenant, or all=true.", parameter: "answer")
        }
        return .json(["forgotten": .whole(try await cache.forget(selection))])
    }

    /// The tenant that the caller is bound to; `nil` for administrators.
    private static var ownTenant: TenantID? {
        let principal = Principal.current ?? .open
        return principal.role == .admin ? nil : principal.tenant
    }

    private static func everything(_ query: HTTPQuery) -> AnswerSelection? {
        query["all"] == "true" ? AnswerSelection(.all, of: ownTenant) : nil
    }

    /// What `answer`, `model`, `tag` and `tenant` say; `nil` when they say nothing.
    private func selection(_ query: HTTPQuery) throws -> AnswerSelection? {
        var parts: [AnswerSelection.Part] = []
        if let text = query["answer"] {
            guard let key = AnswerKey(text) else {
                throw ServiceError(
                    .invalidValue,
                    "'answer' must be 64 hexadecimal digits, as `nexus.answer_cache.key` of an answer has.",
                    parameter: "answer")
            }
            parts.append(.key(key))
        }
        if let model = query["model"] { parts.append(.model(model)) }
        if let tag = query["tag"] { parts.append(.tag(tag)) }
        guard parts.count <= 1 else {
            throw ServiceError(
                .invalidValue, "Only one of answer, model and tag can be named at once.", parameter: "answer")
        }
        var tenant = Self.ownTenant
        if let name = query["tenant"] {
            guard tenant == nil || tenant?.name == name else {
                throw ServiceError(
                    .forbidden, "Another tenant's answers are not yours to see.", hint: "Ask an administrator.",
                    parameter: "tenant")
            }
            tenant = TenantID(name)
        }
        guard let part = parts.first ?? (query["tenant"] == nil ? nil : .all) else { return nil }
        return AnswerSelection(part, of: tenant)
    }
}

// MARK: Descriptions

extension AnswerCacheRoutes {
    private static let parts: [RouteDescription.Parameter] = [
        .init(
            "answer", in: .query, summary: "One answer, by its key.",
            schema: ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"]),
        .init("model", in: .query, summary: "All answers of a deployment, by its own name."),
        .init("tag", in: .query, summary: "All answers with a tag."),
        .init("tenant", in: .query, summary: "Of a tenant only; others than one's own need an administrator."),
    ]

    private static let count: JSONValue = ["type": "integer", "minimum": 0]

    private static let listing = RouteDescription(
        operation: "listCachedAnswers",
        summary:
            "What the answer cache did and saved since the start, what is in it, and the newest answers without texts.",
        tags: ["cache"],
        parameters: parts + [
            .init(
                "limit", in: .query, summary: "Answers to list.",
                schema: ["type": "integer", "minimum": 0, "maximum": .whole(limitMax), "default": 50])
        ],
        responses: [
            .init(.ok, nil, .json(AnswerCacheShapes.listing)), .init(.badRequest), .init(.forbidden),
        ], permission: "cache.read")

    private static let forgetting = RouteDescription(
        operation: "forgetCachedAnswers",
        summary: "Forget answers: one, those of a model, those with a tag, a tenant's, or all.", tags: ["cache"],
        parameters: parts + [
            .init("all", in: .query, summary: "All answers.", schema: ["type": "string", "enum": ["true", "false"]])
        ],
        responses: [
            .init(
                .ok, nil, .json(["type": "object", "required": ["forgotten"], "properties": ["forgotten": count]])),
            .init(.badRequest), .init(.forbidden),
        ], permission: "cache.write")

    private static let calibrating = RouteDescription(
        operation: "calibrateSimilarity",
        summary:
            "Measure pairs of questions with a model, and keep the threshold from which two of them mean the same.",
        tags: ["cache"], requestBodies: [.json(CalibrationOrder.schema)],
        responses: [
            .init(.ok, nil, .json(AnswerCacheShapes.calibration)), .init(.badRequest), .init(.notFound),
        ], permission: "cache.admin")
}
