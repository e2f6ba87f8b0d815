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
    /// Options that were taken and change nothing, each once, in order.
    public let notices: [OptionNotice]
    private let values: [OptionValue]

    init(
        name: String, operands: [String], configurationFile: String?, profile: String?,
        configurationArguments: [ConfigurationArgument], notices: [OptionNotice], values: [OptionValue]
    ) {
        self.name = name
        self.operands = operands
        self.configurationFile = configurationFile
        self.profile = profile
        self.configurationArguments = configurationArguments
        self.notices = notices
        self.values = values
    }

    /// The last value of an option, or `nil` when it was not given.
    public subscript<Value>(option: CommandOption<Value>) -> Value? {
        values.last { $0.name == option.name }.flatMap { option.kind.read($0.text) }
    }

    /// Whether a flag is set.
    public subscript(option: CommandOption<Bool>) -> Bool { given(option) ?? false }

    /// What was said of a flag, or `nil` when nothing was.
    public func given(_ option: CommandOption<Bool>) -> Bool? {
        values.last { $0.name == option.name }.flatMap { option.kind.read($0.text) }
    }

    /// All values of options that may be repeated, in the order of the command line.
    public func all<Value>(_ options: CommandOption<Value>...) -> [Value] {
        values.compactMap { value in
            options.first { $0.name == value.name }.flatMap { $0.kind.read(value.text) }
        }
    }

    /// What `Configuration.load` needs, completed with the outside world.
    public func inputs(
        environment: [String: String], readFile: @escaping @Sendable (String) throws -> [UInt8]?
    ) -> ConfigurationInputs {
        ConfigurationInputs(
            arguments: configurationArguments, file: configurationFile, profile: profile, environment: environment,
            readFile: readFile)
    }
}

/// One value of an option, as it was written.
struct OptionValue: Sendable, Equatable {
    let name: String
    let text: String
}

/// An option that was taken and changes nothing.
public struct OptionNotice: Sendable, Equatable {
    /// As it was written, or the variable of the environment.
    public let spelling: String
    /// Why nothing is lost, or what is missing, as a sentence.
    public let reason: String

    public init(spelling: String, reason: String) {
        self.spelling = spelling
        self.reason = reason
    }
}

/// What is wrong with a command line. The program should print `description` to standard error and end with `exitCode`.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    public let problem: String
    /// What to do about it.
    public let hint: String?

    public init(problem: String, hint: String?) {
        self.problem = problem
        self.hint = hint
    }

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
