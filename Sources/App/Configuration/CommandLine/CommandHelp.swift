extension Program {
    /// The overview of all commands.
    public var help: String {
        let rows = commands.map { ("\($0.name)\($0.operandsText)", $0.summary) }
        return """
            \(name): \(summary)

            Usage: \(name) <command> [options]

            Commands:
            \(HelpText.columns(rows))

            `\(name) <command> --help` tells more about one command.

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
        var options = command.options.map { (HelpText.spelling($0), $0.documentation) }
        if command.takesConfiguration {
            options.append(("    --config FILE", "Configuration file (YAML or JSON)."))
            options.append(("    --profile NAME", "Profile of the configuration file to use."))
        }
        options.append(("-h, --help", "Show this text."))
        sections.append("Options:\n" + HelpText.columns(options))
        if command.takesConfiguration {
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

    static func spelling(_ option: DeclaredOption) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return option.isFlag ? "\(short)--\(option.name)" : "\(short)--\(option.name) \(option.placeholder)"
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
