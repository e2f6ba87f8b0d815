import JSONText

/// Which engine a program is, as it says itself.
public struct EngineBuild: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Our own worker.
        case nexusEngine = "nexus_engine"
        case llamaServer = "llama_server"
    }

    public var kind: Kind
    /// Of the program: "0.5.0", "b6123".
    public var version: String
    /// "0.3.36", of llama.cpp; `nil` where it says a build number only.
    public var llamaVersion: String?
    public var ggmlVersion: String?
    public var commit: String?
    /// The words of `llama_print_system_info`: "AVX2 = 1", or what compiler built it.
    public var features: [String]
    /// What can compute, by llama.cpp's names: "CPU", "CUDA0".
    public var devices: [String]

    public init(
        kind: Kind, version: String, llamaVersion: String? = nil, ggmlVersion: String? = nil, commit: String? = nil,
        features: [String] = [], devices: [String] = []
    ) {
        self.kind = kind
        self.version = version
        self.llamaVersion = llamaVersion
        self.ggmlVersion = ggmlVersion
        self.commit = commit
        self.features = features
        self.devices = devices
    }

    /// Whether it can compute on something else than the processor.
    public var hasAccelerator: Bool { devices.contains { $0 != "CPU" && $0 != "BLAS" && !$0.isEmpty } }

    /// What to ask a program first. Programs that do not know it are asked for `versionArguments`.
    public static let arguments = ["--build-info"]
    public static let versionArguments = ["--version"]

    /// Reads the answer of `nexus-engine --build-info`: one line of JSON, among other lines perhaps.
    ///
    /// - Returns: `nil` when there is no such line.
    public init?(buildInfo text: String) {
        let values = text.split(whereSeparator: \.isNewline).lazy.compactMap { line -> JSONValue? in
            guard line.hasPrefix("{") else { return nil }
            do { return try JSONValue.parse(String(line)) } catch { return nil }
        }
        guard let value = values.first(where: { $0["engine"]?.string == "nexus-engine" }),
            let version = value["version"]?.string
        else { return nil }
        func list(_ key: String) -> [String] { value[key]?.array?.compactMap(\.string) ?? [] }
        self.init(
            kind: .nexusEngine, version: version, llamaVersion: value["llama_cpp"]?.string,
            ggmlVersion: value["ggml"]?.string, commit: value["commit"]?.string, features: list("features"),
            devices: list("devices"))
    }

    /// Reads the answer of `llama-server --version`: `version: 6123 (1a2b3c4d)` and `built with …`.
    ///
    /// - Returns: `nil` when there is no such line.
    public init?(serverVersion text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(\.trimmed)
        guard let line = lines.first(where: { $0.hasPrefix("version: ") }) else { return nil }
        let words = line.dropFirst("version: ".count).split(separator: " ")
        guard let number = words.first, number.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) }) else {
            return nil
        }
        let commit = words.dropFirst().first.map { $0.filter { $0 != "(" && $0 != ")" } }
        self.init(
            kind: .llamaServer, version: UInt64(number) == nil ? String(number) : "b\(number)", commit: commit,
            features: lines.filter { $0.hasPrefix("built with ") })
    }
}

/// A way to run models that this machine has, and whether it works.
public struct InstalledEngine: Sendable, Equatable {
    public enum Origin: String, Sendable, CaseIterable {
        /// What this platform was built with.
        case own
        /// Another llama.cpp of the runtime's cache, under the platform's own program.
        case runtime
        /// From the configuration.
        case configured
    }

    public enum Condition: Sendable, Equatable {
        case works(EngineBuild)
        /// Why it cannot be chosen.
        case broken(reason: String)
    }

    public var name: String
    public var origin: Origin
    /// Path of the program.
    public var program: String
    /// A folder of libraries that it is to find before its own.
    public var libraries: String?
    public var condition: Condition

    public init(name: String, origin: Origin, program: String, libraries: String? = nil, condition: Condition) {
        self.name = name
        self.origin = origin
        self.program = program
        self.libraries = libraries
        self.condition = condition
    }

    public var build: EngineBuild? { if case .works(let build) = condition { build } else { nil } }
}
