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
    /// Takes note of how a request ended, where that tells something of the server.
    func note(_ outcome: RequestVerdict)
}

/// What a request told of the server that answered it.
enum RequestVerdict: Sendable {
    case answered, failed, abandoned

    /// What an error tells: one about the request tells that the server is well.
    init(_ error: any Error) {
        guard let error = error as? ServiceError else {
            self = .abandoned
            return
        }
        switch error.code {
        case .modelUnavailable, .engineFailed, .timeout: self = .failed
        default: self = .answered
        }
    }
}

extension ReplicaServer {
    func note(_ outcome: RequestVerdict) {}
    var processID: Int32? { nil }
}

extension WorkerSupervisor: ReplicaServer {}
