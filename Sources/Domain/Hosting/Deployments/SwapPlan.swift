/// How a deployment gets from one configuration to another while requests come in.
public enum SwapPlan: Sendable, Equatable {
    /// Both are the same.
    case nothing
    /// What serves stays; only what is decided around it changes.
    case settings
    /// Equal servers are added or taken away.
    case scale(by: Int)
    /// New ones start, requests go over to them, the old ones end.
    case beside
    /// There is no room for both: requests wait while the old ones end and the new ones start.
    case drainFirst

    /// - Parameters:
    ///   - before: what serves now.
    ///   - after: what is to serve.
    ///   - isLoaded: whether anything runs.
    ///   - fitsBeside: whether memory has room for both at once.
    public init(from before: DeploymentSpec, to after: DeploymentSpec, isLoaded: Bool, fitsBeside: Bool) {
        var servers = after
        servers.replicas = before.replicas
        if before == after {
            self = .nothing
        } else if !isLoaded || before.serves(like: servers) {
            let difference = after.replicas - before.replicas
            self = isLoaded && difference != 0 ? .scale(by: difference) : .settings
        } else {
            self = fitsBeside ? .beside : .drainFirst
        }
    }
}

extension DeploymentSpec {
    /// Whether what runs for this configuration serves the other one as well.
    public func serves(like other: DeploymentSpec) -> Bool { kind == other.kind && purpose == other.purpose }
}
