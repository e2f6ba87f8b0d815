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

    public init(
        _ name: String, _ summary: String, operands: [Operand] = [], options: [DeclaredOption] = [],
        takesConfiguration: Bool = true
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.takesConfiguration = takesConfiguration
    }
}

/// A program and its commands.
public struct Program: Sendable {
    public let name: String
    /// One sentence.
    public let summary: String
    public let commands: [Command]

    public init(name: String, summary: String, commands: [Command]) {
        self.name = name
        self.summary = summary
        self.commands = commands
    }
}
