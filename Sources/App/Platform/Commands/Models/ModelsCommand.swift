import Configuration

/// `nexus models …`: the commands about models on this machine.
enum ModelsCommand {
    static let group = CommandGroup("models", "Models of this machine")

    /// In the order of the help.
    static let all: [AdminCommand] = [
        ListModelsCommand.command, ShowModelCommand.command, ImportModelsCommand.command, RemoveModelCommand.command,
        EditModelCommand.command, ModelEventsCommand.command,
        DownloadCommand.command, QuantizeCommand.command, MeasureCommands.measure, MeasureCommands.imatrix,
        RecommendCommand.command, MemoryCommand.command, BenchmarkCommand.command,
    ]
}
