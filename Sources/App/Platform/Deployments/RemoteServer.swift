import HTTPFetching
import Hosting
import Synchronization
import Telemetry
import Vocabulary

/// A server elsewhere: it runs without us. Where it tells its health, requests are kept away from it while it says nothing;
/// what requests themselves tell of it is `DeploymentHealth`'s to count.
final class RemoteServer: ReplicaServer {
    /// How often its health is asked, where it has a path for that.
    static let healthInterval = Duration.seconds(10)
    /// So many questions in a row without an answer, and it counts as gone.
    static let silencesMax = 3

    let remote: RemoteModel
    private let healthPath: String?
    private let logger: Logger
    private let log: LogRing
    /// Questions in a row that were not answered.
    private let silences = Mutex(0)
    private let watch = Mutex<Task<Void, Never>?>(nil)

    init(_ remote: RemoteModel, healthPath: String?, log: LogRing, logger: Logger) {
        self.remote = remote
        self.healthPath = healthPath
        self.log = log
        self.logger = logger.with([.model: .string(remote.served.name)])
    }

    var isReady: Bool { silences.withLock { $0 < Self.silencesMax } }

    func start() async {
        guard let path = healthPath else { return }
        watch.withLock { task in
            guard task == nil else { return }
            task = Task { [weak self] in
                while !Task.isCancelled {
                    guard let self else { return }
                    self.note(isAnswered: await self.remote.answers(path))
                    do { try await Task.sleep(for: Self.healthInterval) } catch { return }
                }
            }
        }
    }

    func ready() async throws {
        guard !isReady else { return }
        throw ServiceError(
            .modelUnavailable, "The server of '\(remote.served)' does not tell that it is well.",
            hint: "It is asked every \(Int(Self.healthInterval / .seconds(1))) seconds.",
            retryAfter: Self.healthInterval)
    }

    func stop(grace: Duration) async {
        watch.withLock { task in
            task?.cancel()
            task = nil
        }
    }

    var status: WorkerStatus {
        get async { WorkerStatus(state: isReady ? .ready : .unhealthy, attempts: 0) }
    }

    private func note(isAnswered: Bool) {
        let (before, after) = silences.withLock { silences in
            let before = silences
            silences = isAnswered ? 0 : min(silences + 1, Self.silencesMax)
            return (before, silences)
        }
        guard (before == Self.silencesMax) != (after == Self.silencesMax) else { return }
        let text =
            isAnswered ? "the server tells that it is well again" : "the server is silent: requests are kept away"
        log.note(text)
        logger.warning(text)
    }
}
