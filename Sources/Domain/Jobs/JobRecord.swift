public import JSONText
public import Vocabulary

/// All that is known of a job, as the store keeps it.
///
/// It changes only by the functions of this type, which refuse transitions that ``JobState`` does not have. Each
/// change counts
/// ``revision`` up; a store replaces a record only when its revision is the one that the change began with, so that two
/// processes never both win.
public struct JobRecord: Sendable, Equatable {
    public let id: JobID
    public let kind: String
    public let parameters: JSONObject
    /// Submissions with the same key join this job while it is not finished.
    public let key: String?
    /// Higher goes first.
    public let priority: Int
    public let created: JobMoment

    public private(set) var state: JobState
    public private(set) var revision: Int64
    /// How often it was begun since it was submitted, or since somebody asked to try again.
    public private(set) var attempts: Int
    /// How often a process died over it, since the same.
    public private(set) var interruptions: Int
    /// Not to be started before; `nil` is at once.
    public private(set) var notBefore: JobMoment?
    public private(set) var started: JobMoment?
    public private(set) var ended: JobMoment?
    /// Who runs it, while it runs.
    public private(set) var lease: JobLease?
    /// Somebody wants it to end. It does when its handler has seen to it.
    public private(set) var isCancelRequested: Bool
    public private(set) var progress: JobProgress
    public private(set) var log: JobLog
    /// What the handler saved to go on from.
    public private(set) var checkpoint: JSONValue?
    public private(set) var result: JSONValue?
    public private(set) var failure: JobFailure?

    /// A new job.
    public init(
        id: JobID, kind: String, parameters: JSONObject, key: String? = nil, priority: Int = 0, created: JobMoment
    ) {
        self.id = id
        self.kind = kind
        self.parameters = parameters
        self.key = key
        self.priority = priority
        self.created = created
        state = .queued
        revision = 0
        attempts = 0
        interruptions = 0
        isCancelRequested = false
        progress = JobProgress()
        log = JobLog()
    }

    /// A job as a store read it.
    public init(
        id: JobID, kind: String, parameters: JSONObject, key: String?, priority: Int, created: JobMoment,
        state: JobState, revision: Int64, attempts: Int, interruptions: Int, notBefore: JobMoment?,
        started: JobMoment?, ended: JobMoment?, lease: JobLease?, isCancelRequested: Bool, progress: JobProgress,
        log: JobLog, checkpoint: JSONValue?, result: JSONValue?, failure: JobFailure?
    ) {
        self.init(id: id, kind: kind, parameters: parameters, key: key, priority: priority, created: created)
        (self.state, self.revision) = (state, revision)
        (self.attempts, self.interruptions) = (attempts, interruptions)
        (self.notBefore, self.started, self.ended) = (notBefore, started, ended)
        (self.lease, self.isCancelRequested) = (lease, isCancelRequested)
        (self.progress, self.log) = (progress, log)
        (self.checkpoint, self.result, self.failure) = (checkpoint, result, failure)
    }

    private mutating func move(to next: JobState) throws(ServiceError) {
        guard state.successors.contains(next) else {
            let allowed = state.successors.map(\.rawValue).sorted().joined(separator: ", ")
            throw ServiceError(
                .conflict, "The job is \(state.rawValue) and cannot become \(next.rawValue).",
                hint: allowed.isEmpty ? "Nothing can happen to it but deletion." : "It can become: \(allowed).")
        }
        state = next
        revision += 1
    }
}

// MARK: What happens to a job

extension JobRecord {
    /// A process begins to run it.
    public mutating func begin(at now: JobMoment, lease: JobLease) throws(ServiceError) {
        try move(to: .running)
        attempts += 1
        (started, ended, notBefore) = (now, nil, nil)
        (self.lease, failure, result) = (lease, nil, nil)
    }

    /// What its handler told meanwhile, and that its process lives.
    public mutating func keep(_ progress: JobProgress, _ log: JobLog, checkpoint: JSONValue?, lease: JobLease) {
        (self.progress, self.log, self.checkpoint, self.lease) = (progress, log, checkpoint, lease)
        revision += 1
    }

    public mutating func succeed(at now: JobMoment, result: JSONValue) throws(ServiceError) {
        try move(to: .succeeded)
        (ended, lease, self.result, checkpoint) = (now, nil, result, nil)
        isCancelRequested = false
    }

    public mutating func fail(at now: JobMoment, _ failure: JobFailure) throws(ServiceError) {
        try move(to: .failed)
        (ended, lease, self.failure) = (now, nil, failure)
        isCancelRequested = false
    }

    public mutating func cancel(at now: JobMoment) throws(ServiceError) {
        try move(to: .cancelled)
        (ended, lease, notBefore) = (now, nil, nil)
        isCancelRequested = false
    }

    /// Another attempt after a failure that may pass.
    public mutating func pause(until moment: JobMoment, after failure: JobFailure) throws(ServiceError) {
        try move(to: .queued)
        (notBefore, lease, self.failure) = (moment, nil, failure)
    }

    /// Its process ended.
    ///
    /// - Parameter isCrash: counts against the number of times that a job may take its process with it.
    /// - Throws: `ServiceError` when the job does not run.
    public mutating func interrupt(isCrash: Bool) throws(ServiceError) {
        try move(to: .interrupted)
        lease = nil
        if isCrash { interruptions += 1 } else { attempts = max(0, attempts - 1) }
    }

    /// Goes on after an interruption.
    public mutating func requeue() throws(ServiceError) {
        try move(to: .queued)
        notBefore = nil
    }

    /// Somebody asked to try again. It goes on from its checkpoint.
    public mutating func retry() throws(ServiceError) {
        guard state.isFinished else {
            throw ServiceError(
                .conflict, "The job is \(state.rawValue); only one that failed or was cancelled can be tried again.")
        }
        try move(to: .queued)
        (attempts, interruptions, notBefore, ended, failure) = (0, 0, nil, nil, nil)
    }

    /// Asks the process that runs it to end it.
    public mutating func requestCancel() {
        isCancelRequested = true
        revision += 1
    }
}

/// Who runs a job, and until when others leave it alone.
public struct JobLease: Sendable, Equatable {
    public var owner: String
    public var until: JobMoment

    public init(owner: String, until: JobMoment) {
        self.owner = owner
        self.until = until
    }
}

/// Why a job failed, in words that may be shown.
public struct JobFailure: Sendable, Equatable {
    public var code: String
    public var message: String
    public var hint: String?

    public init(code: String, message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    public init(_ error: any Error) {
        switch error {
        case let error as ServiceError:
            self.init(code: error.code.rawValue, message: error.message, hint: error.hint)
        case let error as TransientJobError:
            self.init(error.cause)
        default:
            self.init(code: ServiceError.Code.internalError.rawValue, message: String(describing: error))
        }
    }
}
