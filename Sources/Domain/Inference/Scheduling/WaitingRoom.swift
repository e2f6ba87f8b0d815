import Streaming
import Synchronization
import Vocabulary

/// A request that was let in and has no slot yet.
struct Submission: Sendable {
    let key: UInt64
    let request: AdmittedRequest
    let outlet: Outlet<GenerationEvent>
    let arrived: ContinuousClock.Instant
}

/// Where requests wait, between the tasks that bring them and the thread that takes them.
///
/// Whoever brings one learns at once whether there is a place: a refusal is an answer, not an event of a stream.
final class WaitingRoom: Sendable {
    private struct State {
        var queue: FairQueue<Submission>
        /// Those who came while slots were free: nobody is before them, and no place in the queue is theirs.
        var direct: [Submission] = []
        var slotsFree: Int
        var isClosed = false
        var reports = PositionReports()
    }

    private let state: Mutex<State>
    let epoch = ContinuousClock.now

    init(waitingMax: Int, slots: Int) {
        state = Mutex(State(queue: FairQueue(QueueOptions(capacity: max(1, waitingMax))), slotsFree: slots))
    }

    /// Lets a request in.
    ///
    /// - Parameters:
    ///   - submission: the request, with the outlet of its answer.
    ///   - mayWait: whether there is a queue at all.
    /// - Throws: `ServiceError` when there is no place, or it could not be answered in time.
    func enter(_ submission: Submission, mayWait: Bool) throws(ServiceError) {
        let result = state.withLock { state -> Result<Void, ServiceError> in
            if state.isClosed { return .failure(.shuttingDown) }
            if state.direct.count < state.slotsFree, state.queue.isEmpty {
                state.direct.append(submission)
                return .success(())
            }
            guard mayWait else { return .failure(.overloaded(retryAfter: .seconds(1))) }
            switch state.queue.push(submission, terms(submission), now: submission.arrived - epoch) {
            case .queued(let position):
                if submission.request.scheduling.reportsProgress {
                    state.reports.watch(submission.key, position: position)
                    _ = submission.outlet.offer(.queued(position: position))
                }
                return .success(())
            case .full(let retryAfter): return .failure(.overloaded(retryAfter: retryAfter))
            case .late: return .failure(.late("it could start"))
            }
        }
        try result.get()
    }

    private func terms(_ submission: Submission) -> QueueTerms {
        let options = submission.request.scheduling
        return QueueTerms(
            key: submission.key, tenant: options.tenant, weight: options.weight, priority: options.priority,
            cost: submission.request.expectedWork, deadline: options.deadline.map { submission.arrived + $0 - epoch })
    }

    var count: Int { state.withLock { $0.queue.count + $0.direct.count } }

    /// Takes the next request that can start.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - rule: who can start now; those who cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    func next(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Next? {
        state.withLock { state in
            if let index = state.direct.firstIndex(where: { rule.allows($0.request) }) {
                return Next(submission: state.direct.remove(at: index), charge: nil)
            }
            return state.queue.pop(now: now - epoch, where: { rule.allows($0.request) }).map { Self.taken($0, &state) }
        }
    }

    /// Takes the longest waiting request of the highest priority that was asked for.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - rule: who can start now; those who cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    func nextMostUrgent(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Next? {
        state.withLock { state in
            guard let entry = state.queue.mostUrgent(where: { rule.allows($0.request) }) else { return nil }
            return state.queue.take(entry.terms.key, now: now - epoch).map { Self.taken($0, &state) }
        }
    }

    /// A request that was taken out to start.
    struct Next {
        let submission: Submission
        /// What its tenant was charged for it.
        let charge: QueueCharge?
    }

    private static func taken(_ entry: FairQueue<Submission>.Entry, _ state: inout State) -> Next {
        state.reports.forget(entry.terms.key)
        return Next(submission: entry.item, charge: entry.charge)
    }

    /// The level of the next request that can start, by its priority and how long it has waited; `nil` when nobody can.
    func nextLevel(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Int? {
        state.withLock { state in
            let direct = state.direct.filter { rule.allows($0.request) }.map(\.request.scheduling.priority.rank).max()
            let queued = state.queue.peek(now: now - epoch) { rule.allows($0.request) }?.level
            return [direct, queued].compactMap { $0 }.max()
        }
    }

    /// How urgent the most urgent request is that can start, by what was asked for.
    func mostUrgent(_ rule: StartRule) -> Priority? {
        state.withLock { state in
            let direct = state.direct.filter { rule.allows($0.request) }.map(\.request.scheduling.priority).max()
            let queued = state.queue.mostUrgent { rule.allows($0.request) }?.terms.priority
            return [queued, direct].compactMap { $0 }.max()
        }
    }

    func settle(_ charge: QueueCharge, actual: Int) { state.withLock { $0.queue.settle(charge, actual: actual) } }

    /// Notes how many slots are free, so that as many may come without a place in the queue.
    func setSlotsFree(_ count: Int) { state.withLock { $0.slotsFree = count } }

    /// Takes a request out that is not wanted any more.
    func remove(_ key: UInt64) -> Submission? {
        state.withLock { state in
            state.reports.forget(key)
            if let index = state.direct.firstIndex(where: { $0.key == key }) { return state.direct.remove(at: index) }
            return state.queue.remove(key)
        }
    }

    /// Takes out those who are too late.
    func expired(_ now: ContinuousClock.Instant) -> [Submission] {
        state.withLock { state in
            let late = state.direct.filter { submission in
                submission.request.scheduling.deadline.map { submission.arrived + $0 < now } ?? false
            }
            state.direct.removeAll { submission in late.contains { $0.key == submission.key } }
            return late + state.queue.expired(now: now - epoch).map(\.item)
        }
    }

    /// When the next one will be too late.
    var nextDeadline: ContinuousClock.Instant? {
        state.withLock { state in
            let queued = state.queue.nextExpiry.map { epoch + $0 }
            let direct = state.direct.compactMap { submission in
                submission.request.scheduling.deadline.map { submission.arrived + $0 }
            }
            return (direct + [queued].compactMap { $0 }).min()
        }
    }

    /// Tells those who asked for it where they are in the queue, when that has changed.
    func tellPositions() {
        state.withLock { state in
            for change in state.reports.changes(in: state.queue) {
                guard let submission = state.queue.entries[change.key]?.item else { continue }
                _ = submission.outlet.offer(.queued(position: change.position))
            }
        }
    }

    /// Lets nobody in any more, and gives back everyone who waits.
    func close() -> [Submission] {
        state.withLock { state in
            state.isClosed = true
            let rest = state.direct + state.queue.entries.values.map(\.item)
            for key in state.queue.keys { _ = state.queue.remove(key) }
            state.direct = []
            return rest
        }
    }
}

extension ServiceError {
    static func overloaded(retryAfter: Duration) -> ServiceError {
        ServiceError(
            .overloaded, "Too many requests are waiting already.",
            hint: "Try again after the time in Retry-After, or raise `engine.queueMax`.", retryAfter: retryAfter)
    }

    static func late(_ when: String) -> ServiceError {
        ServiceError(
            .timeout, "The request's deadline passed while \(when).",
            hint: "Allow more time, or ask when less is going on.")
    }

    /// A sequence had to make room, and its state could not be kept.
    static var noMemory: ServiceError {
        ServiceError(
            .engineFailed, "The key-value cache is full, and this answer's state could not be set aside.",
            hint: "Send the request again, or serve the model with more context or fewer parallel sequences.")
    }
}
