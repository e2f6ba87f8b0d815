public import Vocabulary

/// Where a deployment stands.
public enum DeploymentStage: String, Sendable, CaseIterable {
    /// Somebody stopped it; no request loads it. Can go to: unloaded.
    case stopped
    /// Not in memory; the next request loads it. Can go to: loading, stopped.
    case unloaded
    /// On its way into memory. Can go to: ready, failed, stopped.
    case loading
    /// It answers. Can go to: switching, restarting, unloading.
    case ready
    /// One version takes the place of another. Can go to: ready, failed.
    case switching
    /// Its servers fell, and are started again. Can go to: ready, failed.
    case restarting
    /// On its way out of memory. Can go to: unloaded, stopped.
    case unloading
    /// It could not be loaded; a later request tries again. Can go to: loading, stopped.
    case failed
}

/// One server of a deployment.
public struct ReplicaReport: Sendable, Equatable {
    public var id: Int
    public var version: Int
    /// `starting`, `ready`, `backing_off`, … and `draining` for one that takes no more requests.
    public var state: String
    /// Requests that it is answering.
    public var inFlight: Int
    public var attempts: Int
    public var processID: Int32?
    public var residentBytes: UInt64?
    public var contextTokens: Int?
    public var lastExit: String?

    public init(id: Int, version: Int, state: String, inFlight: Int, attempts: Int) {
        self.id = id
        self.version = version
        self.state = state
        self.inFlight = inFlight
        self.attempts = attempts
    }
}

/// How a deployment fares.
public struct DeploymentReport: Sendable, Equatable {
    public var name: String
    public var origin: DeploymentOrigin
    public var stage: DeploymentStage
    public var active: DeploymentVersion
    public var versionCount: Int
    public var replicas: [ReplicaReport] = []
    /// What it was predicted to take, in bytes.
    public var predictedBytes: UInt64?
    public var residentBytes: UInt64?
    /// Why it could not be loaded or changed last.
    public var failure: String?
    /// The last lines of its log, where it failed.
    public var logTail: [String] = []
    /// The model's file is not the one any more that its servers have loaded.
    public var isFileReplaced = false
    public var modalities = Modalities()

    public init(
        name: String, origin: DeploymentOrigin, stage: DeploymentStage, active: DeploymentVersion, versionCount: Int
    ) {
        self.name = name
        self.origin = origin
        self.stage = stage
        self.active = active
        self.versionCount = versionCount
    }
}

/// One line of a deployment's log.
public struct DeploymentLogLine: Sendable, Equatable {
    /// Counts up from 1.
    public var number: UInt64
    /// As RFC 3339.
    public var time: String
    /// `output`, `error` or `event`.
    public var stream: String
    public var text: String

    public init(number: UInt64, time: String, stream: String, text: String) {
        self.number = number
        self.time = time
        self.stream = stream
        self.text = text
    }
}
