import HTTPServing
import JSONText
import Launch
import RequestScope
import Vocabulary

/// The platform's own API, below `/api/v1`.
struct PlatformRoutes: Sendable {
    let gateway: ModelGateway
    let events: WorkerEvents

    var routes: [Route] {
        let list = RouteDescription(
            operation: "listWorkers", summary: "How each engine worker fares.", tags: ["platform"],
            responses: [.init(.ok, nil, .json(Self.workers))], permission: "deployments.read")
        let history = RouteDescription(
            operation: "listWorkerEvents", summary: "What happened to a worker, newest first.", tags: ["platform"],
            parameters: [
                .init("model", in: .path, summary: "The model's name."),
                .init(
                    "limit", in: .query, summary: "How many at most.",
                    schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 100]),
            ],
            responses: [.init(.ok, nil, .json(Self.workerEvents)), .init(.notFound)], permission: "deployments.read")
        return [
            Route(.get, "/api/v1/workers", list) { _ in
                .json(["workers": .object(await gateway.workers())])
            },
            Route(.get, "/api/v1/workers/{model}/events", history) { request in
                let model = request.parameters.string("model")
                guard await gateway.workers()[model] != nil else {
                    throw ServiceError(
                        .notFound, "There is no worker for '\(model)'.", hint: "GET /api/v1/workers lists them.")
                }
                let limit = try request.query.integer("limit", in: 1...1_000) ?? 100
                return .json(["events": try await events.newest(of: model, countMax: limit)])
            },
        ]
    }

    private static let workers: JSONValue = [
        "type": "object",
        "properties": [
            "workers": [
                "type": "object", "description": "By the name of the deployment.",
                "additionalProperties": WorkerStatus.schema,
            ]
        ],
        "required": ["workers"],
    ]
    private static let workerEvents: JSONValue = [
        "type": "object",
        "properties": [
            "events": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "at": ["type": "string", "format": "date-time"], "event": ["type": "string"],
                        "detail": ["type": ["string", "null"]],
                    ],
                    "required": ["at", "event", "detail"],
                ],
            ]
        ],
        "required": ["events"],
    ]

    /// `GET /openapi.json`: the document of all routes, made from the routes themselves.
    static func document(of routes: [Route]) -> Route {
        let text = OpenAPIDocument.make(
            routes: routes,
            info: OpenAPIDocument.Info(
                title: "Llama Nexus", version: productVersion, summary: "Serve, use and measure language models."),
            errors: { $0.pattern.hasPrefix("/api/v1/") ? ErrorAnswers.problemContent : nil })
        return Route(.get, "/openapi.json") { _ in .json(text) }
    }
}

extension ModelGateway {
    /// The state of every worker, by model.
    func workers() async -> JSONObject {
        var workers = JSONObject()
        for deployment in deployments.all { workers[deployment.name] = await deployment.workerStatus()?.json }
        return workers
    }

    /// Ready when every model that is to be in memory is. One that nobody has asked for yet keeps nobody waiting.
    func health() async -> ServerHealth {
        var isReady = true
        var models = JSONObject()
        for deployment in deployments.all {
            guard let status = await deployment.workerStatus() else {
                models[deployment.name] = "external"
                continue
            }
            models[deployment.name] = .string(status.state.rawValue)
            if await !deployment.isWell() { isReady = false }
        }
        return ServerHealth(isReady: isReady, details: ["models": .object(models)])
    }
}
