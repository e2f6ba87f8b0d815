extension Program {
    /// Understands a command line. Pure: prints nothing and ends nothing.
    ///
    /// `--key value`, `--key=value`, `-k value`, `-kvalue`, joined flags (`-jv`), and `--` before operands that begin
    /// with a dash. `--help` and `-h` anywhere before `--` win over everything else. In a command with one-dash options
    /// of several letters (`-np 4`) letters are not joined.
    ///
    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - environment: variables that options name. Arguments win over them; an empty one counts as not set.
    /// - Returns: what is to be done.
    /// - Throws: what is wrong, and what may have been meant.
    public func parse(_ arguments: [String], environment: [String: String] = [:]) throws(UsageError) -> Invocation {
        let options = arguments.prefix { $0 != "--" }
        let wantsHelp = options.contains { ["--help", "-h", "--usage"].contains($0) } || arguments.first == "help"
        if !wantsHelp, options.contains("--version") || arguments.first == "version" { return .version }
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        guard let command = command(at: words) else {
            if wantsHelp, let group = groups.first(where: { $0.name == words.first }) { return .help(help(for: group)) }
            if wantsHelp || arguments.isEmpty { return .help(help) }
            throw unknownCommand(words)
        }
        if wantsHelp {
            // A group that is a command, too, tells of its commands first.
            let group = groups.first { $0.name == command.name }
            return .help(group.map { help(for: $0) + "\n" + help(for: command) } ?? help(for: command))
        }
        var parser = CommandParser(program: name, command: command, environment: environment)
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
            if let second = words.dropFirst().first, !second.hasPrefix("-"),
                let close = Suggestion.closest(
                    to: "\(first) \(second)", among: group, letters: second.utf8.count)
            {
                return UsageError(
                    problem: "There is no command '\(first) \(second)'\(Suggestion.sentence(close))",
                    hint: "See `\(name) \(first) --help`.")
            }
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
    let environment: [String: String]
    private let lookup: OptionLookup
    private var operands: [String] = []
    private var values: [OptionValue] = []
    private var notices: [OptionNotice] = []
    private var configurationFile: String?
    private var profile: String?
    private var configurationArguments: [ConfigurationArgument] = []

    init(program: String, command: Command, environment: [String: String]) {
        self.program = program
        self.command = command
        self.environment = environment
        lookup = OptionLookup(command.options)
    }

    mutating func parse(_ arguments: ArraySlice<String>) throws(UsageError) -> ParsedCommand {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            if argument.hasPrefix("-"), argument.count > 1 {
                try option(argument, &rest)
            } else {
                operands.append(argument)
            }
        }
        try readEnvironment()
        try checkOperands()
        return ParsedCommand(
            name: command.name, operands: operands, configurationFile: configurationFile, profile: profile,
            configurationArguments: configurationArguments, notices: notices, values: values)
    }

    private mutating func option(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let spelling = String(parts[0])
        let attached = parts.count == 2 ? String(parts[1]) : nil
        if let match = lookup[spelling] {
            try take(match, spelling, attached, &rest)
        } else if spelling.hasPrefix("--") {
            try configuration(spelling, attached, &rest)
        } else if !lookup.hasWords {
            try letters(argument, &rest)
        } else {
            throw unknown(spelling)
        }
    }

    /// `-jn5`: flags, and last perhaps an option with its value.
    private mutating func letters(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let match = lookup["-\(letter)"] else { throw unknown("-\(letter)") }
            let attached = match.option.isFlag || letters.isEmpty ? nil : String(letters)
            try take(match, "-\(letter)", attached, &rest)
            if !match.option.isFlag { return }
        }
    }

    private mutating func configuration(
        _ spelling: String, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        guard command.takesConfiguration else { throw unknown(spelling) }
        switch spelling {
        case "--config": configurationFile = try value(of: spelling, attached, "FILE", &rest)
        case "--profile": profile = try value(of: spelling, attached, "NAME", &rest)
        default:
            guard let target = SettingTarget.flag(String(spelling.dropFirst(2))) else { throw unknown(spelling) }
            let text = target.isFlag ? attached ?? "true" : try value(of: spelling, attached, "VALUE", &rest)
            configurationArguments.append(ConfigurationArgument(flag: spelling, value: text))
        }
    }

    // MARK: Values

    private mutating func take(
        _ match: OptionLookup.Match, _ spelling: String, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        let option = match.option
        if case .refused(let reason) = option.standing { throw refusal(spelling, reason) }
        if match.isNegation {
            guard attached == nil else {
                throw UsageError(problem: "\(spelling) takes no value.", hint: hint)
            }
            return values.append(OptionValue(name: option.name, text: "false"))
        }
        let text: String
        if option.isFlag {
            text = attached ?? "true"
        } else if let bare = option.bareValue, attached == nil {
            let isValue = rest.first.map { !$0.hasPrefix("-") && option.isAllowed($0) } ?? false
            text = isValue ? rest.removeFirst() : bare
        } else {
            var words = [try value(of: spelling, attached, option.placeholder, &rest)]
            while attached == nil, words.count < option.wordCount {
                words.append(try value(of: spelling, nil, option.placeholder, &rest))
            }
            text = words.joined(separator: " ")
        }
        try set(option, spelling, text)
    }

    /// The value that belongs to an option: attached, or the next argument.
    private func value(
        of spelling: String, _ attached: String?, _ placeholder: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        if let attached { return attached }
        // A value may begin with one dash (`--note -`, `--x -1`), unless it is an option; two dashes are the next option.
        if let next = rest.first, !next.hasPrefix("--"), next == "-" || lookup[next] == nil {
            rest.removeFirst()
            return next
        }
        throw UsageError(problem: "\(spelling) needs a value: \(spelling) \(placeholder)", hint: hint)
    }

    private mutating func set(_ option: DeclaredOption, _ spelling: String, _ text: String) throws(UsageError) {
        if case .ignored(let reason) = option.standing { return note(spelling, reason) }
        guard option.isAllowed(text) else {
            let found = option.isSecret ? "what was given" : "'\(text)'"
            throw UsageError(problem: "\(spelling) must be \(option.allowed), not \(found).", hint: hint)
        }
        values.append(OptionValue(name: option.name, text: text))
    }

    private mutating func note(_ spelling: String, _ reason: String) {
        if !notices.contains(where: { $0.spelling == spelling }) {
            notices.append(OptionNotice(spelling: spelling, reason: reason))
        }
    }

    // MARK: The environment

    /// Variables count where the command line says nothing, as in llama-server.
    private mutating func readEnvironment() throws(UsageError) {
        guard !environment.isEmpty else { return }
        let given = Set(values.map(\.name))
        for option in command.options where !given.contains(option.name) {
            guard let variable = option.variable else { continue }
            var name = variable
            var text = environment[variable] ?? ""
            if !option.negations.isEmpty, variable.hasPrefix("LLAMA_ARG_"), text.isEmpty {
                // llama-server takes LLAMA_ARG_NO_MMAP for "no", whatever its value is.
                name = "LLAMA_ARG_NO_" + variable.dropFirst("LLAMA_ARG_".count)
                text = environment[name] == nil ? "" : "false"
            }
            guard !text.isEmpty else { continue }
            try setFromEnvironment(option, name, text)
        }
    }

    private mutating func setFromEnvironment(
        _ option: DeclaredOption, _ name: String, _ text: String
    ) throws(UsageError) {
        if case .refused(let reason) = option.standing {
            // Switched off, it is as if it were not there.
            if ValueKind<Bool>.word(text) == false || text == "none" { return }
            throw refusal(name, reason)
        }
        guard option.isFlag else { return try set(option, name, text) }
        guard let isOn = ValueKind<Bool>.word(text) else {
            throw UsageError(
                problem: "\(name) must be on, off, enabled, disabled, true, false, 1 or 0, not '\(text)'.", hint: hint)
        }
        try set(option, name, isOn ? "true" : "false")
    }

    // MARK: Problems

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

    private func refusal(_ spelling: String, _ reason: String) -> UsageError {
        UsageError(problem: "\(spelling) cannot be used here: \(reason)", hint: hint)
    }

    private func unknown(_ spelling: String) -> UsageError {
        let own = command.takesConfiguration ? ["config", "profile"] + SettingTarget.flags : []
        let suggestion = lookup.suggestion(for: spelling, others: ["help"] + own)
        return UsageError(problem: "There is no option '\(spelling)'\(Suggestion.sentence(suggestion))", hint: hint)
    }

    private var hint: String { "See `\(program) \(command.name) --help`." }
}
