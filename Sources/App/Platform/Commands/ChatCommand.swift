import Configuration
import Foundation
import HTTPFetching
import Hosting
import JSONText
import Launch
import Processes
import RequestScope
import Telemetry
import Vocabulary

/// `nexus chat`: one answer, or a conversation, in the terminal. Talks to a running server, or starts an engine itself.
enum ChatCommand {
    private static let url = CommandOption<String>(
        "url", short: "u", .text("URL", bytesMax: 2048), "Server to talk to (default: the configured one, if it runs).")
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 128), "Model to ask there (default: the server's).")
    private static let tokens = CommandOption<Int>(
        "max-tokens", .integer(in: 1...1_000_000), "Tokens to write at most.")
    private static let temperature = CommandOption<Double>("temperature", .number(in: 0...10), "0 is always the same.")
    private static let system = CommandOption<String>("system", short: "s", .text("TEXT"), "System prompt.")

    static let command = Command(
        "chat", "Chat in the terminal. With a message: one answer. Without: a conversation, line by line.",
        operands: [Operand("message", .optional, "What to ask.")],
        options: [
            ModelOption.option.declared, url.declared, name.declared, tokens.declared, temperature.declared,
            system.declared,
        ])

    static func run(_ parsed: ParsedCommand, _ environment: [String: String]) async throws {
        let client = try HTTPClient()
        let launcher = ProcessLauncher()
        let sockets = try SocketDirectory()
        defer { sockets.remove() }
        do {
            let partner = try await connect(
                parsed, environment, client: client, launcher: launcher, sockets: sockets)
            try await converse(parsed, with: partner.remote)
            // An engine that we started ends when nobody holds it any more.
            withExtendedLifetime(partner) {}
        } catch {
            await launcher.shutDown()
            await client.shutDown()
            throw error
        }
        await launcher.shutDown()
        await client.shutDown()
    }

    // MARK: Whom to talk to

    /// Who answers, and the engine's process where it is our own.
    private struct Partner {
        let remote: RemoteModel
        var engine: ChildProcess?
        /// Kept open while it is used.
        var socket: AdminSocket?
    }

    private static func connect(
        _ parsed: ParsedCommand, _ environment: [String: String], client: HTTPClient, launcher: ProcessLauncher,
        sockets: SocketDirectory
    ) async throws -> Partner {
        let configuration = try ModelOption.load(parsed, environment)
        let host = ["0.0.0.0", "::"].contains(configuration.server.host) ? "127.0.0.1" : configuration.server.host
        let scheme = configuration.server.tls == nil ? "http" : "https"
        let usual = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(configuration.server.port)"
        // A model file that is named explicitly is not what a running server serves.
        if parsed[url] != nil || parsed[ModelOption.option] == nil {
            let base = RemoteModel.Endpoint.base(of: parsed[url] ?? usual)
            // One's own server is asked over its socket, where nobody has to sign in.
            let own = parsed[url] == nil ? try AdminSocket(in: configuration.dataDir) : nil
            if let (model, note, socket) = try await askModels(
                of: base, orOver: own, wanted: parsed[name], client: client)
            {
                remark("\(model) at \(base)", note)
                let remote = RemoteModel(
                    served: ModelID(model),
                    endpoint: .init(
                        baseURL: base, unixSocketPath: socket?.path, modelName: model, idleMax: .seconds(600)),
                    client: client)
                return Partner(remote: remote, socket: socket)
            }
            if parsed[url] != nil {
                throw ServiceError(.modelUnavailable, "No server answers at \(base).", hint: "Start it: nexus serve.")
            }
        }
        return try await startEngine(configuration, environment, client: client, launcher: launcher, sockets: sockets)
    }

    /// The model to ask of a running server, and the socket where only that lets us in; `nil` when no server answers.
    private static func askModels(
        of base: String, orOver socket: AdminSocket?, wanted: String?, client: HTTPClient
    ) async throws -> (model: String, note: String?, socket: AdminSocket?)? {
        let timeouts = Timeouts(connect: .seconds(2), firstByte: .seconds(10), total: .seconds(15))
        var response: FetchResponse
        var used: AdminSocket?
        do throws(FetchError) {
            response = try await client.fetch(FetchRequest(base + "/v1/models", timeouts: timeouts))
            if response.status == 401, let socket {
                used = socket
                response = try await client.fetch(
                    FetchRequest(base + "/v1/models", unixSocketPath: socket.path, timeouts: timeouts))
            }
        } catch {
            return nil
        }
        guard response.status != 401 else {
            throw ServiceError(
                .unauthenticated, "The server at \(base) wants to know who asks.",
                hint: "Talk to it where it runs: nexus chat without --url.")
        }
        let list = try JSONValue.parse(try await response.body.collect(upTo: 4 << 20))["data"]?.array ?? []
        let found = wanted.map { name in list.first { $0["id"]?.string == name } } ?? list.first
        guard let id = found?["id"]?.string else {
            let names = list.compactMap { $0["id"]?.string }.joined(separator: ", ")
            throw ServiceError(
                .modelNotFound, "The server at \(base) does not serve \(wanted ?? "any model").",
                hint: names.isEmpty ? nil : "It serves: \(names).")
        }
        return (id, found?["meta"]?["note"]?.string, used)
    }

    private static func startEngine(
        _ configuration: Configuration, _ environment: [String: String], client: HTTPClient, launcher: ProcessLauncher,
        sockets: SocketDirectory
    ) async throws -> Partner {
        let files = configuration.models.filter { if case .file = $0.source { true } else { false } }
        let wanted = files.first { $0.name == configuration.defaultModel } ?? files.first
        guard let model = wanted, case .file(let path, _) = model.source else {
            throw ServiceError(
                .modelNotFound, "No server runs, and there is no model file to start an engine with.",
                hint: "Name one: nexus chat --model FILE.gguf.")
        }
        remark("starting an engine with \(path)", model.note)
        let socket = sockets.next()
        let worker = WorkerCommand(
            program: Installation.engineProgram, environment: ServeCommand.workerEnvironment(environment))
        let spec = DeploymentSpec(model)
        guard case .engine(let settings) = spec.kind else { preconditionFailure("a model with a path is an engine's") }
        let child = try await launcher.start(
            worker.command(
                for: settings, purpose: spec.purpose, name: model.name, path: path, remark: spec.remark, socket: socket)
        )
        let silent = WorkerOutput(logger: Logger(label: "engine", levelMin: .error, sink: .none))
        for await line in child.output where silent.take(line) != nil {
            // From here on nobody needs its output; the queue keeps the last lines and drops the rest.
            let remote = RemoteModel(
                served: ModelID(model.name),
                endpoint: .init(
                    baseURL: "http://engine", unixSocketPath: socket, modelName: model.name, idleMax: .seconds(60)),
                client: client)
            return Partner(remote: remote, engine: child)
        }
        let last = child.output.last.suffix(3).map(\.text).joined(separator: "\n")
        throw ServiceError(
            .modelUnavailable, "The engine ended (\(await child.exit())) before it was ready.", hint: last)
    }

    private static func remark(_ text: String, _ note: String?) {
        let error = StandardStream.error
        error.write(error.styled(text, .dim) + "\n")
        if let note { error.write(error.styled(note, .yellow) + "\n") }
    }

    // MARK: The conversation

    private static func converse(_ parsed: ParsedCommand, with remote: RemoteModel) async throws {
        var messages = parsed[system].map { [ChatMessage(.system, $0)] } ?? []
        if let message = parsed.operands.first {
            messages.append(ChatMessage(.user, message))
            _ = try await answer(messages, parsed, with: remote)
            return
        }
        let isTerminal = StandardStream.output.isTerminal
        if isTerminal { remark("An empty line or Ctrl-D ends the conversation.", nil) }
        while true {
            if isTerminal { StandardStream.output.write(StandardStream.output.styled("› ", .cyan)) }
            guard let line = readLine(), !line.allSatisfy(\.isWhitespace) else { return }
            messages.append(ChatMessage(.user, line))
            messages.append(ChatMessage(.assistant, try await answer(messages, parsed, with: remote)))
        }
    }

    private static func answer(
        _ messages: [ChatMessage], _ parsed: ParsedCommand, with remote: RemoteModel
    ) async throws -> String {
        let request = GenerationRequest(
            id: RequestIDSource.system.next(), model: remote.served, prompt: .chat(messages, tools: []),
            newTokensMax: parsed[tokens], sampling: SamplingParameters(temperature: parsed[temperature]))
        let output = StandardStream.output
        var text = ""
        var isThinking = false
        for try await event in try await remote.generate(request) {
            switch event {
            case .reasoning(let more):
                // Thinking is for people who watch; a program that reads the output wants the answer.
                guard output.isTerminal else { continue }
                isThinking = true
                output.write(output.styled(more, .dim))
            case .text(let more):
                if isThinking { output.write("\n\n") }
                isThinking = false
                text += more
                output.write(more)
            case .warning(let warning): remark("(\(warning.message))", nil)
            case .finished(let end):
                output.write("\n")
                if end.reason == .length { remark("(cut: the limit of tokens was reached)", nil) }
            case .loading, .started, .toolCall, .queued, .promptProgress, .token, .promptLogprobs, .logprobs: break
            }
        }
        return text
    }
}
