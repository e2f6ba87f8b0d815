import Inference
import Telemetry

/// The engine's numbers for Prometheus, read from its heartbeat when they are asked for.
enum EngineMetrics {
    static func register(_ heartbeat: Heartbeat, in metrics: MetricsRegistry) {
        func gauge(_ name: String, help: String, _ value: @escaping @Sendable (Heartbeat.Reading) -> Double) {
            metrics.gauge(name, help: help, labels: []) { [GaugeReading(value(heartbeat.reading))] }
        }
        gauge("nexus_engine_steps", help: "Steps of the model so far.") { Double($0.steps) }
        gauge("nexus_engine_requests_live", help: "Requests that wait or run.") { Double($0.live) }
        gauge("nexus_engine_requests_running", help: "Requests that hold a sequence.") { Double($0.running) }
        gauge("nexus_engine_prompt_tokens", help: "Prompt tokens computed so far.") { Double($0.promptTokens) }
        gauge("nexus_engine_prompt_tokens_reused", help: "Prompt tokens from the prefix cache so far.") {
            Double($0.reusedTokens)
        }
        gauge("nexus_engine_prefixes_evicted", help: "Prefixes that left the key-value cache so far.") {
            Double($0.evictions)
        }
        gauge("nexus_engine_requests_parked", help: "Requests that gave their sequence to a more urgent one.") {
            Double($0.parked)
        }
        gauge("nexus_engine_cells_used", help: "Cells of the key-value cache that hold something.") {
            Double($0.cellsUsed)
        }
        gauge("nexus_engine_prefix_bytes", help: "Bytes of prefixes in memory outside the key-value cache.") {
            Double($0.prefixBytes)
        }
        gauge("nexus_engine_step_tokens_max", help: "The most prompt tokens of one step so far.") {
            Double($0.stepTokensMax)
        }
        gauge("nexus_engine_completion_tokens", help: "Tokens written so far.") { Double($0.completionTokens) }
        register(heartbeat.speculation, in: metrics)
    }

    /// One series for each position in a guess, of which there are at most `SpeculationOptions.depthMax`.
    private static func register(_ ledger: SpeculationLedger, in metrics: MetricsRegistry) {
        func gauge(_ name: String, help: String, _ counts: @escaping @Sendable (SpeculationLedger.Totals) -> [Int]) {
            metrics.gauge(name, help: help, labels: ["position"]) {
                counts(ledger.totals).enumerated().map { GaugeReading(Double($1), labels: [String($0)]) }
            }
        }
        gauge("nexus_engine_draft_tokens", help: "Guessed tokens that were verified, by position.") { $0.drafted }
        gauge("nexus_engine_draft_tokens_accepted", help: "Guessed tokens that were right, by position.") {
            $0.accepted
        }
        metrics.gauge("nexus_engine_drafts", help: "Guesses that were verified so far.") {
            [GaugeReading(Double(ledger.totals.drafts))]
        }
        metrics.gauge("nexus_engine_draft_depth", help: "Tokens guessed at once for an answer, lately.") {
            [GaugeReading(ledger.totals.depth)]
        }
    }
}
