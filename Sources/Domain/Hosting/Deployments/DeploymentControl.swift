public import JSONText

/// What a caller says with every change of a deployment.
public struct ChangeTerms: Sendable, Equatable {
    /// Why it is made.
    public var note: String
    /// The change is refused when another version is active; `nil` takes any.
    public var expectedVersion: Int?
    /// Whether the caller may have programs and containers started.
    public var allowsCommands: Bool

    public init(note: String = "", expectedVersion: Int? = nil, allowsCommands: Bool = false) {
        self.note = note
        self.expectedVersion = expectedVersion
        self.allowsCommands = allowsCommands
    }
}

/// Makes, changes and ends deployments while requests come in. All throw `ServiceError`.
public protocol DeploymentControl: Sendable {
    /// All, by name.
    func reports() async -> [DeploymentReport]
    func report(of name: String) async throws -> DeploymentReport
    /// Makes a deployment. It is loaded by its first request, by `start`, or at once when it says `preload`.
    func create(_ name: String, _ spec: DeploymentSpec, _ terms: ChangeTerms) async throws -> DeploymentReport
    /// Changes the configuration by a merge patch, which makes a version; returns when that serves.
    func change(_ name: String, patch: JSONValue, _ terms: ChangeTerms) async throws -> DeploymentReport
    /// Makes an earlier version's configuration the active one again, as a new version.
    ///
    /// - Parameters:
    ///   - name: of the deployment.
    ///   - number: the version; `nil` is the one before the active one.
    ///   - terms: with a note, which is made where there is none.
    /// - Returns: how it fares then.
    /// - Throws: `notFound` when there is no such version.
    func rollBack(_ name: String, to number: Int?, _ terms: ChangeTerms) async throws -> DeploymentReport
    /// Ends it and forgets it with all versions.
    ///
    /// - Parameters:
    ///   - name: of the deployment.
    ///   - isForced: whether to do so while it answers requests, or others fall back on it.
    /// - Throws: `conflict` when it is in use, or made by the configuration.
    func remove(_ name: String, isForced: Bool) async throws
    /// Loads it, whoever stopped it before. Returns when it answers.
    func start(_ name: String) async throws -> DeploymentReport
    /// Ends it when its answers are finished; no request loads it until `start`.
    func stop(_ name: String) async throws -> DeploymentReport
    /// Ends its servers and starts them anew, one after the other where there are several.
    func restart(_ name: String) async throws -> DeploymentReport
    /// All versions, the oldest first.
    func versions(of name: String) async throws -> [DeploymentVersion]
    /// The newest lines of the log.
    func log(of name: String, last count: Int) async throws -> [DeploymentLogLine]
    /// The newest lines, then those that come, until the reader goes.
    func followLog(of name: String, last count: Int) async throws -> AsyncStream<DeploymentLogLine>
    /// Names of deployments that use a file, which therefore must not be removed.
    func users(ofFile path: String) async -> [String]
}
