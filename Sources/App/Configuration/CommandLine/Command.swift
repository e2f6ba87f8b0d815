/// A positional argument of a command.
public struct Operand: Sendable {
    public enum Count: Sendable { case one, optional, many }
    /// In lower case: `model`.
    public let name: String
    public let count: Count
    public let documentation: String

    public init(_ name: String, _ count: Count = .one, _ documentation: String) {
        self.name = name
        self.count = count
        self.documentation = documentation
    }
}

/// One command: `serve`, or `config show`.
public struct Command: Sendable {
    /// Words separated by one space.
    public let name: String
    /// One sentence.
    public let summary: String
    public let operands: [Operand]
    public let options: [DeclaredOption]
    /// Whether `--config`, `--profile` and every configuration key may be given.
    public let takesConfiguration: Bool
    /// Whether the help shows every configuration key, or only says that they may be given.
    public let listsSettings: Bool

    public init(
        _ name: String, _ summary: String, operands: [Operand] = [], options: [DeclaredOption] = [],
        takesConfiguration: Bool = true, listsSettings: Bool = true
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.takesConfiguration = takesConfiguration
        self.listsSettings = listsSettings
    }
}

/// Commands that begin with the same word and belong together: `models list`, `models show`.
public struct CommandGroup: Sendable {
    /// The word.
    public let name: String
    /// What they are about, without a full stop.
    public let summary: String

    public init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }
}

/// A program and its commands.
public struct Program: Sendable {
    public let name: String
    /// One sentence.
    public let summary: String
    public let commands: [Command]
    /// Shown as one line each in the overview.
    public let groups: [CommandGroup]

    public init(name: String, summary: String, commands: [Command], groups: [CommandGroup] = []) {
        self.name = name
        self.summary = summary
        self.commands = commands
        self.groups = groups
    }

    /// The commands of a group, in order.
    func commands(of group: CommandGroup) -> [Command] { commands.filter { $0.name.hasPrefix(group.name + " ") } }

    /// The group that a command belongs to.
    func group(of command: Command) -> CommandGroup? {
        groups.first { command.name.hasPrefix($0.name + " ") || command.name == $0.name }
    }
}
