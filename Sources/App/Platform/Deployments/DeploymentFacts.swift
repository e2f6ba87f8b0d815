import Gateway
import Hosting
import Synchronization
import Vocabulary

/// What can be known of a deployment at any time without waiting for it: the configuration's part, and who is in rotation.
final class DeploymentFacts: Sendable {
    private struct State: Sendable {
        var isStopped: Bool
        var writes: Bool
        var terms: Deployment.Terms
        var phase = Deployment.Phase.unloaded
        var replicas: [Replica] = []
        /// Requests that were given a turn.
        var turns = 0

        init(_ record: DeploymentRecord) {
            isStopped = record.isStopped
            writes = record.active?.spec.purpose ?? .text == .text
            terms = Deployment.Terms(record)
        }
    }

    /// Who may answer one request now.
    struct Rotation {
        /// Whether it serves, and nobody has stopped it.
        let isServing: Bool
        let terms: Deployment.Terms
        let replicas: [Replica]
        fileprivate let turn: Int

        /// A place at the replica that suits best: one that is ready, where there is one.
        ///
        /// - Parameter affinity: what the caller's earlier requests had, too.
        /// - Returns: none when nobody takes requests.
        func lease(affinity: UInt64?) -> ReplicaLease? {
            let ready = replicas.filter(\.server.isReady)
            let candidates = (ready.isEmpty ? replicas : ready).map {
                ReplicaChoice.Candidate(id: $0.id, inFlight: $0.inFlight)
            }
            let chosen = ReplicaChoice.choose(
                candidates, affinity: affinity, turn: turn, slack: ReplicaChoice.slack(parallel: terms.parallel))
            return replicas.first { $0.id == chosen }?.lease()
        }
    }

    /// Whether its servers are processes of this machine, which are started again when they end.
    let isLocal: Bool
    private let name: String
    private let state: Mutex<State>

    init(_ record: DeploymentRecord) {
        name = record.name
        isLocal = record.active?.spec.kind.isLocal ?? false
        state = Mutex(State(record))
    }

    func note(_ record: DeploymentRecord) {
        let noted = State(record)
        state.withLock { ($0.isStopped, $0.writes, $0.terms) = (noted.isStopped, noted.writes, noted.terms) }
    }

    func note(_ phase: Deployment.Phase) { state.withLock { $0.phase = phase } }
    func note(_ replicas: [Replica]) { state.withLock { $0.replicas = replicas } }

    /// Gives one request its turn.
    func takeTurn() -> Rotation {
        state.withLock { state in
            state.turns &+= 1
            return Rotation(
                isServing: state.phase == .serving && !state.isStopped, terms: state.terms, replicas: state.replicas,
                turn: state.turns)
        }
    }

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
            parallel: state.terms.parallel * max(1, replicas.count), latency: health.latency)
    }
}
