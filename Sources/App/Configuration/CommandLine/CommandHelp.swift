extension Program {
    /// The overview of all commands.
    public var help: String {
        let rows = overview
        return """
            \(name): \(summary)

            Usage: \(name) <command> [options]

            Commands:
            \(HelpText.columns(rows))

            `\(name) <command> --help` tells more about one command.

            """
    }

    /// A line for each command that stands alone and each group, where its first command stands.
    private var overview: [(left: String, right: String)] {
        var rows: [(left: String, right: String)] = []
        var shown: Set<String> = []
        for command in commands {
            guard let group = group(of: command) else {
                rows.append(("\(command.name)\(command.operandsText)", command.summary))
                continue
            }
            guard shown.insert(group.name).inserted else { continue }
            let names = commands(of: group).map { $0.name.dropFirst(group.name.count + 1) }
            rows.append(("\(group.name) <command>", "\(group.summary): \(names.joined(separator: ", "))."))
        }
        return rows
    }

    /// The overview of one group.
    func help(for group: CommandGroup) -> String {
        let rows = commands(of: group).map { ("\($0.name)\($0.operandsText)", $0.summary) }
        return """
            \(group.summary).

            Usage: \(name) \(group.name) <command> [options]

            Commands:
            \(HelpText.columns(rows))

            `\(name) \(group.name) <command> --help` tells more about one command.

            """
    }

    /// The text for one command.
    public func help(for command: Command) -> String {
        var sections = [
            command.summary,
            "Usage: \(name) \(command.name)\(command.operandsText) [options]",
        ]
        if !command.operands.isEmpty {
            sections.append(
                "Arguments:\n" + HelpText.columns(command.operands.map { ("<\($0.name)>", $0.documentation) }))
        }
        let working = command.options.filter { $0.standing == .works }
        var groups: [String?] = []
        for option in working where !groups.contains(option.group) { groups.append(option.group) }
        for case .some(let group) in groups {
            let rows = working.filter { $0.group == group }.map { (HelpText.spelling($0), $0.documentation) }
            sections.append("\(group):\n" + HelpText.columns(rows))
        }
        var options = working.filter { $0.group == nil }.map { (HelpText.spelling($0), $0.documentation) }
        if command.takesConfiguration {
            options.append(("    --config FILE", "Configuration file (YAML or JSON)."))
            options.append(("    --profile NAME", "Profile of the configuration file to use."))
        }
        options.append(("-h, --help", "Show this text."))
        sections.append(
            (groups == [nil] || working.isEmpty ? "Options:\n" : "Other options:\n") + HelpText.columns(options))
        sections += HelpText.withoutEffect(command.options)
        if command.takesConfiguration, !command.listsSettings {
            sections.append("Every setting of `\(name) serve` may be given too, such as --data-dir.")
        } else if command.takesConfiguration {
            let rows = Settings.all.map { setting in
                ("--\(setting.alias ?? setting.path) \(setting.placeholder)", setting.documentation)
            }
            sections.append("Settings (also as NEXUS_… variables and in the file):\n" + HelpText.columns(rows))
            let models = ModelSettings.all.map { ("--models.<name>.\($0.path) \($0.placeholder)", $0.documentation) }
            sections.append("Settings of one model:\n" + HelpText.columns(models))
        }
        return sections.joined(separator: "\n\n") + "\n"
    }
}

extension Command {
    fileprivate var operandsText: String {
        operands.map { operand in
            switch operand.count {
            case .one: " <\(operand.name)>"
            case .optional: " [\(operand.name)]"
            case .many: " <\(operand.name)>…"
            }
        }.joined()
    }
}

private enum HelpText {
    /// Texts start in one column; a left side that is too long gets a line of its own.
    private static let leftMax = 38
    private static let lineMax = 100

    /// Spellings with one dash first, then those with two; a negation shows that there is one.
    static func spelling(_ option: DeclaredOption) -> String {
        let short = option.spellings.first { !$0.hasPrefix("--") }.map { "\($0), " } ?? ""
        let negation = option.negations.first { $0.hasPrefix("--") }.map { ", \($0)" } ?? ""
        let padding = String(repeating: " ", count: max(0, 4 - short.count))
        let value = option.bareValue == nil ? " \(option.placeholder)" : " [\(option.placeholder)]"
        return "\(short)\(padding)--\(option.name)\(negation)" + (option.isFlag ? "" : value)
    }

    /// A paragraph about options that are taken for compatibility only.
    static func withoutEffect(_ options: [DeclaredOption]) -> [String] {
        let names = options.compactMap { option -> String? in
            guard case .ignored = option.standing else { return nil }
            return option.spellings.first { $0.hasPrefix("--") } ?? option.spellings.first
        }
        guard !names.isEmpty else { return [] }
        let lines = wrapped(names.joined(separator: ", ") + ".", width: lineMax - 2)
        return ["Taken without effect, with a notice in the log:\n" + lines.map { "  " + $0 }.joined(separator: "\n")]
    }

    static func columns(_ rows: [(left: String, right: String)]) -> String {
        let width = min(rows.map(\.left.count).max() ?? 0, leftMax)
        return rows.map { left, right in
            let text = wrapped(right, width: lineMax - width - 4)
                .joined(separator: "\n" + String(repeating: " ", count: width + 4))
            return left.count > width
                ? "  \(left)\n\(String(repeating: " ", count: width + 4))\(text)"
                : "  \(left.padded(to: width))  \(text)"
        }.joined(separator: "\n")
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
