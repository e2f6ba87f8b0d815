public import JSONText
public import Telemetry
public import Vocabulary

/// The models of this server as Ollama's clients manage them. All throw `ServiceError`.
public protocol OllamaLibrary: Sendable {
    /// All models that can be asked for.
    func models() async throws -> [OllamaModel]
    /// One of them, with what its file says.
    func description(of name: String) async throws -> OllamaModelDescription
    /// Those that are in memory.
    func running() async throws -> [OllamaRunningModel]
    /// Has a model in memory, or lets it go; returns when it is done.
    func load(_ name: String, keepAlive: KeepAlive?) async throws
    func unload(_ name: String) async throws
    /// Brings a model here and serves it, as far as it is not here.
    ///
    /// - Parameters:
    ///   - name: `hf.co/owner/name:Q4_K_M`, `owner/name:Q4_K_M`, or a model that is here.
    ///   - tell: is told how far it is.
    /// - Throws: `ServiceError`.
    func pull(_ name: String, tell: @escaping @Sendable (OllamaProgress) async throws -> Void) async throws
    /// Makes a model of another one.
    func create(_ order: OllamaCreation) async throws
    func copy(_ source: String, to name: String) async throws
    func delete(_ name: String) async throws
}

/// One model in lists.
public struct OllamaModel: Sendable, Equatable {
    public var name: String
    public var modified: UnixTime
    /// Bytes of its files; 0 where they are elsewhere.
    public var bytes: Int64
    /// 64 hexadecimal digits.
    public var digest: String
    public var format: String
    public var family: String
    public var parameterCount: Int64?
    public var quantization: String

    public init(name: String, modified: UnixTime, bytes: Int64, digest: String) {
        self.name = name
        self.modified = modified
        self.bytes = bytes
        self.digest = digest
        (format, family, quantization) = ("", "", "")
    }
}

/// What one model is made of.
public struct OllamaModelDescription: Sendable, Equatable {
    public var model: OllamaModel
    public var license = ""
    /// The chat template's Jinja source.
    public var template = ""
    /// What applies where a request says nothing, by Ollama's names.
    public var parameters: [(name: String, value: String)] = []
    /// Keys of the model's file, such as `llama.context_length`.
    public var info = JSONObject()
    public var capabilities: [String] = []
    /// The other model that it was made of.
    public var source: String?

    public init(_ model: OllamaModel) { self.model = model }

    public static func == (left: Self, right: Self) -> Bool {
        left.model == right.model && left.license == right.license && left.template == right.template
            && left.parameters.elementsEqual(right.parameters) { $0 == $1 } && left.info == right.info
            && left.capabilities == right.capabilities && left.source == right.source
    }
}

/// One model that is in memory.
public struct OllamaRunningModel: Sendable, Equatable {
    public var model: OllamaModel
    /// Bytes that it takes.
    public var residentBytes: UInt64
    /// When it leaves for want of work; `nil` where it does not.
    public var expires: UnixTime?
    public var contextTokens: Int?

    public init(_ model: OllamaModel, residentBytes: UInt64, expires: UnixTime?, contextTokens: Int?) {
        self.model = model
        self.residentBytes = residentBytes
        self.expires = expires
        self.contextTokens = contextTokens
    }
}

/// How far a model is on its way.
public struct OllamaProgress: Sendable, Equatable {
    public var status: String
    /// Names what is fetched: clients show one bar for each.
    public var item: String?
    public var total: Int64?
    public var completed: Int64?

    public init(_ status: String, item: String? = nil, total: Int64? = nil, completed: Int64? = nil) {
        self.status = status
        self.item = item
        self.total = total
        self.completed = completed
    }
}

/// An order to make a model of another one.
public struct OllamaCreation: Sendable, Equatable {
    public var name: String
    public var source: String
    /// Jinja source.
    public var template: String?
    /// By Ollama's names.
    public var parameters = JSONObject()

    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }
}
