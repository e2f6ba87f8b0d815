import Configuration
import Foundation
import Launch
import Telemetry
import Vocabulary

/// `nexus serve`: the platform.
enum ServeCommand {
    static let command = Command(
        "serve", "Serve models: the chat page and OpenAI's API on one port.", options: [ModelOption.option.declared])

    static func run(_ parsed: ParsedCommand, _ environment: [String: String]) async throws {
        let configuration = try ModelOption.load(
            parsed, environment, embedder: DefaultEmbedder.path(environment))
        let signals = TerminationSignals()
        let log = ProcessLog(
            label: "nexus", format: configuration.log.format.resolved(for: .error),
            levelMin: configuration.log.level.logLevel)
        try await log.whileWriting {
            guard !configuration.models.isEmpty else {
                throw ServiceError(
                    .invalidValue, "There is no model to serve.",
                    hint: "Name one: nexus serve --model FILE.gguf, or `models` in the configuration file.")
            }
            let server = NexusServer(
                configuration: configuration, logger: log.logger, engineProgram: Installation.engineProgram,
                environment: workerEnvironment(environment),
                directory: try await DataDirectory.hold(configuration.dataDir), purpose: .serving)
            try await server.run(
                onStart: { port in announce(configuration, port: port) },
                until: { _ = await signals.wait() })
        }
    }

    /// What workers get of our environment: nothing of ours, and no secret.
    static func workerEnvironment(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            ["PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH", "TMPDIR"].contains(name) || name.hasPrefix("LC_")
                || name.hasPrefix("GGML_") || name.hasPrefix("CUDA_")
        }
    }

    /// Where to find what, on standard output.
    private static func announce(_ configuration: Configuration, port: Int) {
        let output = StandardStream.output
        let scheme = configuration.server.tls == nil ? "http" : "https"
        let host =
            configuration.server.host.contains(":") ? "[\(configuration.server.host)]" : configuration.server.host
        let base = "\(scheme)://\(host):\(port)"
        var lines = [
            "", "  " + output.styled("Llama Nexus \(productVersion)", .bold), "",
            "  Chat page    " + output.styled("\(base)/", .cyan),
            "  OpenAI API   " + output.styled("\(base)/v1", .cyan),
        ]
        for model in configuration.models {
            let isDefault = configuration.models.count > 1 && model.name == configuration.defaultModel
            lines.append("  Model        \(model.name)" + (isDefault ? " (default)" : ""))
            if let note = model.note { lines.append("               " + output.styled(note, .yellow)) }
        }
        output.write(lines.joined(separator: "\n") + "\n\n")
    }
}
