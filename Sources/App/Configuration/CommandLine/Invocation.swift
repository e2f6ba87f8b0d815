/// What the user asked for.
public enum Invocation: Sendable {
    /// Print this text and succeed.
    case help(String)
    /// Print the version and succeed.
    case version
    case command(ParsedCommand)
}

/// A command with checked options.
public struct ParsedCommand: Sendable {
    /// The command's name: `config show`.
    public let name: String
    /// Operands in order; as many as the command declares.
    public let operands: [String]
    /// `--config`.
    public internal(set) var configurationFile: String?
    /// `--profile`.
    public internal(set) var profile: String?
    /// Configuration keys that were given, in order.
    public internal(set) var configurationArguments: [ConfigurationArgument]
    private let values: [String: String]

    init(
        name: String, operands: [String], configurationFile: String?, profile: String?,
        configurationArguments: [ConfigurationArgument], values: [String: String]
    ) {
        self.name = name
        self.operands = operands
        self.configurationFile = configurationFile
        self.profile = profile
        self.configurationArguments = configurationArguments
        self.values = values
    }

    /// The value of an option, or `nil` when it was not given.
    public subscript<Value>(option: CommandOption<Value>) -> Value? { values[option.name].flatMap(option.kind.read) }

    /// Whether a flag is set.
    public subscript(option: CommandOption<Bool>) -> Bool { values[option.name].flatMap(option.kind.read) ?? false }

    /// What `Configuration.load` needs, completed with the outside world.
    public func inputs(
        environment: [String: String], readFile: @escaping @Sendable (String) throws -> [UInt8]?
    ) -> ConfigurationInputs {
        ConfigurationInputs(
            arguments: configurationArguments, file: configurationFile, profile: profile, environment: environment,
            readFile: readFile)
    }
}

/// What is wrong with a command line. The program should print `description` to standard error and end with `exitCode`.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    public let problem: String
    /// What to do about it.
    public let hint: String?

    public var description: String { hint.map { "\(problem)\n\($0)" } ?? problem }
    public var exitCode: ExitCode { .usage }
}

/// How a program ends. The only numbers that our programs exit with.
public enum ExitCode: Int32, Sendable {
    case success = 0
    /// The order was understood and could not be carried out.
    case failure = 1
    /// The command line was not understood.
    case usage = 2
    /// The configuration is wrong; starting again does not help (EX_CONFIG of sysexits.h).
    case configuration = 78
}
