import Configuration
import Testing

private let lines = CommandOption("lines", short: "n", .integer(in: 1...1000), "How many lines.")
private let asJSON = CommandOption("json", short: "j", .flag, "Print JSON.")
private let program = Program(
    name: "nexus", summary: "Serves language models.",
    commands: [
        Command("serve", "Runs the server."),
        Command("config show", "Shows the configuration.", options: [asJSON.declared]),
        Command(
            "logs", "Shows log lines.",
            operands: [Operand("model", .one, "The model."), Operand("since", .optional, "Start.")],
            options: [lines.declared, asJSON.declared], takesConfiguration: false),
    ])

private func command(_ text: String) throws -> ParsedCommand {
    guard case .command(let parsed) = try program.parse(text.split(separator: " ").map(String.init)) else {
        throw UnexpectedHelp()
    }
    return parsed
}
private struct UnexpectedHelp: Error {}

@Suite struct CommandParserTests {
    @Test(arguments: [
        "logs tiny --lines 5 -j", "logs -jn5 tiny", "logs --json=true --lines=5 tiny", "logs -j -n 5 -- tiny",
    ])
    func `options have several spellings`(line: String) throws {
        let parsed = try command(line)
        #expect(parsed.operands == ["tiny"] && parsed[lines] == 5 && parsed[asJSON])
    }

    @Test func `configuration keys are collected in order`() throws {
        let parsed = try command("serve --config x.yaml --port 1 --log.level=debug --models.a.autostart --profile dev")
        #expect(parsed.configurationFile == "x.yaml" && parsed.profile == "dev")
        #expect(
            parsed.configurationArguments == [
                ConfigurationArgument(flag: "--port", value: "1"),
                ConfigurationArgument(flag: "--log.level", value: "debug"),
                ConfigurationArgument(flag: "--models.a.autostart", value: "true"),
            ])
    }

    @Test(arguments: [
        ("serv", "did you mean serve?"), ("serve --prot 1", "did you mean --port?"), ("config", "config show"),
        ("serve --port", "needs a value"), ("serve --port --host x", "needs a value"), ("logs", "<model> is missing"),
        ("logs a b c", "one argument too many"), ("logs a -n 0", "from 1 to 1000"), ("logs a --port 1", "no option"),
        ("logs a -x", "no option '-x'"), ("--lines 5", "A command is missing"),
    ])
    func `misuse is explained`(line: String, part: String) {
        let error = #expect(throws: UsageError.self) { try program.parse(line.split(separator: " ").map(String.init)) }
        #expect(error?.description.contains(part) == true, "\(error.debugDescription)")
        #expect(error?.exitCode == .usage)
    }

    @Test(arguments: ["", "--help", "-h", "help", "help serve", "serve --help", "serve --nonsense -h"])
    func `help is always there`(line: String) throws {
        guard case .help(let text) = try program.parse(line.split(separator: " ").map(String.init)) else {
            Issue.record("no help")
            return
        }
        #expect(text.contains("nexus"))
        if line.contains("serve") { #expect(text.contains("--port PORT") && text.contains("Port to listen on")) }
    }

    @Test func `after two dashes --help is an operand`() throws {
        #expect(try command("logs -- --help").operands == ["--help"])
    }
}
