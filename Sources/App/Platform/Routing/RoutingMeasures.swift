import Gateway
import Telemetry

/// Metrics of decisions, attempts, breakers, copies and ensembles.
struct RoutingMeasures: Sendable {
    private let decisions: MetricFamily<Counter>
    private let attempts: MetricFamily<Counter>
    private let retries: MetricFamily<Counter>
    private let fallbacks: MetricFamily<Counter>
    private let breakers: MetricFamily<Gauge>
    private let transitions: MetricFamily<Counter>
    private let copies: MetricFamily<Counter>
    private let copyTime: MetricFamily<Histogram>
    private let ensembles: MetricFamily<Counter>
    private let demonstrations: Counter

    init(_ metrics: MetricsRegistry) {
        decisions = metrics.counter(
            "nexus_routing_decisions_total", help: "Decisions about who answers, by route and rule.",
            labels: ["route", "rule"])
        attempts = metrics.counter(
            "nexus_routing_attempts_total", help: "Times that a deployment was asked, by how that ended.",
            labels: ["model", "outcome"])
        retries = metrics.counter(
            "nexus_routing_retries_total", help: "Times that the same deployment was asked again, by what had failed.",
            labels: ["model", "class"])
        fallbacks = metrics.counter(
            "nexus_fallbacks_total", help: "Requests that another model answered.", labels: ["model", "by"])
        breakers = metrics.gauge(
            "nexus_breaker_state", help: "0 closed, 1 half open, 2 open.", labels: ["model"])
        transitions = metrics.counter(
            "nexus_breaker_transitions_total", help: "Changes of a breaker, by its new state.",
            labels: ["model", "state"])
        copies = metrics.counter(
            "nexus_mirrored_total", help: "Copies of requests, by how they ended.", labels: ["model", "outcome"])
        copyTime = metrics.histogram(
            "nexus_mirrored_duration_seconds", help: "From the copy of a request to the end of its answer.",
            labels: ["model"], buckets: .latencySeconds)
        ensembles = metrics.counter(
            "nexus_ensembles_total", help: "Answers of ensembles, by method and outcome.",
            labels: ["ensemble", "method", "outcome"])
        demonstrations = metrics.counter(
            "nexus_demonstrations_total", help: "Answers that no model gave, marked as demonstrations.")
    }

    func decided(_ decision: RouteDecision) {
        decisions.with(decision.routes.first ?? "", decision.rule.rawValue).increment()
    }

    func attempted(_ name: String, _ outcome: String) { attempts.with(name, outcome).increment() }
    func retried(_ name: String, _ kind: FailureClass) { retries.with(name, kind.rawValue).increment() }
    func fellBack(_ name: String, to other: String) { fallbacks.with(name, other).increment() }

    func breaker(
        _ name: String, _ standing: CircuitBreaker<ContinuousClock.Instant>.Standing, isChange: Bool = false
    ) {
        breakers.with(name).set(standing == .closed ? 0 : standing == .halfOpen ? 1 : 2)
        if isChange { transitions.with(name, standing.rawValue).increment() }
    }

    func copied(_ name: String, _ outcome: String) { copies.with(name, outcome).increment() }
    func copied(_ name: String, took time: Duration) { copyTime.with(name).observe(time) }

    func merged(_ name: String, _ method: EnsembleSpec.Method, _ outcome: String) {
        ensembles.with(name, method.rawValue, outcome).increment()
    }

    func demonstrated() { demonstrations.increment() }
}
