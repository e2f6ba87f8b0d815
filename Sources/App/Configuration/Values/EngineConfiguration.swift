/// How engine workers run, and how they are kept running.
public struct EngineConfiguration: Sendable, Equatable {
    /// What holds for every model that says nothing else.
    public var parameters = EngineParameters()
    public var restart = Restart()
    /// A worker that has work but whose decode step has not advanced for this long counts as hung.
    public var heartbeatTimeout = Duration.seconds(30)
    /// Further programs that can run models, which deployments choose by name.
    public var programs: [EngineProgramPath] = []

    /// Waiting times between attempts to start a worker again.
    public struct Restart: Sendable, Equatable {
        public var initial = Duration.milliseconds(500)
        /// Not shorter than `initial`.
        public var max = Duration.seconds(30)
    }
}

/// The size of one engine worker.
public struct EngineParameters: Sendable, Equatable {
    /// Threads for computing; `nil` lets the engine choose by the machine's cores.
    public var threads: Int?
    /// Tokens of context per sequence; `nil` takes what the model was trained with.
    public var contextTokens: Int?
    /// Sequences that are decoded at the same time.
    public var parallel: Int
    /// Tokens in one step at most; larger steps prefill faster and make others wait longer.
    public var batchTokens: Int
    /// Requests that may wait; the next one is refused.
    public var queueMax: Int
    /// Which installed engine runs it, by name; `nil` is the platform's own.
    public var program: String?

    public init(
        threads: Int? = nil, contextTokens: Int? = nil, parallel: Int = 4, batchTokens: Int = 512, queueMax: Int = 256,
        program: String? = nil
    ) {
        self.threads = threads
        self.contextTokens = contextTokens
        self.parallel = parallel
        self.batchTokens = batchTokens
        self.queueMax = queueMax
        self.program = program
    }
}

/// One model that is served, with its own parameter set.
public struct ModelConfiguration: Sendable, Equatable {
    /// The name that clients write in `model`.
    public let name: String
    public let source: ModelSource
    /// What an engine worker is started for. Other servers know it themselves.
    public let kind: ModelKind
    /// The general engine parameters with this model's overrides.
    public let engine: EngineParameters
    /// For requests that do not say themselves.
    public let sampling: SamplingDefaults
    /// A remark for people.
    public let note: String?
    /// Whether its worker starts with the platform instead of with the first request.
    public let autostart: Bool
    /// Under which names, how often and how long it is in memory.
    public let hosting: ModelHosting

    public init(
        name: String, source: ModelSource, kind: ModelKind = .text, engine: EngineParameters,
        sampling: SamplingDefaults = SamplingDefaults(), note: String? = nil, autostart: Bool = true,
        hosting: ModelHosting = ModelHosting()
    ) {
        self.name = name
        self.source = source
        self.kind = kind
        self.engine = engine
        self.sampling = sampling
        self.note = note
        self.autostart = autostart
        self.hosting = hosting
    }
}

/// What a model is for.
public enum ModelKind: String, Sendable, CaseIterable {
    /// It writes.
    case text
    /// It turns texts into vectors.
    case embeddings
    /// It ranks documents, or tells which labels fit texts.
    case reranking
}

/// Where a model's answers come from.
public enum ModelSource: Sendable, Equatable {
    /// A GGUF file, run by an engine worker, and what reads images or recordings for it.
    case file(path: String, projector: String? = nil)
    /// Another server that speaks the OpenAI API under `url`. `model` is the model's name there.
    case external(url: String, model: String, apiKey: Secret?)
}

/// Sampling parameters of a model; `nil` leaves the engine's default.
public struct SamplingDefaults: Sendable, Equatable {
    /// 0 to 10.
    public var temperature: Double?
    /// 0 to 1.
    public var topP: Double?
    /// 0 keeps all tokens.
    public var topK: Int?
    /// 0 to 1.
    public var minP: Double?
    public var seed: UInt32?

    public init() {}
}

/// A program that can run models, under a name.
public struct EngineProgramPath: Sendable, Equatable {
    public let name: String
    public let path: String

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}
