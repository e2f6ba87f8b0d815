import HTTPFetching
import Hosting
import Synchronization
import Telemetry
import Vocabulary

/// A container of the Docker Engine that serves a model.
///
/// The Engine keeps it running; one that ends is not started again here before the next load.
actor ContainerServer: ReplicaServer {
    private let settings: ContainerSettings
    private let subject: WorkerSupervisor.Subject
    private nonisolated var name: String { subject.deployment }
    private let docker: DockerEngine
    private let client: HTTPClient
    private let log: LogRing
    private let logger: Logger
    private let report: @Sendable (WorkerSupervisor.Event) -> Void
    private let place: Mutex<RemoteModel.Endpoint>
    private let readiness = Atomic(false)
    private let process = Atomic<Int32>(0)

    private var container: String?
    private var starting: Task<Void, any Error>?
    private var reading: Task<Void, Never>?
    private var lastExit: String?

    init(
        _ settings: ContainerSettings, subject: WorkerSupervisor.Subject, docker: DockerEngine, client: HTTPClient,
        log: LogRing, logger: Logger, report: @escaping @Sendable (WorkerSupervisor.Event) -> Void
    ) {
        self.settings = settings
        self.subject = subject
        self.report = report
        let name = subject.deployment
        self.docker = docker
        self.client = client
        self.log = log
        self.logger = logger.with([.model: .string(name)])
        place = Mutex(
            RemoteModel.Endpoint(
                baseURL: "http://127.0.0.1:1", modelName: settings.upstreamModel ?? name, idleMax: .seconds(600)))
    }

    nonisolated var isReady: Bool { readiness.load(ordering: .acquiring) }
    nonisolated var processID: Int32? {
        let id = process.load(ordering: .acquiring)
        return id == 0 ? nil : id
    }
    nonisolated var remote: RemoteModel {
        RemoteModel(served: ModelID(name), endpoint: place.withLock(\.self), client: client)
    }

    func start() {
        guard starting == nil else { return }
        starting = Task { try await self.bringUp() }
    }

    func ready() async throws {
        start()
        try await starting?.value
        guard !isReady else { return }
        throw ServiceError(
            .modelUnavailable, "The container of '\(name)' has ended" + (log.reason.map { ": \($0)" } ?? "."),
            hint: "Restart it: nexus deploy restart \(name).", detail: lastExit)
    }

    func stop(grace: Duration) async {
        readiness.store(false, ordering: .releasing)
        starting?.cancel()
        guard let container else { return }
        self.container = nil
        do {
            try await docker.stop(container, grace: grace)
            try await docker.remove(container)
        } catch {
            logger.error("a container could not be removed", [.error: .error(error), "container": .string(container)])
        }
        reading?.cancel()
        await reading?.value
        event("stopped", nil)
    }

    private func event(_ name: String, _ detail: String?) {
        log.note(name + (detail.map { ": \($0)" } ?? ""))
        report(.init(model: subject.deployment, name: name, detail: detail, subject: subject))
    }

    var status: WorkerStatus {
        var status = WorkerStatus(
            state: isReady ? .ready : container == nil ? .stopped : lastExit == nil ? .starting : .failed, attempts: 1)
        status.processID = processID
        status.lastExit = lastExit
        return status
    }

    private func bringUp() async throws {
        // What an earlier run left behind holds memory, and would be found by nobody.
        if subject.replica == 1 { for id in try await docker.left(of: name) { try await docker.remove(id) } }
        let id = try await docker.create(settings, name: name)
        container = id
        do {
            try await docker.start(id)
            event("started", "container \(id.prefix(12))")
            reading = Task { await self.readLog(id) }
            try await waitUntilReady(id)
        } catch {
            lastExit = lastExit ?? String(describing: error)
            event("crashed", lastExit)
            throw error
        }
    }

    private func waitUntilReady(_ id: String) async throws {
        let deadline = ContinuousClock.now + settings.readyWithin
        while ContinuousClock.now < deadline {
            let found = try await docker.inspect(id, port: settings.port)
            guard found.isRunning else {
                lastExit = "exit status \(found.exitCode ?? -1)"
                throw ServiceError(
                    .modelUnavailable,
                    "The container of '\(name)' ended before it was ready" + (log.reason.map { ": \($0)" } ?? "."),
                    hint: "Its log tells more: GET /api/v1/deployments/\(name)/logs.", detail: lastExit)
            }
            if let port = found.hostPort {
                place.withLock { $0.baseURL = "http://127.0.0.1:\(port)" }
                process.store(found.processID ?? 0, ordering: .releasing)
                if await remote.answers(settings.readyPath) {
                    readiness.store(true, ordering: .releasing)
                    event("ready", nil)
                    return
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        lastExit = "not ready in time"
        throw ServiceError(
            .timeout, "The container of '\(name)' was not ready in time.", hint: "Raise ready_within_seconds.")
    }

    /// Ends when the container does.
    private func readLog(_ id: String) async {
        var cutter = ContainerLog()
        do {
            for try await bytes in try await docker.logs(id) {
                for line in cutter.append(bytes) { log.append(line) }
            }
        } catch {
            log.note("the container's log broke off")
        }
        guard container == id, readiness.exchange(false, ordering: .acquiringAndReleasing) else { return }
        lastExit = "the container has ended"
        event("crashed", lastExit)
    }
}
