import Configuration
import HTTPFetching
import Gateway
import Hosting
import JSONText
import Telemetry
import Vocabulary

/// One deployment: its configuration with all versions, its servers, and the way of requests to them.
///
/// `ResidencyDesk` says when it is loaded and unloaded; `Deployment+Changing` puts versions in place.
actor Deployment {
    /// Can go to: see ``DeploymentStage``.
    enum Phase: Sendable { case unloaded, loading, serving, unloading, removed }

    /// What all deployments share.
    struct Surroundings: Sendable {
        let store: any DeploymentStore
        let foundry: ReplicaFoundry
        let forecast: FootprintForecast
        let desk: ResidencyDesk
        let measures: DeploymentMeasures
        let logger: Logger
        /// Microseconds since 1970.
        let now: @Sendable () -> Int64
    }

    /// What a request says of the server that it wants.
    struct Wish: Sendable {
        /// What the caller's earlier requests had, too.
        var affinity: UInt64?
        var priority = Priority.normal
        var keepAlive: KeepAlive?
        /// Whose turn it is where requests wait for a server.
        var scheduling = SchedulingOptions()
        var tell: @Sendable (LoadingStage) -> Void = { _ in }
    }

    nonisolated let name: String
    nonisolated let log = LogRing()
    nonisolated let turn = TaskTurn()
    /// Closed while there is nobody to ask: between the end of one version and the start of the next.
    nonisolated let gate = Gate()
    nonisolated let around: Surroundings
    /// Where requests wait for a server that takes so many at a time.
    nonisolated let entrance = UpstreamEntrance()
    /// What routing looks at, without waiting.
    nonisolated let facts: DeploymentFacts
    nonisolated var id: ModelID { ModelID(name) }

    var record: DeploymentRecord {
        didSet {
            facts.note(record)
            terms = Terms(record)
        }
    }
    /// Of the active version.
    private(set) var terms: Terms
    var phase = Phase.unloaded {
        didSet {
            facts.note(phase)
            if phase != .loading && phase != .unloading { settle() }
        }
    }
    /// In rotation.
    var replicas: [Replica] = [] { didSet { facts.note(replicas) } }
    /// Out of rotation, with answers that go on.
    var retired: [Replica] = []
    var isSwitching = false
    var predicted = Footprint.none
    /// It is to be there from the start, and was not there yet.
    var isAwaited = false
    private var replicaCount = 0
    /// Why it could not be loaded, and when that was.
    private(set) var failure: (error: any Error, at: ContinuousClock.Instant)?
    private(set) var lastStatus: WorkerStatus?
    private var file: (path: String, identity: ModelFileIdentity)?
    private var toldOfReplacement = false
    private var settledWaiters: [OneShot<Void>] = []
    /// Old replicas that are let finish.
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var taskCount: UInt64 = 0

    init(_ record: DeploymentRecord, _ around: Surroundings) {
        name = record.name
        self.record = record
        terms = Terms(record)
        self.around = around
        facts = DeploymentFacts(record)
    }

    var active: DeploymentVersion {
        record.active
            ?? DeploymentVersion(number: 0, spec: DeploymentSpec(.remote(.init(url: ""))), note: "", createdAt: 0)
    }

    // MARK: Requests

    /// A server that answers, loaded if it has to be.
    ///
    /// - Throws: `ServiceError` when there is none; `CancellationError`.
    func acquire(_ wish: Wish) async throws -> ServerHolding {
        try refuseIfGone()
        var ticket: ResidencyDesk.Ticket?
        if terms.isLocal {
            try refuseIfFailed()
            ticket = try await around.desk.enter(
                id, priority: wish.priority, keepAlive: wish.keepAlive, tell: wish.tell)
        } else if phase == .unloaded {
            try await load()
        }
        let holding = ServerHolding(
            desk: around.desk, ticket: ticket, place: try await entrance.enter(terms, wish))
        while true {
            try await passGate(wish)
            try refuseIfGone()
            let lease = try lease(wish)
            do {
                try await lease.replica.server.ready()
            } catch let error as ServiceError {
                // It may have been taken out of the rotation meanwhile; then another one answers.
                guard replicas.contains(where: { $0 === lease.replica }) else { continue }
                if isSwitching {
                    // What takes its place may be well.
                    try await Task.sleep(for: .milliseconds(50))
                    continue
                }
                await collapse(error)
                throw error
            }
            guard replicas.contains(where: { $0 === lease.replica }) else { continue }
            holding.take(lease)
            return holding
        }
    }

    private func passGate(_ wish: Wish) async throws {
        do {
            // It may be closed again before this task goes on.
            while !gate.isOpen {
                wish.tell(.loading)
                try await gate.pass()
            }
        } catch is TaskTurn.TooMany {
            throw ServiceError(
                .overloaded, "Too many requests wait for '\(name)'.", hint: "Try again shortly.",
                retryAfter: .seconds(2))
        }
    }

    private func lease(_ wish: Wish) throws -> ReplicaLease {
        if let lease = facts.takeTurn().lease(affinity: wish.affinity) { return lease }
        throw ServiceError(
            .modelUnavailable, "'\(name)' is being ended.", hint: "Send the request again.", retryAfter: .seconds(1))
    }

    func refuseIfGone() throws {
        guard phase != .removed else {
            throw ServiceError(.modelNotFound, "'\(name)' was removed.", parameter: "model")
        }
        if record.isStopped { throw Self.stopped(name) }
    }

    private static func stopped(_ name: String) -> ServiceError {
        ServiceError(.modelUnavailable, "'\(name)' was stopped.", hint: "Start it: nexus deploy start \(name).")
    }

    /// A model that could not be loaded is tried again after a while, and not by every request.
    private func refuseIfFailed() throws {
        guard let failure, phase == .unloaded else { return }
        if ContinuousClock.now - failure.at < around.foundry.engineConfiguration.restart.max { throw failure.error }
    }

    /// All servers have given up: the next load starts anew.
    private func collapse(_ error: ServiceError) async {
        guard phase == .serving, active.spec.kind.isLocal else { return }
        for replica in replicas {
            guard await replica.server.status.state == .failed else { return }
        }
        guard phase == .serving else { return }
        failure = (error, .now)
        lastStatus = await replicas.first?.server.status
        await endReplicas(grace: .zero)
        phase = .unloaded
        around.desk.lost(id)
    }

    // MARK: Loading

    /// Starts the servers of the active version. Returns when one of them serves.
    func load() async throws {
        guard phase == .unloaded else { return }
        phase = .loading
        let began = ContinuousClock.now
        let version = active
        log.forgetReason()
        do {
            let made = try await make(version, count: version.spec.replicas)
            replicas = made
            for replica in made { await replica.server.start() }
            try await firstReady(of: made)
            guard phase == .loading else { throw CancellationError() }
            await remember(version.spec)
            guard phase == .loading else { throw CancellationError() }
            failure = nil
            isAwaited = false
            phase = .serving
            around.measures.loaded(name, took: .now - began)
        } catch {
            around.measures.failed(name)
            lastStatus = await replicas.first?.server.status
            await endReplicas(grace: .zero)
            let told: any Error = record.isStopped ? Self.stopped(name) : Self.told(error, name)
            failure = (told, .now)
            if phase == .loading { phase = .unloaded }
            throw told
        }
    }

    private static func told(_ error: any Error, _ name: String) -> any Error {
        if error is ServiceError { return error }
        return ServiceError(
            .modelUnavailable, "'\(name)' was ended while it was loaded.", hint: "Send the request again.",
            detail: String(reflecting: error))
    }

    /// Ends the servers when their answers are finished, for `desk`, which sees to it that there are none by then.
    func unload() async {
        guard phase == .serving else { return }
        phase = .unloading
        await endReplicas(grace: .seconds(10))
        if phase == .unloading { phase = .unloaded }
    }

    /// Makes servers, which do not run yet.
    func make(_ version: DeploymentVersion, count: Int) async throws -> [Replica] {
        var made: [Replica] = []
        for _ in 0..<count {
            replicaCount += 1
            let number = replicaCount
            let server = try await around.foundry.server(for: version.spec, name: name, replica: number, log: log)
            made.append(Replica(id: number, version: version.number, server: server))
        }
        return made
    }

    private func firstReady(of made: [Replica]) async throws {
        try await withThrowingTaskGroup(of: Replica.self) { group in
            for replica in made {
                group.addTask {
                    try await replica.server.ready()
                    return replica
                }
            }
            var last: any Error = CancellationError()
            while let result = await group.nextResult() {
                switch result {
                case .success(let replica):
                    replica.describe(await replica.server.remote.described())
                    group.cancelAll()
                    return
                case .failure(let error): last = error
                }
            }
            throw last
        }
    }

    /// Ends everything that is in rotation.
    func endReplicas(grace: Duration) async {
        let ended = replicas
        replicas = []
        for replica in ended { replica.retire() }
        await Self.end(ended, grace: grace)
    }

    static func end(_ replicas: [Replica], grace: Duration) async {
        await withTaskGroup { group in
            for replica in replicas { group.addTask { await replica.server.stop(grace: grace) } }
        }
    }

    /// Takes replicas out of the rotation; each ends when its answers are finished.
    func retire(_ old: [Replica]) {
        replicas.removeAll { replica in old.contains { $0 === replica } }
        retired += old
        let limit = around.foundry.hosting.drainMax
        for replica in old {
            replica.retire()
            spawn { deployment in
                if await !replica.drained(within: limit) {
                    deployment.log.note("replica \(replica.id) is ended with \(replica.inFlight) answers in it")
                }
                await replica.server.stop(grace: .seconds(10))
                await deployment.forget(replica)
            }
        }
    }

    private func forget(_ replica: Replica) {
        retired.removeAll { $0 === replica }
        log.note("replica \(replica.id) of version \(replica.version) has ended")
    }

    private func spawn(_ body: @escaping @Sendable (Deployment) async -> Void) {
        taskCount += 1
        let number = taskCount
        tasks[number] = Task {
            await body(self)
            self.tasks[number] = nil
        }
    }

    /// Ends all servers, also those that are finishing.
    func shutDown() async {
        let all = replicas + retired
        let working = Array(tasks.values)
        await Self.end(all, grace: .seconds(10))
        for task in working {
            task.cancel()
            await task.value
        }
        log.finish()
    }

    // MARK: Waiting for a phase

    private func settle() {
        for waiter in settledWaiters { waiter.give(.success(())) }
        settledWaiters = []
    }

    /// Returns when it is neither being loaded nor unloaded.
    func settled() async throws {
        while phase == .loading || phase == .unloading {
            let waiter = OneShot<Void>()
            settledWaiters.append(waiter)
            try await waiter.wait()
        }
    }

    // MARK: The file

    func remember(_ spec: DeploymentSpec) async {
        let path = await around.foundry.found(spec.kind.modelPath)?.path
        toldOfReplacement = false
        file = path.flatMap { path in ModelFileIdentity(path).map { (path, $0) } }
    }

    /// Whether another file lies now where the loaded one lay. Told in the log, once.
    func isFileReplaced() -> Bool {
        guard phase == .serving, let file, ModelFileIdentity(file.path) != file.identity else { return false }
        if !toldOfReplacement {
            toldOfReplacement = true
            log.note("the file \(file.path) was replaced; what is loaded goes on until a restart")
            around.logger.warning(
                "a model's file was replaced while it is in use",
                [.model: .string(name), .path: .string(file.path)])
        }
        return true
    }

    func clearFailure() { failure = nil }

    /// Changes whenever its answers may: with the version, and with the file that is loaded, or would be.
    func answerIdentity() async -> String {
        let version = active
        let known: ModelFileIdentity?
        if phase == .serving, let file {
            known = file.identity
        } else if let path = version.spec.kind.modelPath {
            known = await around.foundry.found(path).flatMap { ModelFileIdentity($0.path) }
        } else {
            known = nil
        }
        return "\(version.number).\(version.createdAt).\(known?.text ?? "")"
    }

    /// Whether files of the model are in use, or are to be at any moment.
    var holdsFiles: Bool { phase != .unloaded && phase != .removed || isSwitching || !retired.isEmpty }

    /// Paths of the files that the active version and those that run are made of, as far as they are known.
    var usedPaths: [String] {
        var paths = [active.spec.kind.modelPath, file?.path].compactMap(\.self)
        if case .engine(let settings) = active.spec.kind, let projector = settings.projector { paths.append(projector) }
        return paths
    }
}
