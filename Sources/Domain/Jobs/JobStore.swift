/// Where jobs are kept. What a function has done when it returns survives a crash.
public protocol JobStore: Sendable {
    /// Adds a job, unless an unfinished one has its key, or `unfinishedMax` are not finished.
    func add(_ record: JobRecord, unfinishedMax: Int) async throws -> JobAdmission
    func find(_ id: JobID) async throws -> JobRecord?
    /// Newest first.
    func list(_ filter: JobFilter) async throws -> [JobRecord]
    /// Every job that is not finished, as the schedule needs it.
    func tickets() async throws -> [JobTicket]
    /// Replaces a record. `false` when it is not of that revision any more, because somebody else changed it.
    ///
    /// - Throws: ``JobKeyTaken`` when it would be the second unfinished job with its key.
    func replace(_ record: JobRecord, expecting revision: Int64) async throws -> Bool
    /// Removes a finished job. `false` when there is none of this id.
    func remove(_ id: JobID) async throws -> Bool
    /// Removes all finished jobs but the newest `countMax`, and of these all that ended before `moment`.
    func removeFinished(keeping countMax: Int, endedAfter moment: JobMoment) async throws -> Int
}

/// Another job that is not finished has this job's key.
public struct JobKeyTaken: Error, Equatable {
    public init() {}
}

/// What became of a job that was to be added.
public enum JobAdmission: Sendable, Equatable {
    case added
    /// This job has the same key and is not finished.
    case joined(JobRecord)
    /// So many jobs are not finished.
    case full(Int)
}

/// Which jobs to list.
public struct JobFilter: Sendable, Equatable {
    public static let countAllowed = 1...1_000

    public var states: Set<JobState>
    public var kind: String?
    /// Only jobs that were submitted before this one: for the next page.
    public var before: JobID?
    public var countMax: Int

    /// Which jobs: no states and no kind is all.
    public init(states: Set<JobState> = [], kind: String? = nil, before: JobID? = nil, countMax: Int = 100) {
        self.states = states
        self.kind = kind
        self.before = before
        self.countMax = min(max(countMax, Self.countAllowed.lowerBound), Self.countAllowed.upperBound)
    }
}

/// What the schedule needs to know of a job that is not finished.
public struct JobTicket: Sendable, Equatable {
    public var id: JobID
    public var kind: String
    public var priority: Int
    public var state: JobState
    public var notBefore: JobMoment?
    public var lease: JobLease?

    public init(
        id: JobID, kind: String, priority: Int = 0, state: JobState, notBefore: JobMoment? = nil,
        lease: JobLease? = nil
    ) {
        self.id = id
        self.kind = kind
        self.priority = priority
        self.state = state
        self.notBefore = notBefore
        self.lease = lease
    }
}
