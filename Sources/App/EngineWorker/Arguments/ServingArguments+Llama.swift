import Configuration
import LlamaServerAPI

extension EngineOption {
    static let tags = CommandOption<[String]>(
        "tags", also: [], variable: "LLAMA_ARG_TAGS", .names, "Words that clients find the model by, with commas.")
    static let page = CommandOption<Bool>(
        "ui", also: ["--webui"], negations: ["--no-ui", "--no-webui"], variable: "LLAMA_ARG_UI", .flag,
        "Whether there is a chat page at / (default: on a port there is).")
    static let props = CommandOption<Bool>(
        "props", also: [], variable: "LLAMA_ARG_ENDPOINT_PROPS", .flag, "POST /props answers.")
    static let origins = CommandOption<String>(
        "cors-origins", also: [], variable: "LLAMA_ARG_CORS_ORIGINS", .text("ORIGINS", bytesMax: 4096),
        "Pages that may use the engine: *, localhost or an origin (default *).")
    static let originMethods = CommandOption<String>(
        "cors-methods", also: [], variable: "LLAMA_ARG_CORS_METHODS", .text("METHODS", bytesMax: 4096),
        "Methods that they may use (default GET, POST, DELETE, OPTIONS).")
    static let originHeaders = CommandOption<String>(
        "cors-headers", also: [], variable: "LLAMA_ARG_CORS_HEADERS", .text("HEADERS", bytesMax: 4096),
        "Headers that they may send (default *).")
    static let originCredentials = CommandOption<Bool>(
        "cors-credentials", also: [], negations: ["--no-cors-credentials"], variable: "LLAMA_ARG_CORS_CREDENTIALS",
        .flag, "Whether they may send credentials (default: they may).")

    static let originOptions = [
        tags.declared, page.declared, props.declared, origins.declared, originMethods.declared, originHeaders.declared,
        originCredentials.declared,
    ].map { $0.listed(under: "Server") }

    /// Which pages of other sites may use the engine.
    static func origins(_ parsed: ParsedCommand) -> EngineOrigins {
        var origins = EngineOrigins()
        switch parsed[EngineOption.origins] {
        case nil, "*": break
        case "localhost": origins.origins = .localhost
        case .some(let text): origins.origins = .literal(text)
        }
        if let methods = parsed[originMethods] { origins.methods = methods }
        if let headers = parsed[originHeaders] { origins.headers = headers }
        origins.allowsCredentials = parsed.given(originCredentials) ?? true
        return origins
    }
}
