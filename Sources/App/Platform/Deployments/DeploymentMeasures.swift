import Telemetry

/// Metrics of deployments.
struct DeploymentMeasures: Sendable {
    private let loads: MetricFamily<Counter>
    private let loadTime: MetricFamily<Histogram>
    private let memory: MetricFamily<Gauge>
    private let switches: MetricFamily<Counter>

    init(_ metrics: MetricsRegistry) {
        loads = metrics.counter(
            "nexus_model_loads_total", help: "Times that a model was to be loaded, by outcome.",
            labels: ["model", "outcome"])
        loadTime = metrics.histogram(
            "nexus_model_load_seconds", help: "From the order to load a model until it serves.", labels: ["model"],
            buckets: .latencySeconds)
        memory = metrics.gauge(
            "nexus_model_resident_bytes", help: "Resident memory of a model's processes.", labels: ["model"])
        switches = metrics.counter(
            "nexus_deployment_switches_total", help: "Changes of version, by how they were made and ended.",
            labels: ["model", "way", "outcome"])
    }

    func loaded(_ name: String, took time: Duration) {
        loads.with(name, "ready").increment()
        loadTime.with(name).observe(time)
    }

    func failed(_ name: String) { loads.with(name, "failed").increment() }
    func resident(_ name: String, _ bytes: UInt64) { memory.with(name).set(Double(bytes)) }
    func switched(_ name: String, way: String, outcome: String) { switches.with(name, way, outcome).increment() }
}
