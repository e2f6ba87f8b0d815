import Configuration

/// `nexus deploy …`: the commands about models that are served.
enum DeployCommand {
    static let group = CommandGroup("deploy", "Models that are served")

    /// In the order of the help.
    static let all: [AdminCommand] =
        StartDeploymentCommand.all + [ListDeploymentsCommand.list, ListDeploymentsCommand.status]
        + DeploymentOrderCommands.all + DeploymentHistoryCommands.all + [DeploymentLogCommand.command]

    static let name = Operand("name", .one, "The deployment's name.")

    static func path(_ name: String, _ rest: String = "") -> String {
        "/api/v1/deployments/" + AdminClient.escaped(name) + rest
    }
}
