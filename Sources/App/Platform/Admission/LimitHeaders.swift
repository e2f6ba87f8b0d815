import Gateway
import JSONText
import Telemetry
import Vocabulary

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
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(Self.countMax)
        // One store for all that is written.
        var room: [UInt8] = []
        room.reserveCapacity(Self.bytesMax * standings.count)
        if endpoint.hasPrefix("/v1/messages") {
            for names in anthropic {
                guard let standing = tightest(standings, of: names.resources) else { continue }
                let reset = now + .milliseconds(standing.reset)
                headers.append((names.limit, text(&room) { $0.append(decimal: standing.rule.pace.capacity) }))
                headers.append((names.remaining, text(&room) { $0.append(decimal: standing.remaining) }))
                headers.append((names.reset, reset.rfc3339))
            }
        } else {
            for names in openAI {
                guard let standing = tightest(standings, of: names.resources) else { continue }
                headers.append((names.limit, text(&room) { $0.append(decimal: standing.rule.pace.capacity) }))
                headers.append((names.remaining, text(&room) { $0.append(decimal: standing.remaining) }))
                headers.append((names.reset, text(&room) { append(standing.reset, to: &$0) }))
            }
        }
        let policy = text(&room) { room in
            for standing in standings {
                append(standing.rule, ";q=", standing.rule.pace.capacity, ";w=", standing.rule.pace.period, to: &room)
            }
        }
        headers.append(("RateLimit-Policy", policy))
        let left = text(&room) { room in
            for standing in standings {
                append(standing.rule, ";r=", standing.remaining, ";t=", standing.reset, to: &room)
            }
        }
        headers.append(("RateLimit", left))
        return headers
    }

    private static func text(_ room: inout [UInt8], _ write: (inout [UInt8]) -> Void) -> String {
        room.removeAll(keepingCapacity: true)
        write(&room)
        return String(decoding: room, as: UTF8.self)
    }

    /// The headers of some resources.
    private struct Names {
        let resources: [LimitResource]
        let limit: String
        let remaining: String
        let reset: String
    }

    /// Most that there are of one answer.
    private static let countMax = 11

    /// What one limit takes in a list at most, but for long names.
    private static let bytesMax = 80

    private static let openAI = [
        Names(
            resources: [.requests], limit: "x-ratelimit-limit-requests", remaining: "x-ratelimit-remaining-requests",
            reset: "x-ratelimit-reset-requests"),
        Names(
            resources: [.inputTokens, .outputTokens], limit: "x-ratelimit-limit-tokens",
            remaining: "x-ratelimit-remaining-tokens", reset: "x-ratelimit-reset-tokens"),
    ]

    private static let anthropic = [
        (LimitResource.requests, "requests"), (.inputTokens, "input-tokens"), (.outputTokens, "output-tokens"),
    ].map { resource, name in
        Names(
            resources: [resource], limit: "anthropic-ratelimit-\(name)-limit",
            remaining: "anthropic-ratelimit-\(name)-remaining", reset: "anthropic-ratelimit-\(name)-reset")
    }

    /// The one of which the least is left, as a share of the whole.
    private static func tightest(_ standings: [LimitStanding], of resources: [LimitResource]) -> LimitStanding? {
        var found: (place: Int, share: Double)?
        // By index: an iterator would count each rule's texts in and out.
        for place in standings.indices where resources.contains(standings[place].rule.resource) {
            let share = Double(standings[place].remaining) / Double(standings[place].rule.pace.capacity)
            if found.map({ share < $0.share }) ?? true { found = (place, share) }
        }
        return found.map { standings[$0.place] }
    }

    /// One of a list as the IETF's fields have it: a limit with an amount and a time, which is given in milliseconds.
    private static func append(
        _ rule: LimitRule, _ amountName: StaticString, _ amount: Int64, _ timeName: StaticString, _ time: Int64,
        to text: inout [UInt8]
    ) {
        text.append(literal: text.isEmpty ? "\"" : ", \"")
        text.append(text: rule.id)
        text.append(UInt8(ascii: "\""))
        text.append(literal: amountName)
        text.append(decimal: amount)
        text.append(literal: timeName)
        text.append(decimal: seconds(time))
    }

    private static func seconds(_ milliseconds: Int64) -> Int64 { (milliseconds + 999) / 1_000 }

    /// `20ms`, `1s`, `6m0s`, `2h0m5s`: as OpenAI writes it.
    static func duration(_ milliseconds: Int64) -> String {
        var text: [UInt8] = []
        append(milliseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ milliseconds: Int64, to text: inout [UInt8]) {
        guard milliseconds >= 1_000 else {
            text.append(decimal: milliseconds)
            return text.append(literal: "ms")
        }
        let total = seconds(milliseconds)
        let (hours, minutes, seconds) = (total / 3_600, total / 60 % 60, total % 60)
        if hours > 0 {
            text.append(decimal: hours)
            text.append(UInt8(ascii: "h"))
        }
        if hours > 0 || minutes > 0 {
            text.append(decimal: minutes)
            text.append(UInt8(ascii: "m"))
        }
        text.append(decimal: seconds)
        text.append(UInt8(ascii: "s"))
    }
}
