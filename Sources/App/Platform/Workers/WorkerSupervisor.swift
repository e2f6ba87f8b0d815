import Configuration
import HTTPFetching
import Hosting
import JSONText
import Processes
import Synchronization
import Telemetry
import Vocabulary

/// Keeps one process running: starts it, waits for it, watches its heartbeat, starts it again when it falls.
///
/// `WorkerLifecycle` decides; this actor acts. Callers that need the worker wait in `ready()`.
actor WorkerSupervisor {
    /// What happened, for the log of events that is kept.
    struct Event: Sendable {
        /// The deployment's name.
        var model: String
        var name: String
        var detail: String?
        /// Of whom it tells, where a worker tells it.
        var subject: Subject?
    }

    /// Whose worker it is.
    struct Subject: Sendable, Equatable {
        var deployment: String
        var replica: Int
        /// The model's name in the catalogue.
        var model: String
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private typealias Lifecycle = WorkerLifecycle<Waiter, ContinuousClock.Instant>

    private let plan: WorkerPlan
    private let output: LogRing
    /// What the last attempt listened on.
    private nonisolated let endpoint: Mutex<RemoteModel.Endpoint>
    private nonisolated let readiness = Atomic(false)
    /// 0 while there is no process.
    private nonisolated let process = Atomic<Int32>(0)
    private let launcher: ProcessLauncher
    private let client: HTTPClient
    private let heartbeatTimeout: Duration
    /// Starts in a row that may fail before callers are refused at once instead of waiting.
    private static let attemptsMax = 3
    /// How long after giving up a request may order another round of starts.
    private let retryAfter: Duration
    private var gaveUpAt: ContinuousClock.Instant?
    private let logger: Logger
    private let report: @Sendable (Event) -> Void

    private var lifecycle: Lifecycle
    /// The platform is shutting down: no request starts the worker again.
    private var isOver = false
    private var waiterCount: UInt64 = 0
    private var child: (attempt: Int, process: ChildProcess)?
    private var contextTokens: Int?
    private var lastExit: String?
    /// One task per attempt and one per pause, by number; each leaves when it is done, and all end with the supervisor.
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var taskCount: UInt64 = 0

    init(
        _ plan: WorkerPlan, output: LogRing, launcher: ProcessLauncher, client: HTTPClient,
        engine: EngineConfiguration, logger: Logger, report: @escaping @Sendable (Event) -> Void
    ) {
        self.plan = plan
        self.output = output
        endpoint = Mutex(plan.endpoint)
        self.launcher = launcher
        self.client = client
        heartbeatTimeout = engine.heartbeatTimeout
        self.logger = logger.with([.model: .string(plan.name)])
        self.report = report
        lifecycle = WorkerLifecycle(
            backoff: RestartBackoff.Policy(
                initial: engine.restart.initial, max: engine.restart.max, attemptsMax: Self.attemptsMax))
        retryAfter = engine.restart.max
    }

    /// Where the worker answers while it is ready.
    nonisolated var remote: RemoteModel {
        RemoteModel(served: ModelID(plan.name), endpoint: endpoint.withLock(\.self), client: client)
    }

    /// Whether it serves now.
    nonisolated var isReady: Bool { readiness.load(ordering: .acquiring) }

    nonisolated var processID: Int32? {
        let id = process.load(ordering: .acquiring)
        return id == 0 ? nil : id
    }

    /// Orders the worker to run.
    func start() {
        if case .launch(let attempt) = lifecycle.start() { launch(attempt) }
    }

    /// Returns when the worker is ready; starts it if nobody has.
    ///
    /// - Throws: `ServiceError` when it failed, is being stopped, or too many wait; `CancellationError`.
    func ready() async throws {
        startIfAsked()
        waiterCount += 1
        let id = waiterCount
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            try await withCheckedThrowingContinuation { continuation in
                switch lifecycle.wait(Waiter(id: id, continuation: continuation)) {
                case .grant(let waiter): waiter.continuation.resume()
                case .wait: break
                case .refuse(let waiter, let refusal): waiter.continuation.resume(throwing: error(refusal))
                }
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
    }

    /// A request starts a worker that nobody ordered yet, and, now and then, one that was given up.
    private func startIfAsked() {
        switch lifecycle {
        case .stopped where !isOver: start()
        case .failed:
            if let gaveUpAt, ContinuousClock.now - gaveUpAt > retryAfter { start() }
        default: break
        }
    }

    private func cancel(_ id: UInt64) {
        lifecycle.cancel { $0.id == id }?.continuation.resume(throwing: CancellationError())
    }

    /// Ends the worker, with a grace, and all tasks. Returns when its process is gone.
    func stop(grace: Duration) async {
        isOver = true
        readiness.store(false, ordering: .releasing)
        switch lifecycle.stop() {
        case .terminate(_, let waiters):
            refuse(waiters, .stopped)
            await child?.process.end(plan.stopSignal, grace: grace)
        case .refuse(let waiters): refuse(waiters, .stopped)
        case .nothing: break
        }
        let remaining = Array(tasks.values)
        for task in remaining { task.cancel() }
        for task in remaining { await task.value }
    }

    var status: WorkerStatus {
        let state: WorkerStatus.State =
            switch lifecycle {
            case .stopped: .stopped
            case .starting: .starting
            case .ready: .ready
            case .unhealthy: .unhealthy
            case .backingOff: .backingOff
            case .stopping: .stopping
            case .failed: .failed
            }
        return WorkerStatus(
            state: state, attempts: lifecycle.attemptCount, processID: child?.process.id, contextTokens: contextTokens,
            lastExit: lastExit)
    }

    // MARK: One attempt

    private func launch(_ attempt: Int) {
        spawn { await $0.run(attempt) }
    }

    private func spawn(_ body: @escaping @Sendable (isolated WorkerSupervisor) async -> Void) {
        taskCount += 1
        let number = taskCount
        tasks[number] = Task {
            await body(self)
            self.tasks[number] = nil
        }
    }

    private func run(_ attempt: Int) async {
        let process: ChildProcess
        do {
            let (command, place) = try plan.prepare()
            endpoint.withLock { $0 = place }
            process = try await launcher.start(command)
        } catch {
            logger.error("the worker could not be started", [.error: .error(error)])
            lastExit = "not started: \(error)"
            return exited(attempt, .notStarted)
        }
        child = (attempt, process)
        self.process.store(process.id, ordering: .releasing)
        event("started", "process \(process.id)")
        // An order to stop may have come while the process was being made.
        if lifecycle.runningAttempt != attempt || isStopping { process.signal(.terminate) }
        let isOurs = plan.readiness == .announced
        let reader = WorkerOutput(logger: logger.labelled("engine"))
        var watchers = [Task { await self.watchStart(attempt, process) }]
        for await line in process.output {
            // What other programs say is kept with the deployment; our log has no place for it.
            if isOurs, let ready = reader.take(line) {
                contextTokens = ready.contextTokens
                if becameReady(attempt, process) {
                    watchers.append(Task { await self.watchHeartbeat(attempt, process) })
                }
            } else {
                output.append(line)
            }
        }
        let exit = await process.exit()
        for watcher in watchers { watcher.cancel() }
        child = nil
        self.process.store(0, ordering: .releasing)
        readiness.store(false, ordering: .releasing)
        lastExit = exit.description
        let end: WorkerExit =
            switch exit {
            case .status(let status): .status(status)
            case .signal(let signal): .signal(signal)
            }
        if !plan.isStartedAgain(after: exit) { giveUp(after: end) }
        exited(attempt, end)
    }

    /// The process that ended is not started again by itself: whoever waits for it is refused.
    private func giveUp(after exit: WorkerExit) {
        switch lifecycle.stop() {
        case .terminate(_, let waiters), .refuse(let waiters): refuse(waiters, .failed(lastExit: exit))
        case .nothing: break
        }
    }

    /// Whether that was news.
    private func becameReady(_ attempt: Int, _ process: ChildProcess) -> Bool {
        guard case .grant(let waiters) = lifecycle.becameReady(attempt: attempt, at: .now) else { return false }
        readiness.store(true, ordering: .releasing)
        logger.notice("worker ready", ["process_id": .integer(Int64(process.id))])
        event("ready", nil)
        for waiter in waiters { waiter.continuation.resume() }
        return true
    }

    /// Ends a process that is not ready in time, and asks one that does not announce itself whether it is.
    private func watchStart(_ attempt: Int, _ process: ChildProcess) async {
        let deadline = ContinuousClock.now + plan.readyWithin
        while !Task.isCancelled, isStarting {
            if case .probed(let path) = plan.readiness, await remote.answers(path) {
                _ = becameReady(attempt, process)
                return
            }
            guard ContinuousClock.now < deadline else {
                logger.error("worker is not ready in time", ["after": .milliseconds(plan.readyWithin)])
                event("timeout", "not ready after \(plan.readyWithin)")
                process.signal(.kill)
                return
            }
            do { try await Task.sleep(for: plan.probeInterval) } catch { return }
        }
    }

    private var isStarting: Bool { if case .starting = lifecycle { true } else { false } }
    private var isStopping: Bool { if case .stopping = lifecycle { true } else { false } }

    private func exited(_ attempt: Int, _ exit: WorkerExit) {
        var random = SystemRandomNumberGenerator()
        let action = lifecycle.exited(attempt: attempt, exit, at: .now, using: &random)
        if case .settled = action {
            event("stopped", lastExit)
        } else {
            logger.error("worker ended unexpectedly", ["exit": .string(lastExit ?? "")])
            event("crashed", lastExit)
        }
        switch action {
        case .launch(let next): launch(next)
        case .wakeUp(let time):
            spawn { supervisor in
                do { try await Task.sleep(until: time, clock: .continuous) } catch { return }
                supervisor.backoffElapsed()
            }
        case .giveUp(let waiters, let exit):
            readiness.store(false, ordering: .releasing)
            gaveUpAt = .now
            logger.critical("worker given up until a request asks for it again", ["exit": .string(lastExit ?? "")])
            event("failed", lastExit)
            refuse(waiters, .failed(lastExit: exit))
        case .settled, .nothing: break
        }
    }

    private func backoffElapsed() {
        if case .launch(let attempt) = lifecycle.backoffElapsed(at: .now) { launch(attempt) }
    }

    /// Asks the worker once a second how many steps it has taken; one that has work and takes none is killed.
    private func watchHeartbeat(_ attempt: Int, _ process: ChildProcess) async {
        var policy = HeartbeatPolicy(timeout: heartbeatTimeout, now: ContinuousClock.now)
        while !Task.isCancelled {
            if let beat = await beat() { policy.receive(beat, at: .now) }
            if case .stalled(let silence) = policy.verdict(at: .now) {
                logger.error("worker makes no progress", ["silence": .milliseconds(silence)])
                event("stalled", nil)
                readiness.store(false, ordering: .releasing)
                if case .kill = lifecycle.heartbeatMissed(attempt: attempt) { process.signal(.kill) }
                return
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private nonisolated func beat() async -> HeartbeatPolicy<ContinuousClock.Instant>.Beat? {
        let place = endpoint.withLock(\.self)
        let request = FetchRequest(
            place.baseURL + "/health", unixSocketPath: place.unixSocketPath,
            timeouts: Timeouts(connect: .seconds(2), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(5)))
        do {
            let bytes = try await client.fetch(request).body.collect(upTo: 64 << 10)
            let beat = try JSONValue.parse(bytes)["heartbeat"]
            guard let steps = beat?["steps"]?.integer, let live = beat?["live"]?.integer else { return nil }
            return .init(stepCount: UInt64(clamping: steps), isIdle: live == 0)
        } catch {
            return nil  // No answer is no progress; the policy counts the time.
        }
    }

    private func refuse(_ waiters: [Waiter], _ refusal: WorkerRefusal) {
        for waiter in waiters { waiter.continuation.resume(throwing: error(refusal)) }
    }

    private func error(_ refusal: WorkerRefusal) -> any Error {
        switch refusal {
        case .stopped:
            ServiceError(.shuttingDown, "The server is shutting down.", hint: "Send the request again.")
        case .failed:
            ServiceError(
                .modelUnavailable,
                "The worker of '\(plan.name)' could not be started" + (output.reason.map { ": \($0)" } ?? "."),
                hint: "Its log tells more: GET /api/v1/deployments/\(plan.name)/logs.", detail: lastExit)
        case .tooManyWaiters:
            ServiceError(
                .overloaded, "Too many requests wait for '\(plan.name)' to be loaded.", hint: "Try again shortly.",
                retryAfter: .seconds(2))
        case .cancelled: CancellationError()
        }
    }

    private func event(_ name: String, _ detail: String?) {
        output.note("\(name)" + (detail.map { ": \($0)" } ?? ""))
        let subject = plan.subject ?? Subject(deployment: plan.name, replica: 1, model: plan.name)
        report(Event(model: plan.name, name: name, detail: detail, subject: subject))
    }
}
