import HTTPFetching
import Hosting
import Synchronization
import Telemetry
import Vocabulary

/// A server elsewhere: it runs without us. Requests are kept away from it while it fails again and again.
final class RemoteServer: ReplicaServer {
    /// How often its health is asked, where it has a path for that.
    static let healthInterval = Duration.seconds(10)

    let remote: RemoteModel
    private let healthPath: String?
    private let logger: Logger
    private let log: LogRing
    private let breaker = Mutex(CircuitBreaker<ContinuousClock.Instant>())
    private let watch = Mutex<Task<Void, Never>?>(nil)

    init(_ remote: RemoteModel, healthPath: String?, log: LogRing, logger: Logger) {
        self.remote = remote
        self.healthPath = healthPath
        self.log = log
        self.logger = logger.with([.model: .string(remote.served.name)])
    }

    var isReady: Bool { !breaker.withLock { $0.isOpen } }

    func start() async {
        guard let path = healthPath else { return }
        watch.withLock { task in
            guard task == nil else { return }
            task = Task { [weak self] in
                while !Task.isCancelled {
                    guard let self else { return }
                    self.note(await self.remote.answers(path) ? .answered : .failed)
                    do { try await Task.sleep(for: Self.healthInterval) } catch { return }
                }
            }
        }
    }

    func ready() async throws {
        guard let wait = breaker.withLock({ $0.admit(at: .now) }) else { return }
        throw ServiceError(
            .modelUnavailable, "The server of '\(remote.served)' fails again and again; it is left alone for a while.",
            hint: "Try again shortly.", retryAfter: max(wait, .seconds(1)))
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

    func note(_ outcome: RequestVerdict) {
        let (before, after) = breaker.withLock { breaker in
            let before = breaker.isOpen
            switch outcome {
            case .answered: breaker.succeeded()
            case .failed: breaker.failed(at: .now)
            case .abandoned: breaker.abandoned(at: .now)
            }
            return (before, breaker.isOpen)
        }
        guard before != after else { return }
        let text = after ? "the server fails: requests are kept away" : "the server answers again"
        log.note(text)
        logger.warning(text)
    }
}
