public import ModelCatalog

/// What the routes of models need beside the catalogue itself: the disk. Implemented by the platform.
public protocol ModelOperations: Sendable {
    /// Looks for models at a path of the server's disk and puts them into the catalogue.
    ///
    /// - Throws: `ServiceError` when nothing can be read there.
    func importModels(_ order: ImportOrder) async throws -> ImportReport

    /// What has become of a model's files; with `digests` they are read from the first byte to the last.
    func check(_ record: ModelRecord, digests: Bool) async throws -> [CheckedFile]

    /// Removes files of a model that was taken out of the catalogue: those that the platform has made or fetched and that no
    /// other model uses, and with `evenForeign` also those that it found somewhere. Never an Ollama store's.
    ///
    /// - Returns: the paths that were removed.
    func removeFiles(of record: ModelRecord, evenForeign: Bool) async throws -> [String]
}

/// An order to import models.
public struct ImportOrder: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case folder, ollama
        case llamaSwap = "llama_swap"
    }

    /// Absolute, on the server's disk.
    public var path: String
    /// `nil` guesses by what lies there.
    public var kind: Kind?
    /// For one single model.
    public var name: ModelName?
    /// For one single model that was made on this machine.
    public var made: Making?

    /// How a model was made.
    public struct Making: Sendable, Equatable {
        /// Of what: a model's name, or a path.
        public var source: String?
        /// "converted to F16".
        public var how: String

        public init(of source: String?, how: String) {
            self.source = source
            self.how = how
        }
    }

    public init(path: String, kind: Kind? = nil, name: ModelName? = nil, made: Making? = nil) {
        self.path = path
        self.kind = kind
        self.name = name
        self.made = made
    }
}

/// What an import has come to.
public struct ImportReport: Sendable, Equatable {
    public var added: [ModelName] = []
    public var refreshed: [ModelName] = []
    public var unchanged: [ModelName] = []
    public var problems: [ImportProblem] = []
    public var problemsLeftOut = 0
    /// What a llama-swap file wants to be served.
    public var deployments: [FoundDeployment] = []

    public init() {}
}

/// A file and what has become of it.
public struct CheckedFile: Sendable, Equatable {
    public var file: ModelFile
    public var standing: FileStanding
    /// Computed now.
    public var sha256: String?

    public init(file: ModelFile, standing: FileStanding, sha256: String? = nil) {
        self.file = file
        self.standing = standing
        self.sha256 = sha256
    }
}
