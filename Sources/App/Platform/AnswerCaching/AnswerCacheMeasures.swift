import Gateway
import Telemetry

/// What the answer cache did, and what it saved.
struct AnswerCacheMeasures: Sendable {
    private let requests: MetricFamily<Counter>
    private let refusals: MetricFamily<Counter>
    private let savedTokens: MetricFamily<Counter>
    private let savedTime: Counter
    let damaged: Counter
    let notWritten: Counter
    let storeFailed: Counter
    let followed: Counter

    init(_ metrics: MetricsRegistry) {
        requests = metrics.counter(
            "nexus_answer_cache_requests_total",
            help: "Requests by what the answer cache did: hit, miss, semantic, bypass, and vectors likewise.",
            labels: ["state"])
        refusals = metrics.counter(
            "nexus_answer_cache_refusals_total",
            help:
                "Questions that were near enough and refused, by what differs: numbers, negation, names, code, direction.",
            labels: ["reason"])
        savedTokens = metrics.counter(
            "nexus_answer_cache_saved_tokens_total", help: "Tokens that did not have to be computed.", labels: ["kind"])
        savedTime = metrics.counter(
            "nexus_answer_cache_saved_seconds_total", help: "What the answers took when they were written.")
        damaged = metrics.counter(
            "nexus_answer_cache_damaged_total", help: "Answers that were not what was written, and were removed.")
        notWritten = metrics.counter(
            "nexus_answer_cache_not_written_total",
            help: "Answers that are in memory only, because too many waited to be written.")
        storeFailed = metrics.counter(
            "nexus_answer_cache_store_failures_total", help: "Times that the store could not be read or written.")
        followed = metrics.counter(
            "nexus_answer_cache_followed_total", help: "Requests that waited for the same answer to another one.")
    }

    func note(_ state: String) { requests.with(state).increment() }
    func refused(_ conflict: QuestionMarks.Conflict) { refusals.with(conflict.rawValue).increment() }

    func saved(_ answer: CachedAnswer) {
        savedTokens.with("prompt").increment(by: UInt64(max(0, answer.promptTokens)))
        savedTokens.with("completion").increment(by: UInt64(max(0, answer.completionTokens)))
        savedTime.add(.microseconds(answer.computing))
    }

    /// Gauges of what there is.
    static func watch(_ cache: AnswerCache, _ metrics: MetricsRegistry) {
        func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable (AnswerCache.Contents) -> Int) {
            metrics.gauge(name, help: help, labels: []) { [weak cache] in
                cache.map { [GaugeReading(Double(value($0.contents)))] } ?? []
            }
        }
        gauge("nexus_answer_cache_memory_bytes", "Bytes of answers in memory.") { $0.memoryBytes }
        gauge("nexus_answer_cache_memory_entries", "Answers in memory.") { $0.memoryCount }
        gauge("nexus_answer_cache_stored_entries", "Answers in the store.") { $0.storedCount }
        gauge("nexus_answer_cache_questions", "Questions that can be found by their meaning.") { $0.questionCount }
    }

    /// Counts since the start, by state.
    var counts: [(state: String, count: Int)] {
        ["hit", "miss", "semantic", "bypass", "vectors_hit", "vectors_miss"].map { ($0, Int(requests.with($0).value)) }
    }

    var savedPromptTokens: Int { Int(savedTokens.with("prompt").value) }
    var savedCompletionTokens: Int { Int(savedTokens.with("completion").value) }
    var savedSeconds: Double { savedTime.value }
}
