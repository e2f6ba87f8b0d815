public import Configuration
import Foundation
import Launch
import Vocabulary

/// `nexus`: its commands, and how each is run.
public enum NexusProgram {
    /// Runs a command line.
    ///
    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - name: what the program was called by; `llama-nexus` is its other name.
    ///   - environment: all variables of the process.
    /// - Returns: how the process is to end.
    public static func run(
        _ arguments: [String], calledBy name: String = "nexus", environment: [String: String]
    ) async -> ExitCode {
        // `nexus engine` is another program: only that one links llama.cpp. Its options are its own.
        if arguments.first == "engine" { return EngineCommand.replaceProcess(with: Array(arguments.dropFirst())) }
        do {
            switch try program(calledBy: name).parse(arguments) {
            case .help(let text): StandardStream.output.write(text)
            case .version: StandardStream.output.write("Llama Nexus \(productVersion)\n")
            case .command(let parsed): try await run(parsed, environment)
            }
            return .success
        } catch let error as UsageError {
            complain(error.description)
            return error.exitCode
        } catch let error as ConfigurationErrors {
            complain("The configuration is wrong:\n\(error)")
            return .configuration
        } catch is CancellationError {
            return .failure
        } catch {
            complain(String(describing: error))
            return .failure
        }
    }

    /// Commands that ask a platform.
    private static let adminCommands =
        ModelsCommand.all + DeployCommand.all + RoutesCommand.all + JobsCommand.all + HardwareCommands.all
        + AuditCommand.all + SecretsCommand.all + UsageCommands.all
        + UsersCommand.all + KeysCommand.all + TeamsCommand.all + TenantsCommand.all
        + TokensCommand.all + CacheCommands.all + RememberCommands.all + ConversationCommands.all

    static func program(calledBy name: String) -> Program {
        Program(
            name: name.split(separator: "/").last == "llama-nexus" ? "llama-nexus" : "nexus",
            summary: "Llama Nexus serves, uses, measures and improves language models.",
            commands: [ServeCommand.command, ChatCommand.command] + adminCommands.map(\.command)
                + [
                    AuditVerifyCommand.command, ConvertCommand.command, EngineCommand.command,
                    ConfigurationCommand.command,
                ],
            groups: [
                ModelsCommand.group, DeployCommand.group, RoutesCommand.group, JobsCommand.group, AuditCommand.group,
                SecretsCommand.group, UsersCommand.group, KeysCommand.group, TeamsCommand.group, TenantsCommand.group,
                TokensCommand.group, CacheCommands.group, RememberCommands.group, ConversationCommands.group,
            ] + UsageCommands.groups)
    }

    private static func run(_ parsed: ParsedCommand, _ environment: [String: String]) async throws {
        switch parsed.name {
        case ServeCommand.command.name: try await ServeCommand.run(parsed, environment)
        case ChatCommand.command.name: try await ChatCommand.run(parsed, environment)
        case AuditVerifyCommand.command.name: try await AuditVerifyCommand.run(parsed, environment)
        case ConvertCommand.command.name: try await ConvertCommand.run(parsed, environment)
        case ConfigurationCommand.command.name: try ConfigurationCommand.run(parsed, environment)
        default:
            guard let found = adminCommands.first(where: { $0.command.name == parsed.name }) else {
                preconditionFailure("\(parsed.name) is declared and not run")
            }
            try await AdminSession.run(parsed, environment) {
                try await found.run(AdminCall(parsed: parsed, admin: $0))
            }
        }
    }

    private static func complain(_ text: String) {
        // Errors tell names of files and words of other servers.
        StandardStream.error.write(StandardStream.error.styled(PlainText.safeLines(text), .red) + "\n")
    }
}

/// Where this program and its files are.
enum Installation {
    /// This executable, with links followed.
    static var program: String { WebFolder.program }

    /// `nexus-engine`, which lies beside this program.
    static var engineProgram: String {
        URL(filePath: program).deletingLastPathComponent().appending(path: "nexus-engine").path
    }

    /// The bytes of a file; `nil` when there is none.
    static func readFile(_ path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try Array(Data(contentsOf: URL(filePath: path)))
    }
}
