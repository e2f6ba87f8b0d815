public import Vocabulary

/// Everything that a deployment is configured with: what answers, under which names, and how long it stays in memory.
///
/// One value is one version. It holds nothing that changes by itself.
public struct DeploymentSpec: Sendable, Equatable {
    /// What answers.
    public var kind: DeploymentKind
    /// What it is asked for.
    public var purpose = ModelPurpose.text
    /// Further names that requests may use.
    public var aliases: [String] = []
    /// Equal servers side by side; 1 to ``replicasMax``.
    public var replicas = 1
    /// Deployments that answer when this one cannot, in this order.
    public var fallback: [String] = []
    /// How long it stays in memory unused; `nil` leaves it to the server.
    public var keepAlive: KeepAlive?
    /// It never leaves memory to make room for others.
    public var isPinned = false
    /// Whose memory is taken first: of the least urgent.
    public var priority = Priority.normal
    /// It is loaded when the server starts, instead of with the first request.
    public var isPreloaded = false
    /// Requests that a server that is no engine of ours answers at the same time; others wait in a fair queue. `nil` has no
    /// bound. Engines have queues of their own.
    public var concurrency: Int?
    /// A remark for people.
    public var remark: String?

    public static let replicasMax = 16
    public static let concurrencyAllowed = 1...100_000
    public static let namesMax = 16

    public init(_ kind: DeploymentKind) { self.kind = kind }
}

/// What a deployment's model is for.
public enum ModelPurpose: String, Sendable, CaseIterable {
    /// It writes.
    case text
    /// It turns texts into vectors.
    case embeddings
    /// It ranks documents, or tells which labels fit texts.
    case reranking
}

/// Where a deployment's answers come from.
public enum DeploymentKind: Sendable, Equatable {
    /// A worker of this product, one process for each replica.
    case engine(EngineSettings)
    /// Any program that speaks OpenAI's API on a port of this machine.
    case command(CommandSettings)
    /// A server elsewhere.
    case remote(RemoteSettings)
    /// A container of the Docker Engine.
    case container(ContainerSettings)

    /// A stable word.
    public var name: String {
        switch self {
        case .engine: "engine"
        case .command: "command"
        case .remote: "remote"
        case .container: "container"
        }
    }

    /// The model file on this machine, where one is known.
    public var modelPath: String? {
        switch self {
        case .engine(let settings): settings.model
        case .command(let settings): settings.model
        case .container(let settings): settings.model
        case .remote: nil
        }
    }

    /// Whether it takes memory of this machine.
    public var isLocal: Bool { if case .remote = self { false } else { true } }
}

/// How an embedded worker is started. `nil` leaves a value to the worker.
public struct EngineSettings: Sendable, Equatable {
    /// A GGUF file: a path, or a name that the catalogue knows.
    public var model: String
    /// What reads images or recordings for it.
    public var projector: String?
    public var contextTokens: Int?
    /// Sequences at the same time.
    public var parallel: Int?
    public var batchTokens: Int?
    public var queueMax: Int?
    public var threads: Int?
    /// For requests that do not say themselves.
    public var sampling = SamplingSettings()
    /// Which installed engine serves; `nil` takes the one beside the program.
    public var engine: String?
    /// Further options of `nexus-engine`, as on its command line.
    public var arguments: [String] = []

    public init(model: String) { self.model = model }
}

/// Sampling parameters of a deployment; `nil` leaves the engine's default.
public struct SamplingSettings: Sendable, Equatable {
    public var temperature: Double?
    public var topP: Double?
    public var topK: Int?
    public var minP: Double?
    public var seed: UInt32?

    public init() {}
}

/// How any other program is started, and how it is known to be ready.
public struct CommandSettings: Sendable, Equatable {
    /// Program and arguments; `${PORT}`, `${MODEL}` and `${NAME}` stand for what is known at the start.
    public var command: [String]
    public var model: String?
    /// Added to a small inherited environment.
    public var environment: [String: String] = [:]
    public var directory: String?
    /// Answers 200 when the program is ready.
    public var readyPath = "/health"
    /// A program that is not ready by then is ended.
    public var readyWithin = Duration.seconds(300)
    public var stopSignal = StopSignal.terminate
    public var restart = RestartPolicy.onFailure
    /// The model's name there; `nil` is the deployment's.
    public var upstreamModel: String?

    public init(command: [String]) { self.command = command }
}

/// The signal that asks a program to end.
public enum StopSignal: String, Sendable, CaseIterable {
    case terminate = "TERM"
    case interrupt = "INT"
    case quit = "QUIT"
    case hangUp = "HUP"
}

/// Whether a program that ended is started again.
public enum RestartPolicy: String, Sendable, CaseIterable {
    case always
    /// When its status was not 0, or a signal ended it.
    case onFailure = "on_failure"
    case never
}

/// A server elsewhere.
public struct RemoteSettings: Sendable, Equatable {
    /// With or without `/v1`.
    public var url: String
    /// The model's name there; `nil` is the deployment's.
    public var upstreamModel: String?
    /// Never told again by the API.
    public var apiKey: String?
    /// Asked now and then whether the server is there; `nil` asks nothing and believes requests.
    public var healthPath: String?

    public init(url: String) { self.url = url }
}

/// How a container is made.
public struct ContainerSettings: Sendable, Equatable {
    public var image: String
    public var command: [String] = []
    public var environment: [String: String] = [:]
    /// Where the server listens inside of the container.
    public var port: Int
    /// Folders of this machine, as `/host:/container[:ro]`.
    public var binds: [String] = []
    public var model: String?
    /// Whether it may use every GPU.
    public var usesGPUs = false
    /// Bytes; `nil` sets no limit.
    public var memoryMax: Int64?
    public var readyPath = "/health"
    public var readyWithin = Duration.seconds(600)
    public var upstreamModel: String?

    public init(image: String, port: Int) {
        self.image = image
        self.port = port
    }
}
