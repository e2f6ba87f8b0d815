import Configuration
import JSONText
import Launch

/// `nexus models events`
enum ModelEventsCommand {
    private static let follow = CommandOption<Bool>(
        "follow", short: "f", .flag, "Go on with what happens from now on, until Ctrl-C.")
    private static let limit = CommandOption<Int>("limit", .integer(in: 1...1_000), "How many at most (20).")

    static let command = AdminCommand(
        "models events", "What happened to models: every change of state, oldest first.",
        operands: [Operand("model", .optional, "Name, or name:tag; also of one that is gone.")],
        options: [follow.declared, limit.declared]
    ) { call in
        if call.parsed[follow] { try call.admin.requireServer(to: "follow what happens") }
        let name = call.parsed.operands.first
        let path = name.map { "/api/v1/models/\(AdminClient.escaped($0))/events" } ?? "/api/v1/models/events"
        let count = String(call.parsed[limit] ?? 20)
        let newest = try await call.admin.get(path, query: ["limit": count])["events"]?.array ?? []
        let events = Array(newest.reversed())
        guard call.parsed[follow] else {
            call.show(["events": .array(events)]) { _ in
                events.isEmpty
                    ? "Nothing has happened yet.\n" : events.map { line($0, for: call.output) }.joined()
            }
            return
        }
        func tell(_ event: JSONValue) {
            call.output.write(call.isJSON ? event.text + "\n" : line(event, for: call.output))
        }
        for event in events { tell(event) }
        let last = events.last?["number"]?.integer ?? 0
        try await call.admin.follow("GET", path, query: ["after": String(last)]) { _, event in
            tell(event)
            return true
        }
    }

    /// `2026-11-21 15:04:05Z  qwen2.5:Q4_K_M  load_finished  loading → ready  detail`
    static func line(_ event: JSONValue, for output: StandardStream) -> String {
        var words = [output.styled(moment(event["at"]?.string), .dim)]
        words.append(output.styled(PlainText.safe(event["model"]?.string ?? ""), .bold))
        words.append(description(event))
        return words.joined(separator: "  ") + "\n"
    }

    /// What happened, and what it led to.
    static func description(_ event: JSONValue) -> String {
        var words = [event["event"]?.string ?? ""]
        if let before = event["before"]?.string, let after = event["after"]?.string, before != after {
            words.append("\(before) → \(after)")
        }
        if let deployment = event["deployment"]?.string, deployment != event["model"]?.string {
            words.append("as \(deployment)")
        }
        if let detail = event["detail"]?.string { words.append(detail) }
        return PlainText.safe(words.joined(separator: "  "))
    }

    /// `2026-11-21 15:04:05Z`: in UTC, as the log.
    static func moment(_ text: String?) -> String {
        PlainText.safe(String((text ?? "").prefix(19)).replacing("T", with: " ") + "Z")
    }
}
