/// An option of a command that is no configuration key: `--json`, `--lines 50`.
public struct CommandOption<Value: Sendable>: Sendable {
    /// Without dashes.
    public let name: String
    /// One letter: `-n`.
    public let short: Character?
    public let kind: ValueKind<Value>
    /// One sentence.
    public let documentation: String

    public init(_ name: String, short: Character? = nil, _ kind: ValueKind<Value>, _ documentation: String) {
        self.name = name
        self.short = short
        self.kind = kind
        self.documentation = documentation
    }

    /// To list it in a `Command`.
    public var declared: DeclaredOption {
        DeclaredOption(
            name: name, short: short, placeholder: kind.placeholder, isFlag: kind.isFlag, allowed: kind.allowed,
            documentation: documentation, isAllowed: { kind.read($0) != nil })
    }
}

/// A `CommandOption` whose type is forgotten, so that options of all types fit one list.
public struct DeclaredOption: Sendable {
    let name: String
    let short: Character?
    let placeholder: String
    let isFlag: Bool
    let allowed: String
    let documentation: String
    let isAllowed: @Sendable (String) -> Bool
}

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
