/// How strongly one LoRA adapter changes what a model computes.
public struct AdapterScale: Sendable, Hashable {
    /// The adapter's number in the server's list. A number is never given twice.
    public var id: Int
    /// What the adapter's changes are multiplied with; 0 leaves it out.
    public var scale: Float

    /// Larger numbers are slips: the answer would be noise.
    public static let scaleMax: Float = 1_000

    public init(id: Int, scale: Float) {
        self.id = id
        self.scale = scale
    }
}

/// One loaded LoRA adapter.
public struct AdapterReport: Sendable, Equatable {
    public var id: Int
    /// As the operator or the client named the file.
    public var path: String
    /// What applies to requests that name no adapters.
    public var scale: Float
    /// `adapter.lora.task_name` of its file; empty without.
    public var taskName: String
    /// `adapter.lora.prompt_prefix` of its file; empty without.
    public var promptPrefix: String
    /// The largest rank of its pairs.
    public var rank: Int
    /// Requests that wait or run with it.
    public var users: Int

    public init(
        id: Int, path: String, scale: Float, taskName: String = "", promptPrefix: String = "", rank: Int, users: Int = 0
    ) {
        self.id = id
        self.path = path
        self.scale = scale
        self.taskName = taskName
        self.promptPrefix = promptPrefix
        self.rank = rank
        self.users = users
    }
}

/// What can be done with a running engine's LoRA adapters.
public protocol AdapterControlling: Sendable {
    /// The loaded adapters, by ascending id.
    func adapters() async throws(ServiceError) -> [AdapterReport]
    /// Sets the scales of requests to come that name no adapters. Those that wait or run keep what they have.
    ///
    /// - Parameter scales: adapters that are not named get 0.
    /// - Throws: `invalidValue` when there is no such adapter; nothing has changed then.
    func setAdapters(_ scales: [AdapterScale]) async throws(ServiceError)
    /// Loads an adapter.
    ///
    /// - Parameters:
    ///   - path: a file in the folder that the operator allows.
    ///   - scale: for requests that name no adapters.
    /// - Returns: what is in the list now.
    /// - Throws: `unsupported` where no folder is allowed; `invalidValue` when the file cannot be used; `conflict` when
    ///   as many adapters are loaded as may be.
    func loadAdapter(_ path: String, scale: Float) async throws(ServiceError) -> AdapterReport
    /// Removes an adapter and frees its memory.
    ///
    /// - Returns: what was in the list.
    /// - Throws: `notFound`; `conflict` while requests wait or run with it.
    func removeAdapter(_ id: Int) async throws(ServiceError) -> AdapterReport
}
