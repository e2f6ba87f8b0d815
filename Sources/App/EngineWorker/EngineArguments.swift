import Configuration
import Vocabulary

/// What `nexus engine` is told, with the names that llama-server gives to the same things.
struct EngineArguments: Sendable, Equatable {
    enum Listener: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    var modelPath: String
    /// The name to serve it under.
    var alias: String
    var listener: Listener
    var contextTokens: Int?
    var parallel: Int
    var batchTokens: Int
    var threads: Int?
    var queueMax: Int
    var sampling: SamplingParameters
    var note: String?
    var logFormat: LogConfiguration.Format
    var logLevel: LogConfiguration.Level

    private static let model = CommandOption<String>("model", short: "m", .path("FILE"), "GGUF file to serve.")
    private static let alias = CommandOption<String>(
        "alias", short: "a", .text("NAME", bytesMax: 255), "Name to serve it under (default: the file's name).")
    private static let socket = CommandOption<String>(
        "socket", .path("PATH", bytesMax: 107), "Listen on this Unix socket instead of a port.")
    private static let host = CommandOption<String>(
        "host", .text("HOST", bytesMax: 255), "Address to listen on (default 127.0.0.1).")
    private static let port = CommandOption<Int>(
        "port", .integer(in: 0...65535, placeholder: "PORT"), "Port to listen on; 0 takes a free one (default 8080).")
    private static let context = CommandOption<Int>(
        "ctx-size", short: "c", .integer(in: 8...10_000_000), "Tokens of context per sequence (default: the model's).")
    private static let parallel = CommandOption<Int>(
        "parallel", .integer(in: 1...256), "Sequences that are written at once (default 4).")
    private static let batch = CommandOption<Int>(
        "batch-size", short: "b", .integer(in: 32...65_536), "Tokens in one step at most (default 512).")
    private static let threads = CommandOption<Int>(
        "threads", short: "t", .integer(in: 1...1024), "Threads for computing (default: the machine's cores).")
    private static let queue = CommandOption<Int>(
        "queue-max", .integer(in: 0...1_000_000), "Requests that may wait; one more is refused (default 256).")
    private static let temperature = CommandOption<Double>(
        "temp", .number(in: 0...10), "Temperature where a request says nothing (default 0.8).")
    private static let topK = CommandOption<Int>(
        "top-k", .integer(in: 0...1_000_000), "Tokens to choose from; 0 is all (default 40).")
    private static let topP = CommandOption<Double>(
        "top-p", .number(in: 0...1), "Share of probability to choose from (default 0.95).")
    private static let minP = CommandOption<Double>(
        "min-p", .number(in: 0...1), "Least probability, as a share of the likeliest (default 0.05).")
    private static let seed = CommandOption<Int>(
        "seed", short: "s", .integer(in: 0...Int(UInt32.max)), "Fixes chance where a request does not.")
    private static let note = CommandOption<String>("note", .text("TEXT"), "A remark that clients are told.")
    private static let logFormat = CommandOption<LogConfiguration.Format>(
        "log-format", .choice, "How log lines look (default auto).")
    private static let logLevel = CommandOption<LogConfiguration.Level>(
        "log-level", .choice, "Least severe messages to log (default info).")

    /// The command, for `nexus` and `nexus-engine` alike.
    static let command = Command(
        "engine", "Serve one GGUF model with OpenAI's API, on a Unix socket or a port.",
        options: [
            model.declared, alias.declared, socket.declared, host.declared, port.declared, context.declared,
            parallel.declared, batch.declared, threads.declared, queue.declared, temperature.declared, topK.declared,
            topP.declared, minP.declared, seed.declared, note.declared, logFormat.declared, logLevel.declared,
        ], takesConfiguration: false)

    /// - Throws: `ServiceError` when something that is needed was not said.
    init(_ parsed: ParsedCommand) throws(ServiceError) {
        guard let path = parsed[Self.model] else {
            throw ServiceError(
                .invalidValue, "Which model? --model is missing.", hint: "Name a GGUF file: nexus engine --model FILE.")
        }
        modelPath = path
        let fileName = path.split(separator: "/").last.map(String.init) ?? path
        alias = parsed[Self.alias] ?? (fileName.hasSuffix(".gguf") ? String(fileName.dropLast(5)) : fileName)
        listener =
            parsed[Self.socket].map { .unix(path: $0) }
            ?? .tcp(host: parsed[Self.host] ?? "127.0.0.1", port: parsed[Self.port] ?? 8080)
        contextTokens = parsed[Self.context]
        parallel = parsed[Self.parallel] ?? 4
        batchTokens = max(parsed[Self.batch] ?? 512, parallel)
        threads = parsed[Self.threads]
        queueMax = parsed[Self.queue] ?? 256
        sampling = SamplingParameters(
            temperature: parsed[Self.temperature], topP: parsed[Self.topP], topK: parsed[Self.topK],
            minP: parsed[Self.minP], seed: parsed[Self.seed].map(UInt32.init))
        note = parsed[Self.note]
        logFormat = parsed[Self.logFormat] ?? .auto
        logLevel = parsed[Self.logLevel] ?? .info
    }
}
