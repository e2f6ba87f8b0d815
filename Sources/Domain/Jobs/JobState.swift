/// Where a job stands.
public enum JobState: String, Sendable, Hashable, CaseIterable {
    /// Waits for its turn, or for the end of a pause before another attempt. Can become: running, cancelled.
    case queued
    /// A process holds it. Can become: succeeded, failed, cancelled, queued (another attempt), interrupted.
    case running
    /// The process that held it ended before the job did. Can become: queued, failed, cancelled.
    case interrupted
    /// Terminal.
    case succeeded
    /// Can become: queued, when somebody asks for it.
    case failed
    /// Can become: queued, when somebody asks for it.
    case cancelled

    /// Where a job in this state may go.
    public var successors: Set<JobState> {
        switch self {
        case .queued: [.running, .cancelled]
        case .running: [.succeeded, .failed, .cancelled, .queued, .interrupted]
        case .interrupted: [.queued, .failed, .cancelled]
        case .succeeded: []
        case .failed, .cancelled: [.queued]
        }
    }

    /// Whether nothing happens to it any more unless somebody asks.
    public var isFinished: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        case .queued, .running, .interrupted: false
        }
    }
}
