import Configuration
import JSONText
import Launch

/// `nexus deploy change`, `versions`, `diff` and `rollback`
enum DeploymentHistoryCommands {
    private static let from = CommandOption<Int>("from", .integer(in: 1...2_147_483_647), "The earlier version.")
    private static let to = CommandOption<Int>("to", .integer(in: 1...2_147_483_647), "The version.")

    static let all = [change, versions, diff, rollback]

    private static let change = AdminCommand(
        "deploy change", "Change a deployment's configuration without a gap; that makes a version.",
        operands: [DeployCommand.name], options: DeploymentOptions.declared
    ) { call in
        let body = try DeploymentOptions.members(call.parsed)
        guard body.contains(where: { $0.key != "note" }) else {
            throw UsageError(problem: "Nothing is to be changed.", hint: "See `nexus deploy change --help`.")
        }
        let path = DeployCommand.path(call.parsed.operands[0])
        call.show(try await call.admin.send("PATCH", path, body: .object(body))) {
            ListDeploymentsCommand.text(of: $0, for: call.output)
        }
    }

    private static let versions = AdminCommand(
        "deploy versions", "Show every configuration that a deployment had, with its notes.",
        operands: [DeployCommand.name]
    ) { call in
        let answer = try await call.admin.get(DeployCommand.path(call.parsed.operands[0], "/versions"))
        call.show(answer) { answer in
            var table = TextTable(.right("VERSION"), .left("STATE"), .left("NOTE"))
            for version in answer["versions"]?.array ?? [] {
                let state = version["state"]?.string ?? ""
                let words = [version["note"]?.string, version["reason"]?.string].compactMap(\.self)
                table.add([
                    TextTable.Cell(String(version["version"]?.integer ?? 0), .bold),
                    TextTable.Cell(state, state == "active" ? .green : state == "failed" ? .red : .dim),
                    TextTable.Cell(words.filter { !$0.isEmpty }.joined(separator: ": ")),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let diff = AdminCommand(
        "deploy diff",
        "Show what differs between two versions: the active one and the one before it, unless others are named.",
        operands: [DeployCommand.name], options: [from.declared, to.declared]
    ) { call in
        let answer = try await call.admin.get(
            DeployCommand.path(call.parsed.operands[0], "/diff"),
            query: ["from": call.parsed[from].map(String.init), "to": call.parsed[to].map(String.init)])
        call.show(answer) { answer in
            let changes = answer["changes"]?.array ?? []
            guard !changes.isEmpty else { return "no difference\n" }
            return changes.flatMap { change -> [String] in
                let path = PlainText.safe(change["path"]?.string ?? "")
                func line(_ mark: String, _ value: JSONValue?, _ style: StandardStream.Style) -> String? {
                    guard let value, !value.isNull else { return nil }
                    return call.output.styled("\(mark) \(path)  \(PlainText.safe(value.text))\n", style)
                }
                return [line("-", change["before"], .red), line("+", change["after"], .green)].compactMap(\.self)
            }.joined()
        }
    }

    private static let rollback = AdminCommand(
        "deploy rollback", "Make an earlier version's configuration the active one again, without a gap.",
        operands: [DeployCommand.name], options: [to.declared, DeploymentOptions.note.declared]
    ) { call in
        var body = JSONObject()
        body["to"] = call.parsed[to].map(JSONValue.whole)
        body["note"] = call.parsed[DeploymentOptions.note].map(JSONValue.string)
        let path = DeployCommand.path(call.parsed.operands[0], "/rollback")
        call.show(try await call.admin.post(path, .object(body))) {
            ListDeploymentsCommand.text(of: $0, for: call.output)
        }
    }
}
