import Configuration
import JSONText
import Launch

/// `nexus deploy list` and `nexus deploy status`
enum ListDeploymentsCommand {
    static let list = AdminCommand("deploy list", "List what is served, and how it fares.") { call in
        call.show(try await call.admin.get("/api/v1/deployments")) { table(of: $0, for: call.output) }
    }

    static let status = AdminCommand(
        "deploy status", "Tell how one deployment fares, or all.",
        operands: [Operand("name", .optional, "The deployment's name; all where it is left out.")]
    ) { call in
        guard let name = call.parsed.operands.first else {
            return call.show(try await call.admin.get("/api/v1/deployments")) { table(of: $0, for: call.output) }
        }
        call.show(try await call.admin.get(DeployCommand.path(name))) { text(of: $0, for: call.output) }
    }

    static func table(of answer: JSONValue, for output: StandardStream) -> String {
        let deployments = answer["deployments"]?.array ?? []
        guard !deployments.isEmpty else { return "Nothing is served. nexus deploy start MODEL serves one.\n" }
        var table = TextTable(
            .left("NAME"), .left("STATE"), .left("KIND"), .right("VERSION"), .right("REPLICAS"), .right("BUSY"),
            .right("MEMORY"), .left("MODEL"))
        for one in deployments {
            let stage = one["stage"]?.string ?? ""
            let replicas = one["replicas"]?.array ?? []
            let configuration = one["configuration"]
            let busy = replicas.reduce(0) { $0 + ($1["in_flight"]?.integer ?? 0) }
            let memory = one["memory"]?["resident_bytes"] ?? one["memory"]?["predicted_bytes"]
            let isMeasured = one["memory"]?["resident_bytes"] != nil
            table.add([
                TextTable.Cell(one["name"]?.string ?? "", .bold), TextTable.Cell(stage, style(of: stage)),
                TextTable.Cell(configuration?["kind"]?.string ?? ""),
                TextTable.Cell(String(one["version"]?.integer ?? 0)),
                TextTable.Cell("\(replicas.count)/\(configuration?["replicas"]?.integer ?? 1)"),
                TextTable.Cell(String(busy)),
                TextTable.Cell(memory?.integer.map { (isMeasured ? "" : "~") + PlainText.bytes($0) } ?? "-"),
                TextTable.Cell(subject(configuration)),
            ])
        }
        return table.text(for: output)
    }

    static func text(of one: JSONValue, for output: StandardStream) -> String {
        let stage = one["stage"]?.string ?? ""
        var lines = [
            output.styled(PlainText.safe(one["name"]?.string ?? ""), .bold) + "  "
                + (style(of: stage).map { output.styled(stage, $0) } ?? stage)
        ]
        func add(_ title: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            let padding = String(repeating: " ", count: max(1, 14 - title.count))
            lines.append("  " + output.styled(title, .dim) + padding + PlainText.safe(value))
        }
        add("failed", one["failure"]?.string)
        let configuration = one["configuration"]
        add(configuration?["kind"]?.string ?? "kind", subject(configuration))
        add("version", one["version"]?.integer.map { "\($0) of \(one["versions"]?.integer ?? $0)" })
        add("predicted", one["memory"]?["predicted_bytes"]?.integer.map { PlainText.bytes($0) })
        add("resident", one["memory"]?["resident_bytes"]?.integer.map { PlainText.bytes($0) })
        if one["file_replaced"] == true { add("file", "was replaced; a restart takes the new one") }
        for replica in one["replicas"]?.array ?? [] {
            var words = [replica["state"]?.string ?? "", "\(replica["in_flight"]?.integer ?? 0) answers"]
            if let process = replica["process_id"]?.integer { words.append("process \(process)") }
            if let tokens = replica["context_tokens"]?.integer { words.append("\(tokens) tokens") }
            add("replica \(replica["id"]?.integer ?? 0)", words.joined(separator: ", "))
        }
        for line in one["log_tail"]?.array ?? [] { add("log", line.string) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What answers, in a few words.
    private static func subject(_ configuration: JSONValue?) -> String {
        let known = configuration?["model"] ?? configuration?["url"] ?? configuration?["image"]
        return known?.string ?? (configuration?["command"]?.array ?? []).compactMap(\.string).joined(separator: " ")
    }

    private static func style(of stage: String) -> StandardStream.Style? {
        switch stage {
        case "ready": .green
        case "failed": .red
        case "loading", "switching", "restarting", "unloading": .yellow
        case "stopped", "unloaded": .dim
        default: nil
        }
    }
}
