import Configuration
import LlamaRuntime

/// Other machines that compute for this one.
struct RemoteArguments: Sendable, Equatable {
    var endpoints: [RPCEndpoint]
    /// How long one answer of a worker may take before it counts as gone.
    var patience: Duration

    init(_ parsed: ParsedCommand) throws(UsageError) {
        endpoints = parsed.all(EngineOption.rpc).flatMap(\.self)
        patience = .seconds(parsed[EngineOption.rpcTimeout] ?? 600)
        guard Set(endpoints).count == endpoints.count else {
            throw UsageError(problem: "--rpc names the same worker twice.", hint: "A worker serves one connection.")
        }
        guard endpoints.count <= RPCEndpoint.countMax else {
            throw UsageError(
                problem: "--rpc names \(endpoints.count) workers, and \(RPCEndpoint.countMax) are possible.", hint: nil)
        }
    }
}

/// What `nexus engine --rpc-worker` is told.
struct RPCWorkerArguments: Sendable, Equatable {
    /// An IPv4 address of this machine.
    var host: String
    /// `nil` takes a free one.
    var port: UInt16?
    /// `nil` is as many as there are cores.
    var threads: Int?
    var cacheDirectory: String?
    var devices: [String]?
    var logFormat: LogConfiguration.Format
    var logLevel: LogConfiguration.Level

    /// Whether only this machine can reach it.
    var isLoopback: Bool { host.hasPrefix("127.") }

    init(_ parsed: ParsedCommand) throws(UsageError) {
        let name = parsed[EngineOption.host] ?? "127.0.0.1"
        host = name == "localhost" ? "127.0.0.1" : name
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 4, !numbers.contains(nil) else {
            throw UsageError(
                problem: "An RPC worker listens on an IPv4 address, and '\(name)' is none.",
                hint: "Give an address of this machine: --host 127.0.0.1.")
        }
        let port = parsed[EngineOption.port] ?? Int(RPCEndpoint.portDefault)
        self.port = port == 0 ? nil : UInt16(port)
        threads = parsed[EngineOption.threads].flatMap { $0 > 0 ? $0 : nil }
        cacheDirectory = parsed[EngineOption.rpcCache]
        devices = parsed[EngineOption.devices]
        if devices?.isEmpty == true { devices = ["CPU"] }
        logFormat = EngineArguments.logFormat(parsed)
        logLevel = EngineArguments.logLevel(parsed)
        guard isLoopback || parsed[EngineOption.rpcOpen] else {
            throw UsageError(
                problem: "An RPC worker on \(host) would let everybody who can reach it run code on this machine: "
                    + "its protocol has no passwords and checks little.",
                hint: "Listen on 127.0.0.1 behind a tunnel, or say --rpc-open in a network where you trust everybody.")
        }
    }
}

extension EngineOption {
    static let rpc = CommandOption<[RPCEndpoint]>(
        "rpc", also: [], variable: "LLAMA_ARG_RPC", .endpoints,
        "Spread the model over these RPC workers, too, separated by commas.")
    static let rpcTimeout = CommandOption<Int>(
        "rpc-timeout", .integer(in: 1...86_400, placeholder: "SECONDS"),
        "How long one answer of an RPC worker may take before it counts as gone (default 600).")
    static let rpcWorker = CommandOption<Bool>(
        "rpc-worker", .flag,
        "Serve this machine's devices to other engines instead of a model; with --host, --port, --threads, --device.")
    static let rpcOpen = CommandOption<Bool>(
        "rpc-open", .flag, "Let an RPC worker listen on an address that other machines reach. It has no passwords.")
    static let rpcCache = CommandOption<String>(
        "rpc-cache", .path("DIR"), "Where an RPC worker keeps large tensors, so that they need not be sent again.")

    static let remoteOptions = [
        rpc.declared, rpcTimeout.declared, rpcWorker.declared, rpcOpen.declared, rpcCache.declared,
    ].map { $0.listed(under: "Other machines") }

    // MARK: Sleep

    static let sleepAfter = CommandOption<Int>(
        "sleep-idle-seconds", also: [], .sleep,
        "Free the model's memory after so many seconds without requests; the next one loads it again (default: never).")
}

extension ValueKind where Value == [RPCEndpoint] {
    fileprivate static var endpoints: ValueKind {
        .argument("HOST:PORT, or several of them separated by commas", placeholder: "HOST:PORT") { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let endpoints = parts.compactMap { RPCEndpoint($0.trimmingSpaces) }
            return endpoints.count == parts.count ? endpoints : nil
        }
    }
}

extension ValueKind where Value == Int {
    fileprivate static var sleep: ValueKind {
        .argument("-1 (never) or an integer from 1 to 604800", placeholder: "SECONDS") { text in
            Int(text).flatMap { $0 == -1 || (1...604_800).contains($0) ? $0 : nil }
        }
    }
}
