import Configuration
import LlamaServerAPI
import Vocabulary

/// How the worker's own HTTP server behaves.
struct ServingArguments: Sendable, Equatable {
    /// Keys of which a client must have one; empty asks for none.
    var apiKeys: [Secret]
    /// How long a client may take nothing of its answer, or send nothing of its request.
    var timeout: Duration?
    /// Whether `GET /slots` answers.
    var offersSlots: Bool
    /// Whether `GET /metrics` answers: to whoever supervises the engine through a socket, and on a port when it is asked for.
    var offersMetrics: Bool
    /// Whether `POST /props` answers.
    var offersProps: Bool
    /// Whether there is a chat page at `/`.
    var hasPage: Bool
    /// Which pages of other sites may use the engine.
    var origins: EngineOrigins
    /// Further addresses to listen on, with the same port.
    var otherHosts: [String]
    /// Whether answers carry what they were made with: llama-server's `--verbose`.
    var answersVerbosely: Bool
    /// Words that clients find the model by.
    var tags: [String]
    /// Where `POST /slots/{id}?action=save` may put files; `nil` nowhere.
    var slotSaveDirectory: String?

    /// Keys at most, from all sources together.
    static let keysMax = 1000
    private static let keyFileBytesMax = 1 << 20

    init(_ parsed: ParsedCommand, isOnPort: Bool, readFile: ArgumentFile.Reader) throws {
        var keys = parsed.all(EngineOption.apiKeys).flatMap(\.self)
        if let path = parsed[EngineOption.apiKeyFile] {
            let text = try ArgumentFile.text(path, bytesMax: Self.keyFileBytesMax, readFile)
            keys += try Self.keys(in: text, path: path)
        }
        guard keys.count <= Self.keysMax else {
            throw UsageError(problem: "There are more than \(Self.keysMax) API keys.", hint: nil)
        }
        apiKeys = keys.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        timeout = parsed[EngineOption.timeout].map { .seconds($0) }
        offersSlots = parsed.given(EngineOption.slots) ?? true
        offersMetrics = parsed[EngineOption.metrics] || !isOnPort
        offersProps = parsed[EngineOption.props]
        hasPage = isOnPort && parsed.given(EngineOption.page) ?? true
        origins = EngineOption.origins(parsed)
        otherHosts = parsed[EngineOption.host].map { Array(CommaList.fields(of: $0).dropFirst()) } ?? []
        tags = parsed[EngineOption.tags] ?? []
        answersVerbosely = parsed[EngineOption.verbose]
        slotSaveDirectory = parsed[EngineOption.slotSaveDirectory]
    }

    /// One key a line; empty lines and lines that begin with `#` are skipped.
    ///
    /// - Throws: `ServiceError` with the line's number, never with its text; also when there is no key at all, because
    ///   whoever names a file wants the server closed.
    static func keys(in text: String, path: String) throws(ServiceError) -> [Secret] {
        var keys: [Secret] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let key = line.trimmingSpaces
            if key.isEmpty || key.hasPrefix("#") { continue }
            guard isKey(key) else {
                throw ServiceError(
                    .invalidValue, "Line \(index + 1) of \(path) is no API key.",
                    hint: "A key has 1 to 512 visible ASCII characters and no spaces.")
            }
            keys.append(Secret(key))
        }
        guard !keys.isEmpty else { throw ServiceError(.invalidValue, "There is no API key in \(path).") }
        return keys
    }

    fileprivate static func isKey(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension EngineOption {
    static let socket = CommandOption<String>(
        "socket", .path("PATH", bytesMax: 107), "Listen on this Unix socket instead of a port.")
    static let host = CommandOption<String>(
        "host", also: [], variable: "LLAMA_ARG_HOST", .host,
        "Address to listen on, several with commas, or the path of a Unix socket that ends with .sock "
            + "(default 127.0.0.1).")
    static let port = CommandOption<Int>(
        "port", also: [], variable: "LLAMA_ARG_PORT", .integer(in: 0...65535, placeholder: "PORT"),
        "Port to listen on; 0 takes a free one (default 8080).")
    static let apiKeys = CommandOption<[Secret]>(
        "api-key", also: [], variable: "LLAMA_API_KEY", isSecret: true, .keys,
        "Clients must have one of these keys. Other users of this machine can see arguments: prefer a file.")
    static let apiKeyFile = CommandOption<String>(
        "api-key-file", also: [], variable: "LLAMA_ARG_API_KEY_FILE", .path("FILE"),
        "The same from a file, one key a line; lines that begin with # are skipped.")
    static let timeout = CommandOption<Int>(
        "timeout", also: ["-to"], variable: "LLAMA_ARG_TIMEOUT", .integer(in: 1...604_800, placeholder: "SECONDS"),
        "How long a client may neither send nor take anything.")
    static let metrics = CommandOption<Bool>(
        "metrics", also: [], variable: "LLAMA_ARG_ENDPOINT_METRICS", .flag,
        "GET /metrics answers (on a socket it does in any case).")
    static let slots = CommandOption<Bool>(
        "slots", also: [], negations: ["--no-slots"], variable: "LLAMA_ARG_ENDPOINT_SLOTS", .flag,
        "Whether GET /slots answers (default: it does).")
    static let slotSaveDirectory = CommandOption<String>(
        "slot-save-path", also: [], variable: "LLAMA_ARG_SLOT_SAVE_PATH", .path("DIR"),
        "Where clients may save what a slot holds (default: nowhere).")

    static let servingOptions =
        [
            socket.declared, host.declared, port.declared,
            apiKeyFile.declared, apiKeys.declared, timeout.declared,
            metrics.declared, slots.declared, slotSaveDirectory.declared,
        ].map { $0.listed(under: "Server") } + originOptions
}

extension ValueKind where Value == [Secret] {
    fileprivate static var keys: ValueKind {
        .argument("keys of 1 to 512 visible ASCII characters, separated by commas", placeholder: "KEY") { text in
            let keys = CommaList.fields(of: text).filter { !$0.isEmpty }
            return !keys.isEmpty && keys.allSatisfy(ServingArguments.isKey) ? keys.map { Secret($0) } : nil
        }
    }
}

extension ValueKind where Value == String {
    fileprivate static var host: ValueKind {
        .argument("1 to 8 names or addresses of at most 255 bytes, separated by commas", placeholder: "HOST") { text in
            let hosts = CommaList.fields(of: text)
            let areHosts = hosts.allSatisfy { host in
                (1...255).contains(host.utf8.count) && !host.contains(where: \.isWhitespace) && !host.utf8.contains(0)
            }
            return (1...8).contains(hosts.count) && areHosts ? text : nil
        }
    }
}
