import Configuration
import LlamaRuntime
import Vocabulary

/// What `nexus engine` is told, by llama-server's names and meanings where that program has the same thing.
///
/// What is said on the command line wins over `LLAMA_ARG_…` variables, and these win over defaults. Members that are `nil`
/// leave the choice to the model or to llama.cpp.
struct EngineArguments: Sendable, Equatable {
    enum Listener: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    var modelPath: String
    /// The name to serve it under.
    var alias: String
    /// Further names that it answers to.
    var otherAliases: [String]
    /// A remark that clients are told.
    var note: String?
    /// What changes the model beside its weights.
    var adapters: AdapterArguments
    var listener: Listener
    var serving: ServingArguments
    /// Tokens that one sequence holds at most; `nil` is the lesser of `cells` and what the model was trained for.
    var contextTokens: Int?
    /// Cells of the whole key-value cache, shared by all sequences; `nil` is `parallel` times the context of one sequence.
    var cells: Int?
    /// Sequences that are written at once.
    var parallel: Int
    /// Tokens in one step at most; not less than `parallel`.
    var batchTokens: Int
    /// Tokens that are computed together at most; not more than `batchTokens`.
    var microBatchTokens: Int
    /// Threads for single tokens; `nil` chooses by the model's size.
    var threads: Int?
    /// Threads for prompts; `nil` is as many as `threads`.
    var batchThreads: Int?
    var computing: ComputingArguments
    var media: MediaArguments
    var speculation: SpeculationArguments
    var placing: PlacementArguments
    var places: ThreadArguments
    var positions: PositionScaling
    var remote: RemoteArguments
    /// Time without requests after which the model leaves memory; `nil` never.
    var sleepAfter: Duration?
    var cache: CacheArguments
    var memory: MemoryArguments
    var scheduling: SchedulingArguments
    var sampling: SamplingParameters
    var defaults: RequestDefaults
    var chat: ChatArguments
    var logFormat: LogConfiguration.Format
    var logLevel: LogConfiguration.Level
    /// What was said and changes nothing; for the log.
    var notices: [OptionNotice]

    /// The command, for `nexus` and `nexus-engine` alike.
    static let command = Command(
        "engine", "Serve one GGUF model with OpenAI's API, on a Unix socket or a port. Takes llama-server's options.",
        options: EngineOption.all, takesConfiguration: false)

    /// - Parameters:
    ///   - parsed: the command line.
    ///   - readFile: a file's bytes, at most as many as it is told; throws when there are more, or none to be had.
    /// - Throws: `UsageError` when options contradict each other or one is missing; `ServiceError` for a file.
    init(_ parsed: ParsedCommand, readFile: ArgumentFile.Reader) throws {
        guard let path = parsed[EngineOption.model] else {
            throw UsageError(
                problem: "Which model? --model is missing.", hint: "Name a GGUF file: nexus engine --model FILE.")
        }
        modelPath = path
        // llama-server keeps names as a set, and the first of it is the model's.
        let names = (parsed[EngineOption.alias] ?? [Self.name(of: path)]).sorted()
        alias = names[0]
        otherAliases = Array(names.dropFirst())
        note = parsed[EngineOption.note]
        adapters = AdapterArguments(parsed)
        listener = Self.listener(parsed)
        var isOnPort = false
        if case .tcp = listener { isOnPort = true }
        serving = try ServingArguments(parsed, isOnPort: isOnPort, readFile: readFile)
        contextTokens = parsed[EngineOption.sequenceTokens].flatMap { $0 == 0 ? nil : $0 }
        cells = parsed[EngineOption.cells].flatMap { $0 == 0 ? nil : $0 }
        if let contextTokens, let cells, contextTokens > cells {
            throw UsageError(
                problem: "One sequence cannot hold \(contextTokens) tokens (--ctx-seq) where all share \(cells).",
                hint: "Raise --ctx-size.")
        }
        let wantedParallel = parsed[EngineOption.parallel].flatMap { $0 == -1 ? nil : $0 }
        parallel = wantedParallel ?? 4
        // llama-server divides its cache where it is told into how many parts, and not told to share it.
        if let cells, let wantedParallel, contextTokens == nil, parsed.given(EngineOption.sharesCells) != true {
            contextTokens = max(8, cells / wantedParallel)
        }
        batchTokens = max(parsed[EngineOption.batch] ?? 512, parallel)
        microBatchTokens = min(parsed[EngineOption.microBatch] ?? 512, batchTokens)
        threads = parsed[EngineOption.threads].flatMap { $0 > 0 ? $0 : nil }
        batchThreads = parsed[EngineOption.batchThreads].flatMap { $0 > 0 ? $0 : nil }
        computing = ComputingArguments(parsed)
        media = try MediaArguments(parsed)
        speculation = try SpeculationArguments(parsed)
        try computing.checkCacheTypes()
        placing = try PlacementArguments(parsed)
        places = ThreadArguments(parsed)
        try places.check()
        positions = try PositionScaling(parsed)
        remote = try RemoteArguments(parsed)
        sleepAfter = parsed[EngineOption.sleepAfter].flatMap { $0 < 0 ? nil : .seconds($0) }
        cache = CacheArguments(parsed)
        memory = try MemoryArguments(parsed)
        if memory.compression != nil { computing.flashAttention = .off }
        scheduling = SchedulingArguments(parsed)
        sampling = SamplingParameters(parsed)
        defaults = try RequestDefaults(parsed, readFile: readFile)
        chat = try ChatArguments(parsed, readFile: readFile)
        logFormat = Self.logFormat(parsed)
        logLevel = Self.logLevel(parsed)
        notices = parsed.notices
    }

    /// Requests that may wait; one more is refused.
    var queueMax: Int { scheduling.queueMax }

    /// The file's name without its suffix.
    private static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.count > 5 && file.hasSuffix(".gguf") ? String(file.dropLast(5)) : file
    }

    private static func listener(_ parsed: ParsedCommand) -> Listener {
        if let path = parsed[EngineOption.socket] { return .unix(path: path) }
        let host = CommaList.fields(of: parsed[EngineOption.host] ?? "127.0.0.1")[0]
        // llama-server takes such a host for the path of a socket.
        return host.hasSuffix(".sock") ? .unix(path: host) : .tcp(host: host, port: parsed[EngineOption.port] ?? 8080)
    }

    static func logFormat(_ parsed: ParsedCommand) -> LogConfiguration.Format {
        parsed[EngineOption.logFormat] ?? (parsed[EngineOption.logLines] ? .json : .auto)
    }

    static func logLevel(_ parsed: ParsedCommand) -> LogConfiguration.Level {
        if let level = parsed[EngineOption.logLevel] { return level }
        if parsed[EngineOption.verbose] { return .debug }
        switch parsed[EngineOption.verbosity] {
        case nil: return .info
        case 0, 1: return .error
        case 2: return .warning
        case 3: return .info
        default: return .debug
        }
    }
}
