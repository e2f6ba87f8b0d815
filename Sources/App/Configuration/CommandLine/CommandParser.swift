extension Program {
    /// Understands a command line. Pure: prints nothing and ends nothing.
    ///
    /// `--key value`, `--key=value`, `-k value`, `-kvalue`, joined flags (`-jv`), and `--` before operands that begin
    /// with a dash. `--help` and `-h` anywhere before `--` win over everything else.
    ///
    /// The arguments come without the program's own name.
    public func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
        let options = arguments.prefix { $0 != "--" }
        let wantsHelp = options.contains { $0 == "--help" || $0 == "-h" } || arguments.first == "help"
        if !wantsHelp, arguments.first == "--version" || arguments.first == "version" { return .version }
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        guard let command = command(at: words) else {
            if wantsHelp || arguments.isEmpty { return .help(help) }
            throw unknownCommand(words)
        }
        if wantsHelp { return .help(help(for: command)) }
        var parser = CommandParser(program: name, command: command)
        return .command(try parser.parse(words.dropFirst(command.name.wordCount)))
    }

    /// The command with the most words that the arguments begin with.
    private func command(at words: ArraySlice<String>) -> Command? {
        commands.filter { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
            .max { $0.name.wordCount < $1.name.wordCount }
    }

    private func unknownCommand(_ words: ArraySlice<String>) -> UsageError {
        let hint = "See `\(name) --help`."
        guard let first = words.first, !first.hasPrefix("-") else {
            return UsageError(problem: "A command is missing.", hint: hint)
        }
        let group = commands.filter { $0.name.hasPrefix(first + " ") }.map(\.name)
        guard group.isEmpty else {
            return UsageError(problem: "'\(first)' needs one of: \(group.joined(separator: ", ")).", hint: hint)
        }
        let close = Suggestion.closest(
            to: first, among: commands.compactMap { $0.name.split(separator: " ").first.map(String.init) })
        return UsageError(problem: "There is no command '\(first)'\(Suggestion.sentence(close))", hint: hint)
    }
}

extension String {
    fileprivate var wordCount: Int { split(separator: " ").count }
}

/// One run over the arguments that follow a command's name.
private struct CommandParser {
    let program: String
    let command: Command
    private var operands: [String] = []
    private var values: [String: String] = [:]
    private var configurationFile: String?
    private var profile: String?
    private var configurationArguments: [ConfigurationArgument] = []

    init(program: String, command: Command) {
        self.program = program
        self.command = command
    }

    mutating func parse(_ arguments: ArraySlice<String>) throws(UsageError) -> ParsedCommand {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            if argument.hasPrefix("--") {
                try long(argument, &rest)
            } else if argument.hasPrefix("-"), argument.count > 1 {
                try short(argument, &rest)
            } else {
                operands.append(argument)
            }
        }
        try checkOperands()
        return ParsedCommand(
            name: command.name, operands: operands, configurationFile: configurationFile, profile: profile,
            configurationArguments: configurationArguments, values: values)
    }

    private mutating func long(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        let attached = parts.count == 2 ? String(parts[1]) : nil
        if let option = command.options.first(where: { $0.name == name }) {
            let text = try value(of: "--\(name)", attached, isFlag: option.isFlag, option.placeholder, &rest)
            return try set(option, flag: "--\(name)", text)
        }
        guard command.takesConfiguration else { throw unknown(argument, name) }
        switch name {
        case "config": configurationFile = try value(of: "--config", attached, isFlag: false, "FILE", &rest)
        case "profile": profile = try value(of: "--profile", attached, isFlag: false, "NAME", &rest)
        default:
            guard let target = SettingTarget.flag(name) else { throw unknown(argument, name) }
            let text = try value(of: "--\(name)", attached, isFlag: target.isFlag, "VALUE", &rest)
            configurationArguments.append(ConfigurationArgument(flag: "--\(name)", value: text))
        }
    }

    private mutating func short(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = command.options.first(where: { $0.short == letter }) else {
                throw unknown("-\(letter)", String(letter))
            }
            let attached = option.isFlag || letters.isEmpty ? nil : String(letters)
            let text = try value(of: "-\(letter)", attached, isFlag: option.isFlag, option.placeholder, &rest)
            try set(option, flag: "-\(letter)", text)
            if !option.isFlag { return }
        }
    }

    /// The value that belongs to a flag: attached, the next argument, or "true" for a bare flag.
    private func value(
        of flag: String, _ attached: String?, isFlag: Bool, _ placeholder: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        if let attached { return attached }
        if isFlag { return "true" }
        // A value may begin with one dash (`--note -`, `--x -1`); two dashes are the next option, so a value is missing.
        if let next = rest.first, !next.hasPrefix("--") {
            rest.removeFirst()
            return next
        }
        throw UsageError(problem: "\(flag) needs a value: \(flag) \(placeholder)", hint: hint)
    }

    private mutating func set(_ option: DeclaredOption, flag: String, _ text: String) throws(UsageError) {
        guard option.isAllowed(text) else {
            throw UsageError(problem: "\(flag) must be \(option.allowed), not '\(text)'.", hint: hint)
        }
        values[option.name] = text
    }

    private func checkOperands() throws(UsageError) {
        let required = command.operands.filter { $0.count != .optional }
        if operands.count < required.count {
            let missing = command.operands.first { $0.count != .optional && $0.name == required[operands.count].name }
            throw UsageError(problem: "<\(missing?.name ?? "operand")> is missing.", hint: hint)
        }
        let isOpen = command.operands.contains { $0.count == .many }
        if !isOpen, operands.count > command.operands.count {
            throw UsageError(problem: "'\(operands[command.operands.count])' is one argument too many.", hint: hint)
        }
    }

    private func unknown(_ argument: String, _ name: String) -> UsageError {
        let own = command.options.map(\.name) + ["help"]
        let all = command.takesConfiguration ? own + ["config", "profile"] + SettingTarget.flags : own
        let suggestion = Suggestion.closest(to: name, among: all).map { "--" + $0 }
        let flag = argument.split(separator: "=").first.map(String.init) ?? argument
        return UsageError(problem: "There is no option '\(flag)'\(Suggestion.sentence(suggestion))", hint: hint)
    }

    private var hint: String { "See `\(program) \(command.name) --help`." }
}
