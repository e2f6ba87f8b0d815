/// Everything from outside that decides the configuration, as values. Nothing else is read.
public struct ConfigurationInputs: Sendable {
    /// The keys that the command line sets, in its order; of two that set the same key the last one counts.
    public var arguments: [ConfigurationArgument]
    /// The configuration file that the command line names; it must exist.
    public var file: String?
    /// The profile that the command line names.
    public var profile: String?
    /// All environment variables of the process; only `NEXUS_…`, `HOME`, the `XDG_…_HOME` ones and those that a
    /// declaration names as customary (`HF_TOKEN`) are looked at.
    public var environment: [String: String]
    /// The bytes of the file at a path, `nil` when there is none. Throws when it cannot be read.
    public var readFile: @Sendable (String) throws -> [UInt8]?
    /// Variables that begin with `NEXUS_` but belong to somebody else, such as the build.
    public var foreignVariables: Set<String> = [
        "NEXUS_LLAMA_PREFIX", "NEXUS_CACHE_DIR", "NEXUS_PYTHON", "NEXUS_BIN_DIR",
    ]

    public init(
        arguments: [ConfigurationArgument] = [], file: String? = nil, profile: String? = nil,
        environment: [String: String], readFile: @escaping @Sendable (String) throws -> [UInt8]?
    ) {
        self.arguments = arguments
        self.file = file
        self.profile = profile
        self.environment = environment
        self.readFile = readFile
    }

    static let fileVariable = "NEXUS_CONFIG"
    static let profileVariable = "NEXUS_PROFILE"

    /// A variable's value; an empty one counts as not set, as container files write it.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// `$XDG_CONFIG_HOME/llama-nexus/nexus.yaml`, read when it is there and no other file is named.
    var usualFile: String? {
        let home = variable("XDG_CONFIG_HOME") ?? variable("HOME").map { $0 + "/.config" }
        return home.map { $0 + "/llama-nexus/nexus.yaml" }
    }

    /// `$XDG_DATA_HOME/llama-nexus`, `~/.local/share/llama-nexus`, or a directory below the working one.
    var usualDataDirectory: String {
        let home = variable("XDG_DATA_HOME") ?? variable("HOME").map { $0 + "/.local/share" }
        return home.map { $0 + "/llama-nexus" } ?? "llama-nexus-data"
    }

    /// Whether a variable with our prefix is none of ours: a foreign one, or one that Kubernetes sets in every container
    /// for a service called `nexus` (`NEXUS_SERVICE_HOST`, `NEXUS_PORT_8484_TCP_ADDR`).
    func isForeign(_ name: String) -> Bool {
        foreignVariables.contains(name) || name == "NEXUS_PORT" || name.hasPrefix("NEXUS_PORT_")
            || name.hasPrefix("NEXUS_SERVICE_")
    }
}

/// One key that the command line sets.
public struct ConfigurationArgument: Sendable, Equatable {
    /// As the user wrote it, with dashes: `--port`.
    public let flag: String
    /// The text of the value.
    public let value: String

    public init(flag: String, value: String) {
        self.flag = flag
        self.value = value
    }
}
