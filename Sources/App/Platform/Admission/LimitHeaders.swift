import Gateway
import Telemetry

/// How limits stand, as clients expect to read it: OpenAI's headers, on Anthropic's paths Anthropic's, and the IETF's fields.
///
/// Source: <https://platform.openai.com/docs/guides/rate-limits>, <https://docs.anthropic.com/en/api/rate-limits>,
/// draft-ietf-httpapi-ratelimit-headers-10.
enum LimitHeaders {
    /// - Parameters:
    ///   - standings: of the limits that the request met.
    ///   - endpoint: the path that was asked.
    ///   - now: when, for times of the day.
    /// - Returns: names and values.
    static func headers(_ standings: [LimitStanding], endpoint: String, now: UnixTime) -> [(
        name: String, value: String
    )] {
        guard !standings.isEmpty else { return [] }
        let requests = tightest(standings) { $0 == .requests }
        let input = tightest(standings) { $0 == .inputTokens }
        let output = tightest(standings) { $0 == .outputTokens }
        var headers: [(name: String, value: String)] = []
        if endpoint.hasPrefix("/v1/messages") {
            for (name, standing) in [("requests", requests), ("input-tokens", input), ("output-tokens", output)] {
                guard let standing else { continue }
                let reset = now + .milliseconds(standing.reset)
                headers += [
                    ("anthropic-ratelimit-\(name)-limit", String(standing.rule.pace.capacity)),
                    ("anthropic-ratelimit-\(name)-remaining", String(standing.remaining)),
                    ("anthropic-ratelimit-\(name)-reset", reset.rfc3339),
                ]
            }
        } else {
            let tokens = tightest(standings) { $0 == .inputTokens || $0 == .outputTokens }
            for (name, standing) in [("requests", requests), ("tokens", tokens)] {
                guard let standing else { continue }
                headers += [
                    ("x-ratelimit-limit-\(name)", String(standing.rule.pace.capacity)),
                    ("x-ratelimit-remaining-\(name)", String(standing.remaining)),
                    ("x-ratelimit-reset-\(name)", duration(standing.reset)),
                ]
            }
        }
        headers.append(
            (
                "RateLimit-Policy",
                standings.map { "\"\($0.rule.id)\";q=\($0.rule.pace.capacity);w=\(seconds($0.rule.pace.period))" }
                    .joined(separator: ", ")
            ))
        headers.append(
            (
                "RateLimit",
                standings.map { "\"\($0.rule.id)\";r=\($0.remaining);t=\(seconds($0.reset))" }.joined(separator: ", ")
            ))
        return headers
    }

    /// The one of which the least is left, as a share of the whole.
    private static func tightest(
        _ standings: [LimitStanding], where isMeant: (LimitResource) -> Bool
    ) -> LimitStanding? {
        standings.filter { isMeant($0.rule.resource) }.min { left, right in
            Double(left.remaining) / Double(left.rule.pace.capacity)
                < Double(right.remaining) / Double(right.rule.pace.capacity)
        }
    }

    private static func seconds(_ milliseconds: Int64) -> Int64 { (milliseconds + 999) / 1_000 }

    /// `20ms`, `1s`, `6m0s`, `2h0m5s`: as OpenAI writes it.
    static func duration(_ milliseconds: Int64) -> String {
        guard milliseconds >= 1_000 else { return "\(milliseconds)ms" }
        let total = seconds(milliseconds)
        let (hours, minutes, seconds) = (total / 3_600, total / 60 % 60, total % 60)
        if hours > 0 { return "\(hours)h\(minutes)m\(seconds)s" }
        return minutes > 0 ? "\(minutes)m\(seconds)s" : "\(seconds)s"
    }
}
