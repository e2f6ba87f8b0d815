/// A model that an import has found and that is not yet in the catalogue.
public struct FoundModel: Sendable, Equatable {
    /// The name that it is to have, if nobody has it.
    public var name: ModelName
    /// What else could tell it from others of that name: the folder that it lies in.
    public var surname: String?
    public var origin: ModelOrigin
    public var files: [ModelFile]
    public var metadata: ModelMetadata
    public var texts: ModelTexts
    public var defaults: RequestDefaults

    public init(
        name: ModelName, surname: String? = nil, origin: ModelOrigin, files: [ModelFile],
        metadata: ModelMetadata, texts: ModelTexts = ModelTexts(), defaults: RequestDefaults = RequestDefaults()
    ) {
        self.name = name
        self.surname = surname
        self.origin = origin
        self.files = files
        self.metadata = metadata
        self.texts = texts
        self.defaults = defaults
    }
}

/// What an import has left aside, and why.
public struct ImportProblem: Sendable, Equatable {
    /// A path, or the name of an entry.
    public let place: String
    public let reason: String

    public init(_ place: String, _ reason: String) {
        self.place = place
        self.reason = reason
    }
}

/// What an import has found.
public struct ImportFindings: Sendable, Equatable {
    public var models: [FoundModel] = []
    public var problems: [ImportProblem] = []
    /// Problems beyond `problemsMax`, which are only counted.
    public var problemsLeftOut = 0
    /// What a llama-swap file wants to be served.
    public var deployments: [FoundDeployment] = []

    public static let problemsMax = 1_000

    public init() {}

    public mutating func note(_ place: String, _ reason: String) {
        if problems.count < Self.problemsMax {
            problems.append(ImportProblem(place, reason))
        } else {
            problemsLeftOut += 1
        }
    }
}

/// A command that serves a model, as a llama-swap file has it: what a deployment of the kind "child process" is made of.
public struct FoundDeployment: Sendable, Equatable {
    public var name: String
    /// Program and arguments, with macros filled in; `${PORT}` stands where the port goes.
    public var command: [String]
    public var aliases: [String]
    /// `NAME=value`
    public var environment: [String]
    /// Where the command answers, with `${PORT}` in it.
    public var proxy: String
    /// The path that is asked whether it is ready; `nil` for "do not ask".
    public var checkPath: String?
    /// It ends after this time without requests.
    public var idleSeconds: Int?
    /// What the command calls the model, where that differs.
    public var upstreamModel: String?
    /// Not told in lists of models.
    public var isUnlisted = false
    public var title: String?
    public var note: String?
    /// Groups in which only one may run at a time, or whose start ends others.
    public var group: FoundGroup?
    /// The GGUF file that the command names, where one was recognised.
    public var modelPath: String?
    /// The first port of the file, for `${PORT}`.
    public var startPort: Int?
    public var readySeconds: Int?

    public init(name: String, command: [String]) {
        self.name = name
        self.command = command
        aliases = []
        environment = []
        proxy = "http://localhost:${PORT}"
        checkPath = "/health"
    }
}

/// A group of a llama-swap file.
public struct FoundGroup: Sendable, Equatable {
    public var name: String
    /// Only one member runs at a time.
    public var swaps: Bool
    /// A member's start ends the members of other groups.
    public var isExclusive: Bool
    /// Other groups do not end its members.
    public var isPersistent: Bool

    public init(name: String, swaps: Bool = true, isExclusive: Bool = true, isPersistent: Bool = false) {
        self.name = name
        self.swaps = swaps
        self.isExclusive = isExclusive
        self.isPersistent = isPersistent
    }
}
