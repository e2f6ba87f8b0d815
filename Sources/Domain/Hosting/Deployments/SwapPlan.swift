/// How a deployment gets from one configuration to another while requests come in.
public enum SwapPlan: Sendable, Equatable {
    /// What serves stays, if anything does; only what is decided around it changes.
    case settings
    /// Equal servers are added, or taken away.
    case scale(by: Int)
    /// Others take the place of those that serve.
    case swap

    /// - Parameters:
    ///   - before: what serves now.
    ///   - after: what is to serve.
    ///   - isLoaded: whether anything runs.
    public init(from before: DeploymentSpec, to after: DeploymentSpec, isLoaded: Bool) {
        let difference = after.replicas - before.replicas
        if !isLoaded || (before.serves(like: after) && difference == 0) {
            self = .settings
        } else {
            self = before.serves(like: after) ? .scale(by: difference) : .swap
        }
    }
}

extension DeploymentSpec {
    /// Whether what runs for this configuration serves the other one as well.
    public func serves(like other: DeploymentSpec) -> Bool { kind == other.kind && purpose == other.purpose }
}
