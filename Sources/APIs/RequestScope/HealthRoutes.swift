public import HTTPServing
public import JSONText
public import Telemetry

/// What a server says about itself to those who watch it.
public struct ServerHealth: Sendable, Equatable {
    /// Whether requests can be answered now.
    public var isReady: Bool
    /// Whether it works at all; `false` asks for a restart.
    public var isAlive: Bool
    /// Details for people: models, workers, heartbeats.
    public var details: JSONObject

    public init(isReady: Bool, isAlive: Bool = true, details: JSONObject = [:]) {
        self.isReady = isReady
        self.isAlive = isAlive
        self.details = details
    }
}

/// `GET /health`, `/ready`, `/metrics` and `/openapi.json`.
public enum HealthRoutes {
    /// The names under which these routes appear in metrics and logs.
    static let operations = ["getHealth", "getReadiness", "getMetrics"]

    /// The routes around what the server can say.
    public static func routes(
        metrics: MetricsRegistry, health: @escaping @Sendable () async -> ServerHealth
    ) -> [Route] {
        let status: JSONValue = [
            "type": "object", "properties": ["status": ["type": "string"]], "required": ["status"],
            "additionalProperties": ["description": "Details for people: models, workers, heartbeats."],
        ]
        return [
            Route(
                .get, "/health",
                RouteDescription(
                    operation: "getHealth", summary: "Whether the server is alive.", tags: ["operations"],
                    responses: [
                        .init(.ok, "It is.", .json(status)), .init(.serviceUnavailable, "It is stuck.", .json(status)),
                    ])
            ) { _ in
                let health = await health()
                return answer(health, isGood: health.isAlive, words: ("ok", "failing"))
            },
            Route(
                .get, "/ready",
                RouteDescription(
                    operation: "getReadiness", summary: "Whether requests can be answered now.", tags: ["operations"],
                    responses: [
                        .init(.ok, "They can.", .json(status)),
                        .init(.serviceUnavailable, "Not yet, or not any more.", .json(status)),
                    ])
            ) { _ in
                let health = await health()
                return answer(health, isGood: health.isReady, words: ("ready", "not ready"))
            },
            Route(
                .get, "/metrics",
                RouteDescription(
                    operation: "getMetrics", summary: "Metrics in Prometheus' text format.", tags: ["operations"],
                    responses: [.init(.ok, nil, .init("text/plain", schema: ["type": "string"]))],
                    permission: "metrics.read")
            ) { _ in
                .text(metrics.prometheusText(), contentType: "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }

    private static func answer(
        _ health: ServerHealth, isGood: Bool, words: (good: String, bad: String)
    ) -> HTTPResponse {
        var body: JSONObject = ["status": .string(isGood ? words.good : words.bad)]
        for (key, value) in health.details { body[key] = value }
        return .json(.object(body), status: isGood ? .ok : .serviceUnavailable)
    }
}
