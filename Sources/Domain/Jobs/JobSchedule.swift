/// Decides what is to be done about the jobs that are not finished. Pure.
public struct JobSchedule: Sendable, Equatable {
    /// To be started, in this order.
    public var start: [JobID] = []
    /// Those whose process is gone.
    public var orphans: [JobID] = []
    /// Those that were interrupted and can go on.
    public var requeue: [JobID] = []
    /// When the next pause ends; `nil` when nobody waits for a moment.
    public var nextMoment: JobMoment?

    /// - Parameters:
    ///   - tickets: all jobs that are not finished.
    ///   - running: those that this process runs.
    ///   - limits: how many of each kind this process may run at once; kinds that it does not know are left to others.
    ///   - runningMax: how many it may run in all.
    ///   - now: the moment.
    ///   - owner: this process.
    ///   - isGone: whether an owner is known to have ended before its lease did.
    public init(
        _ tickets: [JobTicket], running: Set<JobID>, limits: [String: Int], runningMax: Int, now: JobMoment,
        owner: String, isGone: (String) -> Bool = { _ in false }
    ) {
        var runningOfKind: [String: Int] = [:]
        var count = 0
        for ticket in tickets where running.contains(ticket.id) {
            runningOfKind[ticket.kind, default: 0] += 1
            count += 1
        }
        for ticket in tickets where !running.contains(ticket.id) {
            switch ticket.state {
            case .running:
                if Self.isOrphan(ticket, now: now, owner: owner, isGone: isGone) { orphans.append(ticket.id) }
            case .interrupted where limits[ticket.kind] != nil: requeue.append(ticket.id)
            case .interrupted, .queued, .succeeded, .failed, .cancelled: break
            }
        }
        for ticket in tickets.filter({ $0.state == .queued }).sorted(by: Self.isBefore) {
            guard let limit = limits[ticket.kind] else { continue }
            if let notBefore = ticket.notBefore, notBefore > now {
                nextMoment = min(nextMoment ?? notBefore, notBefore)
                continue
            }
            guard count < runningMax, runningOfKind[ticket.kind, default: 0] < limit, !running.contains(ticket.id)
            else { continue }
            start.append(ticket.id)
            runningOfKind[ticket.kind, default: 0] += 1
            count += 1
        }
    }

    /// The more important one first, then the one that came first.
    private static func isBefore(_ left: JobTicket, _ right: JobTicket) -> Bool {
        (right.priority, left.id) < (left.priority, right.id)
    }

    /// A job that says it is run by this process while it is not was left by a write that got lost.
    private static func isOrphan(
        _ ticket: JobTicket, now: JobMoment, owner: String, isGone: (String) -> Bool
    ) -> Bool {
        guard let lease = ticket.lease else { return true }
        return lease.owner == owner || lease.until <= now || isGone(lease.owner)
    }
}
