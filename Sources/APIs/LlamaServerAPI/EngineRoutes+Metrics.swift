public import HTTPServing

extension EngineRoutes {
    /// `GET /metrics`: the server's own numbers, and llama-server's names for the engine's.
    ///
    /// - Parameters:
    ///   - route: what answers with the server's own.
    ///   - metrics: llama-server's.
    ///   - startedAt: Unix time in seconds.
    /// - Returns: a route in place of `route`.
    public static func metrics(_ route: Route, _ metrics: LlamaServerMetrics, startedAt: Int64) -> Route {
        Route(.get, "/metrics", route.description) { request in
            var response = try await route.handler(request)
            guard case .bytes(let own) = response.body else { return response }
            response.body = .bytes(own + Array(metrics.text().utf8))
            response.headers["Process-Start-Time-Unix"] = String(startedAt)
            return response
        }
    }
}
