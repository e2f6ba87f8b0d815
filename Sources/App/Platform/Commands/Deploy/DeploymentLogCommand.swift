import Configuration
import JSONText
import Launch

/// `nexus deploy logs`
enum DeploymentLogCommand {
    private static let tail = CommandOption<Int>("tail", short: "n", .integer(in: 0...2_000), "How many lines (100).")
    private static let follow = CommandOption<Bool>("follow", short: "f", .flag, "Go on with the lines that come.")

    static let command = AdminCommand(
        "deploy logs", "Show what a deployment's processes wrote.", operands: [DeployCommand.name],
        options: [tail.declared, follow.declared]
    ) { call in
        let path = DeployCommand.path(call.parsed.operands[0], "/logs")
        let count = call.parsed[tail].map(String.init)
        guard call.parsed[follow] else {
            let answer = try await call.admin.get(path, query: ["tail": count])
            return call.show(answer) { answer in
                (answer["lines"]?.array ?? []).map { line(of: $0, for: call.output) }.joined()
            }
        }
        try await call.admin.follow("GET", path, query: ["tail": count, "follow": "true"]) { _, data in
            call.output.write(call.isJSON ? data.text + "\n" : line(of: data, for: call.output))
            return true
        }
    }

    private static func line(of line: JSONValue, for output: StandardStream) -> String {
        let time = output.styled(PlainText.safe(line["time"]?.string ?? ""), .dim)
        let text = PlainText.safe(line["text"]?.string ?? "")
        return "\(time) " + (line["stream"] == "event" ? output.styled(text, .cyan) : text) + "\n"
    }
}
