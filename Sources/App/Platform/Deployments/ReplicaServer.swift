import Hosting
import Vocabulary

/// One server that answers for a deployment, whatever kind it is.
protocol ReplicaServer: Sendable {
    /// Orders it to run; returns at once. A server elsewhere runs anyway.
    func start() async
    /// Returns when it serves.
    ///
    /// - Throws: `ServiceError` when it cannot, with the reason; `CancellationError`.
    func ready() async throws
    /// Ends it, with a grace for what it is doing.
    func stop(grace: Duration) async
    /// Whether it serves now, as far as is known. Never waits.
    var isReady: Bool { get }
    /// Its process on this machine, while there is one.
    var processID: Int32? { get }
    /// Where it answers.
    var remote: RemoteModel { get }
    var status: WorkerStatus { get async }
}

extension ReplicaServer {
    var processID: Int32? { nil }
}

extension WorkerSupervisor: ReplicaServer {}
