public import JSONText
import Synchronization

/// What a handler is given of its job, and how it tells how far it is.
public final class JobContext: Sendable {
    public let id: JobID
    public let parameters: JSONObject
    /// 1 for the first attempt.
    public let attempt: Int
    /// What an earlier attempt saved last.
    public let checkpoint: JSONValue?

    private let live: LiveJob
    private let persist: @Sendable (JSONValue) async throws -> Void

    init(_ record: JobRecord, live: LiveJob, persist: @escaping @Sendable (JSONValue) async throws -> Void) {
        id = record.id
        parameters = record.parameters
        attempt = record.attempts
        checkpoint = record.checkpoint
        self.live = live
        self.persist = persist
    }

    /// Somebody cancelled the job, so that it will not go on; false where the task was cancelled because the process ends.
    public var isGivenUp: Bool { live.stopReason == .cancel }

    /// Tells how far the work is. Never waits, and may be called as often as one likes: the latest counts.
    public func report(_ progress: JobProgress) { live.report(progress) }

    /// Adds a line to the job's log, which keeps the last ``JobLog/linesMax``.
    public func log(_ line: String) { live.log(line) }

    /// Saves what is needed to go on from here. When this returns, it survives a crash.
    ///
    /// - Throws: `CancellationError` when the job is not this process's any more, `ServiceError` when the
    ///   checkpoint is too
    ///   large, and what the store throws.
    public func save(_ checkpoint: JSONValue) async throws { try await persist(checkpoint) }
}

/// A job that this process runs: what its handler told since the last write, and how to stop it.
final class LiveJob: Sendable {
    /// Why a handler's task was cancelled.
    enum StopReason: Sendable, Equatable {
        case cancel, shutdown
        /// Another process took the job.
        case lost
    }

    private struct Contents {
        var progress: JobProgress
        var log: JobLog
        var isChanged = false
        var leaseUntil: JobMoment
        var stopReason: StopReason?
        var task: Task<JSONValue, any Error>?
    }

    let id: JobID
    let kind: JobKind
    private let contents: Mutex<Contents>

    init(_ record: JobRecord, kind: JobKind, leaseUntil: JobMoment) {
        id = record.id
        self.kind = kind
        contents = Mutex(Contents(progress: record.progress, log: record.log, leaseUntil: leaseUntil))
    }

    func report(_ progress: JobProgress) {
        contents.withLock { contents in
            guard contents.progress != progress else { return }
            contents.progress = progress
            contents.isChanged = true
        }
    }

    func log(_ line: String) {
        contents.withLock { contents in
            contents.log.append(line)
            contents.isChanged = true
        }
    }

    /// What was told, which counts as written from now on.
    func takeNews() -> (progress: JobProgress, log: JobLog) {
        contents.withLock { contents in
            contents.isChanged = false
            return (contents.progress, contents.log)
        }
    }

    var isChanged: Bool { contents.withLock { $0.isChanged } }
    var stopReason: StopReason? { contents.withLock { $0.stopReason } }

    var leaseUntil: JobMoment {
        get { contents.withLock { $0.leaseUntil } }
        set { contents.withLock { $0.leaseUntil = newValue } }
    }

    /// Cancels the handler. The first reason counts.
    func stop(_ reason: StopReason) {
        let task = contents.withLock { contents in
            contents.stopReason = contents.stopReason ?? reason
            return contents.task
        }
        task?.cancel()
    }

    /// The task to cancel; one that was to be stopped before it was there is cancelled at once.
    func adopt(_ task: Task<JSONValue, any Error>) {
        let isStopped = contents.withLock { contents in
            contents.task = task
            return contents.stopReason != nil
        }
        if isStopped { task.cancel() }
    }
}
