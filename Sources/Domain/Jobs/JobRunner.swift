public import JSONText
import Vocabulary

/// The product's one runner of background work.
///
/// Jobs are in a store, so that they survive the process; any number of processes may share one. A process holds a
/// job by a lease that it
/// renews; when it dies, another one (or its successor) goes on from the last checkpoint.
///
/// ```swift
/// let runner = JobRunner(store: store, surroundings: surroundings)
/// await runner.register(JobKind("quantize", handler: quantize))
/// let running = Task { await runner.run() }
/// let job = try await runner.submit("quantize", ["model": "tiny", "type": "Q4_K_M"])
/// for await record in await runner.events(of: job.id) where record.state.isFinished { break }
/// ```
public actor JobRunner {
    let store: any JobStore
    let limits: JobLimits
    let surroundings: JobSurroundings
    let feed = JobFeed()
    var kinds: [String: JobKind] = [:]
    var running: [JobID: LiveJob] = [:]
    var isStopped = false
    /// Of the newest id: those of one process are in the order of submission, also within a millisecond.
    private var newestID = JobMoment(microseconds: 0)
    private let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    public init(
        store: any JobStore, kinds: [JobKind] = [], limits: JobLimits = JobLimits(), surroundings: JobSurroundings
    ) {
        self.store = store
        self.limits = limits
        self.surroundings = surroundings
        (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        for kind in kinds { self.kinds[kind.name] = kind }
    }

    /// Adds a kind. One of the same name is replaced for jobs that start later.
    public func register(_ kind: JobKind) {
        kinds[kind.name] = kind
        bell.yield()
    }

    /// Runs jobs until its task is cancelled; then those that run are stopped, and will go on when a process
    /// runs them again. Call it once.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tick() }
            bell.yield()
            for await _ in rings {
                if Task.isCancelled { break }
                for (record, live) in await startable() {
                    group.addTask { await self.perform(record, live) }
                }
            }
            isStopped = true
            group.cancelAll()
        }
        feed.finish()
    }

    /// Wakes the loop now and then, and writes what handlers told.
    private func tick() async {
        var sinceHeartbeat = Duration.zero
        var sincePoll = Duration.zero
        var rounds = 0
        while !Task.isCancelled {
            do { try await Task.sleep(for: limits.tick) } catch { return }
            sinceHeartbeat += limits.tick
            sincePoll += limits.tick
            let isHeartbeat = sinceHeartbeat >= limits.heartbeat
            for live in running.values where isHeartbeat || live.isChanged { await keep(live) }
            if isHeartbeat { sinceHeartbeat = .zero }
            if sincePoll >= limits.poll {
                sincePoll = .zero
                if rounds.isMultiple(of: 60) { await removeOld() }
                rounds += 1
                bell.yield()
            }
        }
    }

    func wake() { bell.yield() }

    /// Removes finished jobs beyond the bounds.
    private func removeOld() async {
        do {
            let oldest = surroundings.now() + (.zero - limits.finishedAge)
            _ = try await store.removeFinished(keeping: limits.finishedMax, endedAfter: oldest)
        } catch {
            guard !Task.isCancelled else { return }
            surroundings.onTrouble("old jobs could not be removed: \(String(reflecting: error))")
        }
    }
}

// MARK: What callers ask for

extension JobRunner {
    /// Submits work.
    ///
    /// - Parameters:
    ///   - kind: a registered one.
    ///   - parameters: what its check accepts.
    ///   - priority: ``JobLimits/priorities``; higher goes first.
    ///   - key: submissions with the same key and kind join the first while it is not finished; `nil` is the
    /// kind's own.
    /// - Returns: the new job, or the unfinished one that does the same work.
    /// - Throws: `ServiceError` when the kind is unknown, the parameters are refused, or too many jobs wait.
    public func submit(
        _ kind: String, _ parameters: JSONObject, priority: Int = 0, key: String? = nil
    ) async throws -> JobRecord {
        guard let known = kinds[kind] else {
            throw ServiceError(
                .invalidValue, "There is no kind of job '\(kind)'.",
                hint: "Known: \(kinds.keys.sorted().joined(separator: ", ")).", parameter: "kind")
        }
        guard JobLimits.priorities.contains(priority) else {
            throw ServiceError(
                .invalidValue, "A job's priority is from -100 to 100, not \(priority).", parameter: "priority")
        }
        let checked = try known.check(parameters)
        let bytes = JSONValue.object(checked).bytes.count
        guard bytes <= limits.parametersBytesMax else {
            throw ServiceError(
                .invalidValue,
                "The job's parameters have \(bytes) bytes; at most \(limits.parametersBytesMax) are allowed.")
        }
        let now = surroundings.now()
        var random = SystemRandomNumberGenerator()
        newestID = max(now, newestID + .milliseconds(1))
        let record = JobRecord(
            id: JobID(at: newestID, using: &random), kind: kind, parameters: checked,
            key: (key ?? known.identity(checked)).map { "\(kind):\($0)" }, priority: priority, created: now)
        switch try await store.add(record, unfinishedMax: limits.unfinishedMax) {
        case .added:
            feed.publish(record)
            bell.yield()
            return record
        case .joined(let other): return other
        case .full(let count):
            throw ServiceError(
                .overloaded, "\(count) jobs wait or run already; no more are taken.",
                hint: "Wait until some have ended, or cancel some.", retryAfter: .seconds(30))
        }
    }

    public func find(_ id: JobID) async throws -> JobRecord {
        if let record = try await store.find(id) { return record }
        throw ServiceError(.notFound, "There is no job '\(id)'.", hint: "GET /api/v1/jobs lists them.")
    }

    /// Newest first.
    public func list(_ filter: JobFilter = JobFilter()) async throws -> [JobRecord] { try await store.list(filter) }

    /// Ends a job: at once when it waits, soon when it runs. One that is cancelled already is left as it is.
    public func cancel(_ id: JobID) async throws -> JobRecord {
        let changed = try await change(id) { [surroundings] record in
            switch record.state {
            case .cancelled: return
            case .running: record.requestCancel()
            case .queued, .interrupted, .succeeded, .failed: try record.cancel(at: surroundings.now())
            }
        }
        if changed.state == .running { running[id]?.stop(.cancel) } else { await discard(changed) }
        return changed
    }

    /// Queues a job again that failed or was cancelled. It goes on from its last checkpoint.
    public func retry(_ id: JobID) async throws -> JobRecord {
        do {
            let changed = try await change(id) { record in try record.retry() }
            bell.yield()
            return changed
        } catch is JobKeyTaken {
            throw ServiceError(
                .conflict, "Another job does the same work already.", hint: "GET /api/v1/jobs?state=running,queued.")
        }
    }

    /// Forgets a finished job.
    public func delete(_ id: JobID) async throws {
        let record = try await find(id)
        guard record.state.isFinished else {
            throw ServiceError(
                .conflict, "The job is \(record.state.rawValue); only finished jobs can be deleted.",
                hint: "Cancel it first.")
        }
        _ = try await store.remove(id)
    }

    /// What becomes of a job, or of all, from now on. In this process only: changes by others are seen when
    /// they are read.
    public func events(of id: JobID? = nil) -> JobEvents { feed.subscribe(to: id) }

    /// The job when it is finished.
    ///
    /// - Throws: `CancellationError` when this task is cancelled or the runner ends before.
    public func finished(_ id: JobID) async throws -> JobRecord {
        let events = feed.subscribe(to: id)
        let record = try await find(id)
        if record.state.isFinished { return record }
        for await record in events where record.state.isFinished { return record }
        throw CancellationError()
    }

    /// Changes a record that others may change at the same time.
    private func change(_ id: JobID, _ body: (inout JobRecord) throws -> Void) async throws -> JobRecord {
        for _ in 0..<Self.collisionsMax {
            let before = try await find(id)
            var record = before
            try body(&record)
            if record == before { return record }
            if try await store.replace(record, expecting: before.revision) {
                feed.publish(record)
                return record
            }
        }
        throw ServiceError(.conflict, "The job is changing too fast.", hint: "Try again.")
    }

    /// How often a change is tried when others change the same job.
    static let collisionsMax = 20
}
