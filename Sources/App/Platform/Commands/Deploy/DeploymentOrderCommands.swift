import Configuration
import JSONText
import Launch

/// `nexus deploy stop`, `restart` and `rm`
enum DeploymentOrderCommands {
    private static let force = CommandOption<Bool>("force", short: "f", .flag, "Also while it is in use.")

    static let all = [
        order("stop", "End a deployment when its answers are finished; no request loads it until it is started."),
        order("restart", "Start equal servers in place of those that run, without a gap."),
        AdminCommand(
            "deploy rm", "End a deployment and forget it with all versions.", operands: [DeployCommand.name],
            options: [force.declared]
        ) { call in
            let name = call.parsed.operands[0]
            _ = try await call.admin.send(
                "DELETE", DeployCommand.path(name), query: ["force": call.parsed[force] ? "true" : nil])
            call.show(["removed": .string(name)]) { _ in "removed \(PlainText.safe(name))\n" }
        },
    ]

    private static func order(_ word: String, _ summary: String) -> AdminCommand {
        AdminCommand("deploy \(word)", summary, operands: [DeployCommand.name]) { call in
            let path = DeployCommand.path(call.parsed.operands[0], "/\(word)")
            call.show(try await call.admin.post(path)) { ListDeploymentsCommand.text(of: $0, for: call.output) }
        }
    }
}
