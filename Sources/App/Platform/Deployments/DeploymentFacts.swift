import Gateway
import Hosting
import Synchronization
import Vocabulary

/// What can be known of a deployment at any time without waiting for it: the configuration's part, and who is in rotation.
final class DeploymentFacts: Sendable {
    private struct State: Sendable {
        var isStopped: Bool
        var writes: Bool
        var parallel: Int
        var replicas: [Replica] = []
    }

    /// Whether its servers are processes of this machine, which are started again when they end.
    let isLocal: Bool
    private let name: String
    private let state: Mutex<State>

    init(_ record: DeploymentRecord) {
        name = record.name
        let spec = record.active?.spec
        isLocal = spec?.kind.isLocal ?? false
        state = Mutex(
            State(isStopped: record.isStopped, writes: spec?.purpose ?? .text == .text, parallel: spec?.parallel ?? 1))
    }

    func note(_ record: DeploymentRecord) {
        let spec = record.active?.spec
        state.withLock { state in
            state.isStopped = record.isStopped
            state.writes = spec?.purpose ?? .text == .text
            state.parallel = spec?.parallel ?? 1
        }
    }

    func note(_ replicas: [Replica]) { state.withLock { $0.replicas = replicas } }

    /// Whether it writes text.
    var writes: Bool { state.withLock { $0.writes } }

    /// What a decision about a request looks at.
    ///
    /// - Parameter health: what requests told of it.
    /// - Returns: a snapshot.
    func standing(_ health: DeploymentHealth) -> TargetStanding {
        let state = state.withLock(\.self)
        let replicas = state.replicas
        // A server elsewhere runs without us; it is in rotation from the first request on.
        let isReady = replicas.isEmpty ? !isLocal : replicas.contains(where: \.server.isReady)
        let description = replicas.lazy.compactMap(\.description).first
        return TargetStanding(
            name: name, writes: state.writes, readsImages: description?.modalities.image, isStopped: state.isStopped,
            isReady: isReady, resting: health.resting, inFlight: replicas.reduce(0) { $0 + $1.inFlight },
            parallel: state.parallel * max(1, replicas.count), latency: health.latency)
    }
}
