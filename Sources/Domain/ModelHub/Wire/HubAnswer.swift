import Vocabulary

/// What the status and header of an answer mean. Pure.
enum HubAnswer: Sendable, Equatable {
    /// 200 or 206: what was asked for.
    case good
    /// Another place has it.
    case elsewhere(String)
    /// Another try is worth it; after the given time, where the server says one.
    case later(String, after: Duration?)
    /// Asking again changes nothing.
    case refused(HubError)

    /// Reads the answer of the hub itself.
    ///
    /// - Parameters:
    ///   - response: its header.
    ///   - repository: what it is about.
    ///   - page: where a person reads about it.
    ///   - hasToken: whether a token was sent.
    ///   - now: as Unix time in seconds, for `Retry-After` with a date.
    /// - Returns: what to do next.
    static func read(
        _ response: HubResponse, repository: HubRepository, page: String, hasToken: Bool, now: Int
    ) -> HubAnswer {
        let code = response.headers["x-error-code"] ?? ""
        let words = response.headers["x-error-message"].map { shown($0) }
        switch response.status {
        case 200, 206: return .good
        case 301, 302, 303, 307, 308:
            guard let location = response.location else {
                return .refused(HubError(.badAnswer, "The hub redirects, and does not say where."))
            }
            return .elsewhere(location)
        case 429:
            return .later("The hub says that there were too many requests.", after: RateLimit.wait(response, now: now))
        case 408, 500...599:
            return .later(
                "The hub answers with status \(response.status).", after: RateLimit.wait(response, now: now))
        case 401 where code == "GatedRepo", 403 where code == "GatedRepo":
            return .refused(
                HubError(
                    .gated, "\(repository) is gated" + (hasToken ? " and the token's owner has no access." : "."),
                    hint: "Accept its conditions at \(page), and give a token of that account as hub.token or HF_TOKEN."
                ))
        case 401, 403:
            let refusal =
                hasToken
                ? "The hub refuses the token for \(repository)" : "The hub wants a token for \(repository)"
            return .refused(
                HubError(
                    .unauthorized, "\(refusal) (status \(response.status)\(words.map { ": \($0)" } ?? "")).",
                    hint:
                        "The name may be wrong, or the repository private: set hub.token or HF_TOKEN to a token that may read it."
                ))
        case 404, 410: return .refused(missing(code, repository, page))
        default:
            return .refused(
                HubError(
                    .badAnswer,
                    "The hub answers with status \(response.status)\(words.map { ": \($0)" } ?? "")."))
        }
    }

    private static func missing(_ code: String, _ repository: HubRepository, _ page: String) -> HubError {
        switch code {
        case "RevisionNotFound":
            HubError(
                .notFound, "\(repository.name) has no revision '\(repository.revision)'.",
                hint: "Its branches and tags are at \(page).")
        case "EntryNotFound":
            HubError(.notFound, "\(repository) does not have this file.", hint: "Its files are at \(page).")
        default:
            HubError(
                .notFound, "The hub has no repository \(repository), or it is private.",
                hint: "Look for it at \(page); a private one needs hub.token or HF_TOKEN.")
        }
    }

    /// Words of a server: one line of at most 200 characters.
    static func shown(_ words: String) -> String {
        String(words.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}

/// How long a server asks to wait.
enum RateLimit {
    /// From `Retry-After` (RFC 9110, section 10.2.3: seconds or a date), else from `RateLimit`'s `t`
    /// (draft-ietf-httpapi-ratelimit-headers, as the Hugging Face hub sends it: `"resolvers";r=0;t=55`).
    static func wait(_ response: HubResponse, now: Int) -> Duration? {
        if let text = response.headers["retry-after"] {
            if let seconds = Int(text) { return seconds >= 0 ? .seconds(seconds) : nil }
            if let date = HTTPDate.seconds(text) { return .seconds(max(0, date - now)) }
        }
        guard let limit = response.headers["ratelimit"] else { return nil }
        for field in limit.split(separator: ";") {
            let parts = field.split(separator: "=").map { $0.filter { $0 != " " } }
            if parts.count == 2, parts[0] == "t", let seconds = Int(parts[1]), seconds >= 0 { return .seconds(seconds) }
        }
        return nil
    }
}

/// Dates of HTTP headers in the form that must be sent (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Unix time of `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for other forms.
    static func seconds(_ text: String) -> Int? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]),
            (1970...9999).contains(year), let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return date.daysSince1970 * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }
}
