import Configuration

/// The options of `nexus engine`. Each group has a file of its own, next to the values that it fills.
enum EngineOption {
    /// Everything that may be written, in the order of the help.
    static let all =
        modelOptions + mediaOptions + servingOptions + computingOptions + placementOptions + threadOptions
        + positionOptions + remoteOptions + schedulingOptions + memoryOptions + cacheOptions + adapterOptions
        + speculationOptions + chatOptions + requestOptions + samplingOptions + logOptions + ignored + refused

    // MARK: The model

    static let model = CommandOption<String>(
        "model", also: ["-m"], variable: "LLAMA_ARG_MODEL", .path("FILE"), "GGUF file to serve.")
    static let alias = CommandOption<[String]>(
        "alias", also: ["-a"], variable: "LLAMA_ARG_ALIAS", .names,
        "Name to serve it under, and further ones after commas (default: the file's name).")
    static let note = CommandOption<String>("note", .text("TEXT"), "A remark that clients are told.")

    private static let modelOptions = [
        model.declared, alias.declared, note.declared,
    ].map { $0.listed(under: "Model") }

    // MARK: The log

    static let logFormat = CommandOption<LogConfiguration.Format>(
        "log-format", .choice, "How log lines look (default auto).")
    static let logLevel = CommandOption<LogConfiguration.Level>(
        "log-level", .choice, "Least severe messages to log (default info).")
    static let logLines = CommandOption<Bool>(
        "log-jsonl", also: [], negations: ["--no-log-jsonl"], variable: "LLAMA_ARG_LOG_JSONL", .flag,
        "The same as --log-format json.")
    static let verbose = CommandOption<Bool>(
        "verbose", also: ["-v", "--log-verbose"], .flag, "The same as --log-level debug.")
    static let verbosity = CommandOption<Int>(
        "verbosity", also: ["-lv", "--log-verbosity"], variable: "LLAMA_ARG_LOG_VERBOSITY", .integer(in: 0...1000),
        "1 error, 2 warning, 3 info, 4 and more debug.")

    private static let logOptions = [
        logFormat.declared, logLevel.declared, logLines.declared,
        verbose.declared, verbosity.declared,
    ].map { $0.listed(under: "Log") }
}

extension ValueKind where Value == [String] {
    /// One to 16 names of a model, separated by commas.
    static var names: ValueKind {
        .argument("1 to 16 names of at most 255 bytes, separated by commas", placeholder: "NAME") { text in
            let names = text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
            let areNames = names.allSatisfy { $0.utf8.count <= 255 && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
            return (1...16).contains(names.count) && areNames ? names : nil
        }
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        let front = drop(while: \.isWhitespace)
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }
}
