import JSONText
import Vocabulary

/// llama-server's bounds for completion in editors: `n_indent`, `t_max_predict_ms` and `t_max_prompt_ms`.
enum LineLimitFields {
    static func read(_ root: JSONField) throws(JSONFieldError) -> LineLimits {
        var limits = LineLimits()
        limits.indentation = try root.optional("n_indent")?.integer(in: 0...RequestBounds.newTokensMax) ?? 0
        limits.writing = try time(root, "t_max_predict_ms")
        limits.prompt = try time(root, "t_max_prompt_ms")
        return limits
    }

    /// 0 and -1 are no limit.
    private static func time(_ root: JSONField, _ name: String) throws(JSONFieldError) -> Duration? {
        let milliseconds = try root.optional(name)?.integer(in: -1...Int(RequestBounds.deadlineMillisecondsMax)) ?? 0
        return milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }

    /// Adds the bounds to a request for another server.
    static func write(_ limits: LineLimits, to body: inout JSONObject) {
        guard limits != LineLimits() else { return }
        if limits.indentation > 0 { body["n_indent"] = .whole(limits.indentation) }
        body["t_max_predict_ms"] = limits.writing.map(milliseconds)
        body["t_max_prompt_ms"] = limits.prompt.map(milliseconds)
    }

    private static func milliseconds(_ time: Duration) -> JSONValue {
        .whole(Int(min(max(time.milliseconds.rounded(.up), 1), RequestBounds.deadlineMillisecondsMax)))
    }
}
