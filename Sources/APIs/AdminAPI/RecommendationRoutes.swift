public import HTTPServing
public import Hardware
import JSONText
import RequestScope
import Vocabulary

/// Which models fit this machine, and how fast they ran: `/api/v1/models/recommend` and `/api/v1/speed`.
public struct RecommendationRoutes: Sendable {
    private let advisor: any ModelAdvising

    public init(_ advisor: any ModelAdvising) { self.advisor = advisor }

    /// Bytes of a description.
    private static let useBytesMax = 16_384
    static let limitRange = 1...200

    public var routes: [Route] {
        let parameters: [RouteDescription.Parameter] = [
            .init(
                "use", in: .query, isRequired: true,
                summary:
                    "One of \(UseCase.allCases.map(\.rawValue).joined(separator: ", ")), or a description in English."),
            .init(
                "context", in: .query, summary: "Tokens of context, such as 8192 or 32k; what the use takes otherwise."),
            .init("parallel", in: .query, summary: "Sequences at once.", schema: ["type": "integer", "default": 1]),
            .init(
                "order", in: .query, summary: "What counts first.",
                schema: ["type": "string", "enum": .array(Wish.Order.allCases.map { .string($0.rawValue) })]),
            .init(
                "downloads", in: .query, summary: "Whether models come that are not here.", schema: ["type": "boolean"]),
            .init("unfit", in: .query, summary: "Whether models come that do not fit.", schema: ["type": "boolean"]),
            .init("limit", in: .query, summary: "How many at most.", schema: ["type": "integer", "default": 20]),
        ]
        let get = RouteDescription(
            operation: "recommendModels", summary: "Models for a use that fit this machine, with reasons.",
            tags: ["models"], parameters: parameters,
            responses: [.init(.ok, nil, .json(RecommendationShapes.advice)), .init(.badRequest)],
            permission: "models.read")
        let post = RouteDescription(
            operation: "recommendModelsByBody", summary: "The same, with the parameters in the body.", tags: ["models"],
            requestBodies: [.json(RecommendationShapes.question)],
            responses: [.init(.ok, nil, .json(RecommendationShapes.advice)), .init(.badRequest)],
            permission: "models.read")
        return [
            Route(.get, "/api/v1/models/recommend", get) { request in
                try await answer(try Self.body(of: request.query))
            },
            Route(.post, "/api/v1/models/recommend", post, bodyBytesMax: 64 << 10) { request in
                try await answer(try JSONField.body(try await request.body.collect()))
            },
        ] + speedRoutes
    }

    private var speedRoutes: [Route] {
        let list = RouteDescription(
            operation: "listSpeeds", summary: "How fast models ran on this machine, newest first.", tags: ["hardware"],
            responses: [.init(.ok, nil, .json(RecommendationShapes.runs))], permission: "hardware.read")
        let measure = RouteDescription(
            operation: "measureSpeed",
            summary: "Run a model of this machine for some seconds, and keep how fast it was.",
            tags: ["hardware"],
            requestBodies: [
                .json(ModelShapes.object(["model": ["type": "string", "minLength": 1, "maxLength": 512]]))
            ],
            responses: [
                .init(.ok, nil, .json(RecommendationShapes.runs)), .init(.badRequest), .init(.notFound),
                .init(.conflict),
            ],
            permission: "hardware.measure")
        return [
            Route(.get, "/api/v1/speed", list) { _ in
                .json(["runs": .array(try await advisor.measurements().map(\.json))])
            },
            Route(.post, "/api/v1/speed", measure, bodyBytesMax: 64 << 10) { request in
                let body = try JSONField.body(try await request.body.collect())
                do {
                    let model = try body.required("model").keptText(bytesIn: 1...512)
                    return .json(["runs": .array(try await advisor.measure(model).map(\.json))])
                } catch let error as JSONFieldError {
                    throw ServiceError(reading: error)
                }
            },
        ]
    }

    private func answer(_ body: JSONField) async throws -> HTTPResponse {
        let request: (wish: Wish, reading: UseCaseText.Reading, limit: Int)
        do { request = try Self.wish(body) } catch { throw ServiceError(reading: error) }
        let advice = try await advisor.advice(for: request.wish, reading: request.reading)
        return .json(advice.json(limit: request.limit))
    }

    /// The parameters of a URL as a body would have them.
    private static func body(of query: HTTPQuery) throws -> JSONField {
        var object = JSONObject()
        for name in ["use", "context", "order"] { object[name] = query[name].map(JSONValue.string) }
        for name in ["parallel", "limit"] { object[name] = try query.integer(name).map(JSONValue.whole) }
        for name in ["downloads", "unfit"] { object[name] = try query.bool(name).map(JSONValue.bool) }
        return JSONField(.object(object))
    }

    private static func wish(_ body: JSONField) throws -> (wish: Wish, reading: UseCaseText.Reading, limit: Int) {
        let reading = try UseCaseText.read(try body.required("use").keptText(bytesIn: 1...useBytesMax))
        var wish = Wish(use: reading.use)
        if let field = try body.optional("context") { wish.contextTokens = try context(field) }
        if let field = try body.optional("parallel") { wish.parallel = try field.integer(in: Wish.parallelRange) }
        if let field = try body.optional("order") {
            guard let order = Wish.Order(rawValue: try field.string()) else {
                throw field.fail("must be one of \(Wish.Order.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            wish.order = order
        }
        if let field = try body.optional("downloads") { wish.includesDownloads = try field.bool() }
        if let field = try body.optional("unfit") { wish.includesUnfit = try field.bool() }
        return (wish, reading, try body.optional("limit")?.integer(in: limitRange) ?? 20)
    }

    /// A number, or a text such as `32k`: 1024 each.
    private static func context(_ field: JSONField) throws(JSONFieldError) -> Int {
        guard case .string(let text) = field.value else { return try field.integer(in: Wish.contextRange) }
        let isThousands = text.lowercased().hasSuffix("k")
        let factor = isThousands ? 1_024 : 1
        guard let number = Int(isThousands ? String(text.dropLast()) : text), number > 0,
            number <= Wish.contextRange.upperBound / factor, Wish.contextRange.contains(number * factor)
        else {
            throw field.fail(
                "must be tokens from \(Wish.contextRange.lowerBound) to \(Wish.contextRange.upperBound), such as 8192 or 32k"
            )
        }
        return number * factor
    }
}
