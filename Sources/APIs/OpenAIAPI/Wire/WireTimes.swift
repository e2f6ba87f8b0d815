import JSONText
import Vocabulary

extension Duration {
    /// Milliseconds, rounded to microseconds.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + (Double(attoseconds) / 1e12).rounded() / 1_000
    }

    /// The same way back. Numbers from other servers may be anything; they are kept between 0 and some thirty years.
    init(wireMilliseconds: Double) {
        self = .microseconds(Int64((min(max(wireMilliseconds, 0), 1e12) * 1_000).rounded()))
    }
}

extension GenerationTimings {
    /// llama-server's names for where the time went, and `queue_ms` and `media_ms`. Source: "Timings and context usage" in its README.
    func value(_ usage: TokenUsage) -> JSONValue {
        let computed = usage.promptTokens - usage.cachedTokens
        let (prompt, predicted) = (prefill.milliseconds, decode.milliseconds)
        // The first token comes with the prompt and takes no step of its own.
        let steps = max(0, usage.completionTokens - 1)
        func share(_ part: Double, of whole: Double) -> JSONValue { .number(whole > 0 ? part / whole : 0) }
        var times: JSONObject = [
            "queue_ms": .number(queue.milliseconds), "cache_n": .whole(usage.cachedTokens),
            "prompt_n": .whole(computed), "prompt_ms": .number(prompt),
            "prompt_per_token_ms": share(prompt, of: Double(computed)),
            "prompt_per_second": share(Double(computed) * 1_000, of: prompt),
            "predicted_n": .whole(usage.completionTokens), "predicted_ms": .number(predicted),
            "predicted_per_token_ms": share(predicted, of: Double(steps)),
            "predicted_per_second": share(Double(steps) * 1_000, of: predicted),
        ]
        if mediaEncode > .zero { times["media_ms"] = .number(mediaEncode.milliseconds) }
        if draftTokens > 0 {
            times["draft_n"] = .whole(draftTokens)
            times["draft_n_accepted"] = .whole(acceptedDraftTokens)
        }
        return .object(times)
    }

    init(_ value: JSONValue) {
        func duration(_ name: String) -> Duration { Duration(wireMilliseconds: value[name]?.double ?? 0) }
        self.init(
            queue: duration("queue_ms"), prefill: duration("prompt_ms"), decode: duration("predicted_ms"),
            mediaEncode: duration("media_ms"))
        draftTokens = value["draft_n"].count
        acceptedDraftTokens = min(value["draft_n_accepted"].count, draftTokens)
    }
}

extension PromptProgress {
    /// llama-server's `prompt_progress`.
    var value: JSONValue {
        [
            "total": .whole(total), "cache": .whole(cached), "processed": .whole(processed),
            "time_ms": .number(elapsed.milliseconds),
        ]
    }

    /// The times of a prompt that is being computed. Before anything is, they are zero.
    var timings: JSONValue {
        let computed = max(0, processed - cached)
        let usage = TokenUsage(promptTokens: cached + computed, completionTokens: 0, cachedTokens: cached)
        return GenerationTimings(queue: .zero, prefill: computed == 0 ? .zero : elapsed, decode: .zero).value(usage)
    }

    init(_ value: JSONValue) {
        self.init(
            total: value["total"].count, cached: value["cache"].count, processed: value["processed"].count,
            elapsed: Duration(wireMilliseconds: value["time_ms"]?.double ?? 0))
    }
}

extension GenerationEnd {
    var wireTimings: JSONValue? { timings?.value(usage) }
}

extension JSONValue? {
    /// A count that another server tells: whatever it is, sums and differences of such numbers must not overflow.
    var count: Int { min(max(0, Int(clamping: self?.integer ?? 0)), Int(Int32.max)) }
}
