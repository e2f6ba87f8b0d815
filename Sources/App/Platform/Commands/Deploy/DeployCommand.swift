import Configuration

/// `nexus deploy …`: the commands about models that are served.
enum DeployCommand {
    static let group = CommandGroup("deploy", "Models that are served")

    /// In the order of the help.
    static let all: [AdminCommand] = []
}
