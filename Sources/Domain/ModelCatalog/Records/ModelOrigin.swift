/// How a model came into the catalogue.
public enum ModelOrigin: Sendable, Equatable {
    /// A file that lay in a folder, imported on order.
    case folder(String)
    /// An Ollama store; its blobs are used where they lie.
    case ollama(store: String)
    /// A llama-swap file names it.
    case llamaSwap(file: String)
    /// Fetched from a hub.
    case hub(repository: String, revision: String?)
    /// Made on this machine of another one: converted, quantised, merged.
    case made(from: String?, how: String)
    /// It stands in the configuration's `models`.
    case configuration

    /// One word for lists and filters.
    public var kind: String {
        switch self {
        case .folder: "folder"
        case .ollama: "ollama"
        case .llamaSwap: "llama_swap"
        case .hub: "hub"
        case .made: "made"
        case .configuration: "configuration"
        }
    }

    public static let kinds = ["folder", "ollama", "llama_swap", "hub", "made", "configuration"]

    /// Where exactly: a path, a repository, a model's name.
    public var place: String? {
        switch self {
        case .folder(let path), .ollama(let path), .llamaSwap(let path): path
        case .hub(let repository, _): repository
        case .made(let source, _): source
        case .configuration: nil
        }
    }

    /// A revision, or how it was made.
    public var detail: String? {
        switch self {
        case .hub(_, let revision): revision
        case .made(_, let how): how
        case .folder, .ollama, .llamaSwap, .configuration: nil
        }
    }

    /// Reads what `kind`, `place` and `detail` wrote.
    public init?(kind: String, place: String?, detail: String?) {
        switch (kind, place) {
        case ("folder", let path?): self = .folder(path)
        case ("ollama", let path?): self = .ollama(store: path)
        case ("llama_swap", let path?): self = .llamaSwap(file: path)
        case ("hub", let repository?): self = .hub(repository: repository, revision: detail)
        case ("made", let source): self = .made(from: source, how: detail ?? "unknown")
        case ("configuration", nil): self = .configuration
        default: return nil
        }
    }
}
