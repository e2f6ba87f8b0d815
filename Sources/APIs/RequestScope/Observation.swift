public import HTTPServing
public import Telemetry
import Vocabulary

/// Gives each request its id, its span, its log line and its place in the metrics.
///
/// The id comes from `X-Request-Id` when that is fit for headers and logs, and goes out in the same header. The trace
/// goes on from `traceparent`. Task-locals hold during the handler and while a stream is written.
public struct Observation: Middleware {
    private let logger: Logger
    private let tracer: Tracer
    private let ids: RequestIDSource
    private let metrics: Metrics

    /// The metrics of HTTP requests, named as OpenTelemetry names them.
    private struct Metrics: Sendable {
        let requests: MetricFamily<Counter>
        let duration: MetricFamily<Histogram>
        let active: Gauge
        let aborted: Counter

        init(_ registry: MetricsRegistry) {
            requests = registry.counter(
                "http_server_requests_total", help: "Requests that were answered.",
                labels: ["method", "route", "status"])
            duration = registry.histogram(
                "http_server_request_duration_seconds", help: "From the head of a request to the end of its answer.",
                labels: ["route"], buckets: .latencySeconds)
            active = registry.gauge("http_server_active_requests", help: "Requests that are being answered.")
            aborted = registry.counter(
                "http_server_aborted_total", help: "Answers that were given up because the client went or was too slow."
            )
        }
    }

    public init(logger: Logger, tracer: Tracer, metrics: MetricsRegistry, ids: RequestIDSource) {
        self.logger = logger
        self.tracer = tracer
        self.ids = ids
        self.metrics = Metrics(metrics)
    }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        let id = request.headers["X-Request-Id"].flatMap { RequestID($0) } ?? ids.next()
        request.context[RequestIDKey.self] = id
        let span = start(request)
        metrics.active.increment()
        request.context.whenFinished { outcome in finish(request, id, span, outcome) }
        var response = try await within(id, span) { try await next(request) }
        response.headers["X-Request-Id"] = id.text
        if case .stream(let keepAlive, let produce) = response.body {
            response.body = .stream(keepAlive: keepAlive) { writer in
                try await within(id, span) { try await produce(writer) }
            }
        }
        return response
    }

    private func start(_ request: HTTPRequest) -> Span {
        let parent = request.headers["traceparent"].flatMap { traceparent in
            SpanContext(traceparent: traceparent, tracestate: request.headers["tracestate"].map { [$0] } ?? [])
        }
        return tracer.start(
            route(of: request), kind: .server, parent: parent,
            attributes: [.httpMethod: .string(request.method.rawValue), .urlPath: .string(Self.shown(request))])
    }

    /// A name with few values: the operation, never the path, of which there are as many as clients can think of.
    private func route(of request: HTTPRequest) -> String { request.operation ?? "other" }

    /// The path, for logs and traces, without a segment that is a secret.
    private static func shown(_ request: HTTPRequest) -> String {
        guard let secret = request.parameters.items.first(where: { $0.name == "secret" })?.value, !secret.isEmpty else {
            return request.path
        }
        return request.path.replacing(secret, with: "{secret}")
    }

    private func within<Result>(
        _ id: RequestID, _ span: Span, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await LogContext.$current.withValue(LogContext(requestID: id.text)) {
            try await SpanContext.$current.withValue(span.context) { try await body() }
        }
    }

    private func finish(_ request: HTTPRequest, _ id: RequestID, _ span: Span, _ outcome: RequestOutcome) {
        let route = route(of: request)
        let status = outcome.status?.rawValue ?? 0
        metrics.active.decrement()
        metrics.requests.with(request.method.rawValue, route, String(status)).increment()
        metrics.duration.with(route).observe(outcome.duration)
        if outcome.wasAborted { metrics.aborted.increment() }
        span.set(.httpStatus, .integer(Int64(status)))
        if status >= 500 { span.set(.error("status \(status)")) }
        span.end()
        logger.log(
            level(status: status, route: route), outcome.wasAborted ? "request aborted" : "request",
            [
                .method: .string(request.method.rawValue), .path: .string(Self.shown(request)),
                .status: .integer(Int64(status)), .elapsedMilliseconds: .milliseconds(outcome.duration),
                .byteCount: .integer(Int64(outcome.bodyBytes)), .remote: .string(request.client.address),
            ], of: LogContext(requestID: id.text, fields: LogFields(request.context[PrincipalKey.self])), span.context)
    }

    /// Probes come every few seconds and say nothing while all is well.
    private func level(status: Int, route: String) -> LogLevel {
        if status >= 500 { return .warning }
        return HealthRoutes.operations.contains(route) ? .debug : .info
    }
}
