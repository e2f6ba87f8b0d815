import Synchronization

/// llama-server's names for an engine's numbers, in Prometheus' text format.
///
/// Source: `tools/server/README.md` of llama.cpp, "GET /metrics". Both rates are over the time since the last look.
public final class LlamaServerMetrics: Sendable {
    private let counts: @Sendable () -> EngineCounts
    private let lastLook = Mutex(EngineCounts())

    public init(counts: @escaping @Sendable () -> EngineCounts) { self.counts = counts }

    public func text() -> String {
        let now = counts()
        let before = lastLook.withLock { last in
            defer { last = now }
            return last
        }
        var text = ""
        for (name, help, number) in Self.counters(now) { text += Self.lines(name, "counter", help, number) }
        for (name, help, number) in Self.gauges(now, since: before) { text += Self.lines(name, "gauge", help, number) }
        guard !now.acceptedAtPosition.isEmpty else { return text }
        let name = "llamacpp:spec_decode_num_accepted_tokens_per_pos_total"
        text += "# HELP \(name) Accepted tokens per draft position.\n# TYPE \(name) counter\n"
        for (index, count) in now.acceptedAtPosition.enumerated() {
            text += "\(name){position=\"\(index)\"} \(count)\n"
        }
        return text
    }

    private typealias Item = (name: String, help: String, number: Double)

    private static func counters(_ counts: EngineCounts) -> [Item] {
        [
            ("prompt_tokens_total", "Prompt tokens that were computed.", Double(counts.promptTokens)),
            ("prompt_tokens_cached_total", "Prompt tokens from the cache.", Double(counts.cachedPromptTokens)),
            ("prompt_seconds_total", "Time that prompts took.", counts.promptSeconds),
            ("tokens_predicted_total", "Tokens that were written.", Double(counts.writtenTokens)),
            ("tokens_predicted_seconds_total", "Time that writing took.", counts.writingSeconds),
            ("n_decode_total", "Steps of the model.", Double(counts.steps)),
            ("n_tokens_max", "The most tokens that one sequence had.", Double(counts.sequenceTokensMax)),
            ("spec_decode_num_draft_tokens_total", "Drafted tokens.", Double(counts.draftTokens)),
            (
                "spec_decode_num_accepted_tokens_total", "Drafted tokens that were right.",
                Double(counts.acceptedDraftTokens)
            ),
            ("spec_decode_num_drafts_total", "Times that a draft was checked.", Double(counts.drafts)),
        ]
    }

    private static func gauges(_ now: EngineCounts, since before: EngineCounts) -> [Item] {
        func rate(_ count: Int, _ seconds: Double) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
        return [
            (
                "prompt_tokens_seconds", "Prompt tokens computed in a second.",
                rate(now.promptTokens - before.promptTokens, now.promptSeconds - before.promptSeconds)
            ),
            (
                "predicted_tokens_seconds", "Tokens written in a second.",
                rate(now.writtenTokens - before.writtenTokens, now.writingSeconds - before.writingSeconds)
            ),
            ("requests_processing", "Requests that run.", Double(now.running)),
            ("requests_deferred", "Requests that wait.", Double(now.waiting)),
            (
                "n_busy_slots_per_decode", "Slots in use in a step of the model.",
                Double(now.busySlots) / Double(max(1, now.steps))
            ),
        ]
    }

    private static func lines(_ name: String, _ type: String, _ help: String, _ number: Double) -> String {
        let text = number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        return "# HELP llamacpp:\(name) \(help)\n# TYPE llamacpp:\(name) \(type)\nllamacpp:\(name) \(text)\n"
    }
}
