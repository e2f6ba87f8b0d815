/// A model's state for the last tokens of a path, as it is kept in a file.
public struct KeptState: Sendable, Equatable {
    /// Whose it is; `nil` is everybody's.
    public var tenant: String?
    /// What it was computed with beside the model; empty for nothing.
    public var adapters: String
    /// Tokens of the whole path.
    public var tokens: [Int32]
    /// How many of them come before those that the state is for.
    public var start: Int
    /// Bytes that only the model understands.
    public var state: [UInt8]

    public init(tenant: String?, adapters: String = "", tokens: [Int32], start: Int, state: [UInt8]) {
        self.tenant = tenant
        self.adapters = adapters
        self.tokens = tokens
        self.start = start
        self.state = state
    }

    var header: StateHeader {
        StateHeader(tenant: tenant, adapters: adapters, tokens: tokens, start: start, stateBytes: state.count)
    }
}

/// A state that is in a file, without the state.
public struct KeptEntry: Sendable, Equatable {
    /// By which `CacheFolder.get` and `CacheFolder.remove` know it.
    public var name: String
    public var tenant: String?
    /// What it was computed with beside the model; empty for nothing.
    public var adapters: String
    public var tokens: [Int32]
    public var start: Int
    /// Of the file.
    public var bytes: Int
}

/// What a folder tells while it works, for the log. Paths and reasons are for operators, not for clients.
public enum CacheFolderEvent: Sendable, Equatable {
    /// The folder cannot be made or read.
    case unusable(reason: String)
    /// A file that is not what it should be. One of another model stays where it is.
    case rejected(file: String, reason: String, isRemoved: Bool)
    /// Files that a process left which was killed while it wrote them.
    case leftoversRemoved(count: Int)
    /// A state could not be written. Told once, until one can be written again.
    case writingFailed(reason: String)
    case writingWorksAgain
}
