public import Vocabulary

/// A node of the prefix cache as it is kept on disk.
public struct ShelvedState: Sendable, Equatable {
    /// `nil` is the shared scope.
    public var tenant: TenantID?
    /// What it was computed with beside the model; empty for nothing.
    public var adapters: String
    /// Tokens of the whole path.
    public var tokens: [Int32]
    /// How many of them come before those that the state is for; 0 where a model's memory cannot be cut.
    public var start: Int
    /// The model's state, as `ModelRuntime.state` gave it.
    public var state: [UInt8]

    public init(tenant: TenantID?, adapters: String = "", tokens: [Int32], start: Int, state: [UInt8]) {
        self.tenant = tenant
        self.adapters = adapters
        self.tokens = tokens
        self.start = start
        self.state = state
    }
}

/// Where states go that have no room in memory, and where they are found again after a restart.
///
/// Writing never waits: what cannot be queued is dropped. Nothing damaged ever comes back.
public protocol CacheShelf: Sendable {
    /// What is there from before, without the states.
    func contents() -> [ShelfEntry]
    /// Queues a state for writing.
    ///
    /// - Parameter state: what to keep.
    /// - Returns: its name, or `nil` when the queue is full.
    func put(_ state: ShelvedState) -> String?
    /// Reads a state; `nil` when it is missing, damaged or not of this model. Waits for the disk.
    func get(_ name: String) -> ShelvedState?
    func remove(_ name: String)
    /// Waits until everything that was put and removed is so on the disk.
    ///
    /// - Parameter patience: how long to wait at most.
    /// - Returns: whether it is.
    func settle(within patience: Duration) -> Bool
    /// Files that were refused because they were damaged or not of this model.
    var rejectedCount: Int { get }
    /// Of everything that is there or waits to be written.
    var bytes: Int { get }
    var bytesMax: Int { get }
}

/// One state on a shelf.
public struct ShelfEntry: Sendable, Equatable {
    public var name: String
    public var tenant: TenantID?
    /// What it was computed with beside the model; empty for nothing.
    public var adapters: String
    public var tokens: [Int32]
    public var start: Int
    public var bytes: Int

    public init(
        name: String, tenant: TenantID?, adapters: String = "", tokens: [Int32], start: Int, bytes: Int
    ) {
        self.name = name
        self.tenant = tenant
        self.adapters = adapters
        self.tokens = tokens
        self.start = start
        self.bytes = bytes
    }
}
