import Configuration
import JSONText
import Launch

/// `nexus config show`: every effective value and where it comes from.
enum ConfigurationCommand {
    private enum Format: String, CaseIterable, Sendable { case table, json, yaml }

    private static let format = CommandOption<Format>(
        "format", short: "f", .choice, "table (with sources, default), json (with sources) or yaml (as a file).")

    static let command = Command(
        "config show", "Print every effective setting and where it comes from. Secrets are never shown.",
        options: [format.declared])

    static func run(_ parsed: ParsedCommand, _ environment: [String: String]) throws {
        let loaded = try Configuration.load(
            parsed.inputs(environment: environment, readFile: { try Installation.readFile($0) }))
        let output = StandardStream.output
        switch parsed[format] ?? .table {
        case .table: output.write(loaded.report.table(hasColor: output.isTerminal))
        case .json: output.write(loaded.report.json.prettyText + "\n")
        case .yaml: output.write(loaded.report.file.yamlText)
        }
    }
}
