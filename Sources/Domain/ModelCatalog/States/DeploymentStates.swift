/// The states of one model in all deployments that are made of it, and the one state that they add up to.
///
/// A model may serve under two names, or in two replicas, while a third is still loading. Each has its own life; the
/// catalogue tells of the one that is furthest.
public struct DeploymentStates: Sendable, Equatable {
    /// Deployments of one model that are told apart; the next one is refused.
    public static let deploymentsMax = 1_024

    /// By the deployment's name; only those that were ever loaded.
    private var states: [String: ModelState] = [:]

    public init() {}

    /// Notes a change of one deployment.
    ///
    /// - Parameters:
    ///   - change: what happened to it.
    ///   - deployment: its name.
    ///   - base: the state of a model that no deployment has touched: what the catalogue has kept.
    /// - Returns: its state before and after.
    /// - Throws: when that cannot happen to it.
    public mutating func apply(
        _ change: ModelChange, to deployment: String, base: ModelState
    ) throws(InvalidTransition) -> (before: ModelState, after: ModelState) {
        // What the catalogue kept of a life that is over is a place to begin from; what it kept of somebody else's is not.
        let before = states[deployment] ?? (base.isBusy && base.hasFiles ? .stopped : base)
        let after = try before.after(change)
        if states[deployment] == nil, states.count >= Self.deploymentsMax {
            // Those that ended tell nothing that the kept state does not tell.
            states = states.filter { $0.value.isBusy }
            guard states.count < Self.deploymentsMax else { throw InvalidTransition(state: before, change: change) }
        }
        states[deployment] = after
        return (before, after)
    }

    /// The names of deployments that work with the model's files now, in alphabetical order.
    public var busy: [String] { states.filter { $0.value.isBusy }.map(\.key).sorted() }

    /// The state of the furthest deployment; `nil` when there is none.
    public var combined: ModelState? { states.values.max { Self.rank($0) < Self.rank($1) } }

    /// Serving is more than loading, loading more than ending, and a failure that is told more than a quiet end.
    private static func rank(_ state: ModelState) -> Int {
        switch state {
        case .ready: 8
        case .loading: 7
        case .unloading: 6
        case .failed(.loading): 5
        case .stopped: 4
        case .downloaded: 3
        case .downloading: 2
        case .failed(.downloading): 1
        case .unknown: 0
        }
    }
}
