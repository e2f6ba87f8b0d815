/// Who made a deployment.
public enum DeploymentOrigin: String, Sendable {
    /// The configuration names it. It comes back with every start as long as it does.
    case configuration
    /// A call of the API made it; the database keeps it.
    case api
}

/// What became of a version.
public enum DeploymentVersionState: String, Sendable {
    /// It is being put in place. One that is found so at a start was broken off, and does not count.
    case pending
    /// It serves, or is what the next load takes.
    case active
    /// Another one took its place.
    case superseded
    /// It could not be put in place.
    case failed
}

/// One configuration of a deployment in its history.
public struct DeploymentVersion: Sendable, Equatable {
    /// Counts up from 1; never used again.
    public var number: Int
    public var spec: DeploymentSpec
    /// Why it was made.
    public var note: String
    /// Microseconds since 1970.
    public var createdAt: Int64
    public var state: DeploymentVersionState
    /// Why it failed.
    public var reason: String?

    public init(
        number: Int, spec: DeploymentSpec, note: String, createdAt: Int64, state: DeploymentVersionState = .pending,
        reason: String? = nil
    ) {
        self.number = number
        self.spec = spec
        self.note = note
        self.createdAt = createdAt
        self.state = state
        self.reason = reason
    }
}

/// A deployment as it is kept.
public struct DeploymentRecord: Sendable, Equatable {
    public var name: String
    public var origin: DeploymentOrigin
    /// Microseconds since 1970.
    public var createdAt: Int64
    /// Whether an operator has stopped it; then no request loads it.
    public var isStopped: Bool
    /// What the configuration said when it was last looked at, to see whether it says something else now.
    public var configured: DeploymentSpec?
    public var versions: [DeploymentVersion]

    public init(
        name: String, origin: DeploymentOrigin, createdAt: Int64, isStopped: Bool = false,
        configured: DeploymentSpec? = nil, versions: [DeploymentVersion] = []
    ) {
        self.name = name
        self.origin = origin
        self.createdAt = createdAt
        self.isStopped = isStopped
        self.configured = configured
        self.versions = versions
    }

    public var active: DeploymentVersion? { versions.last { $0.state == .active } }
    /// The number of the next version.
    public var nextNumber: Int { (versions.map(\.number).max() ?? 0) + 1 }

    /// The version that was active before the active one.
    public var previous: DeploymentVersion? {
        guard let active else { return nil }
        return versions.last { $0.state == .superseded && $0.number != active.number }
    }

    public func version(_ number: Int) -> DeploymentVersion? { versions.first { $0.number == number } }
}

/// Keeps deployments and their versions. Each call is whole or not at all, whatever ends the process.
public protocol DeploymentStore: Sendable {
    func deployments() async throws -> [DeploymentRecord]
    /// Adds a deployment with the versions that it has.
    func add(_ record: DeploymentRecord) async throws
    func remove(_ name: String) async throws
    func add(_ version: DeploymentVersion, to name: String) async throws
    /// Makes a version the active one and the one before it superseded.
    func activate(_ number: Int, of name: String) async throws
    func fail(_ number: Int, of name: String, reason: String) async throws
    func setStopped(_ isStopped: Bool, of name: String) async throws
    func setConfigured(_ spec: DeploymentSpec, of name: String) async throws
}
