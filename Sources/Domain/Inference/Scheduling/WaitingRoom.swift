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

extension Submission: Waiter {
    var scheduling: SchedulingOptions { request.scheduling }
    var expectedWork: Int { request.expectedWork }
    func tell(position: Int) { _ = outlet.offer(.queued(position: position)) }
}

/// What a room must know of those who wait in it.
protocol Waiter: Sendable {
    /// Unlike any other's in the room.
    var key: UInt64 { get }
    var scheduling: SchedulingOptions { get }
    var arrived: ContinuousClock.Instant { get }
    /// In tokens.
    var expectedWork: Int { get }
    /// Tells how many would start before; asked for with `SchedulingOptions.reportsProgress`.
    func tell(position: Int)
}

/// Where requests wait, between the tasks that bring them and the thread that takes them.
///
/// Whoever brings one learns at once whether there is a place: a refusal is an answer, not an event of a stream.
final class WaitingRoom<Item: Waiter>: Sendable {
    private struct State {
        var queue: FairQueue<Item>
        /// Those who came while slots were free: nobody is before them, and no place in the queue is theirs.
        var direct: [Item] = []
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
    func enter(_ submission: Item, mayWait: Bool) throws(ServiceError) {
        let result = state.withLock { state -> Result<Void, ServiceError> in
            if state.isClosed { return .failure(.shuttingDown) }
            if state.direct.count < state.slotsFree, state.queue.isEmpty {
                state.direct.append(submission)
                return .success(())
            }
            guard mayWait else { return .failure(.overloaded(retryAfter: .seconds(1))) }
            switch state.queue.push(submission, terms(submission), now: submission.arrived - epoch) {
            case .queued(let position):
                if submission.scheduling.reportsProgress {
                    state.reports.watch(submission.key, position: position)
                    submission.tell(position: position)
                }
                return .success(())
            case .full(let retryAfter): return .failure(.overloaded(retryAfter: retryAfter))
            case .late: return .failure(.late("it could start"))
            }
        }
        try result.get()
    }

    private func terms(_ submission: Item) -> QueueTerms {
        let options = submission.scheduling
        return QueueTerms(
            key: submission.key, tenant: options.tenant, weight: options.weight, priority: options.priority,
            cost: submission.expectedWork, deadline: options.deadline.map { submission.arrived + $0 - epoch })
    }

    var count: Int { state.withLock { $0.queue.count + $0.direct.count } }

    /// Takes the next request that can start.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - canStart: who can start now; those who cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    func next(_ now: ContinuousClock.Instant, where canStart: @Sendable (Item) -> Bool) -> Next? {
        state.withLock { state in
            if let index = state.direct.firstIndex(where: { canStart($0) }) {
                return Next(submission: state.direct.remove(at: index), charge: nil)
            }
            return state.queue.pop(now: now - epoch, where: { canStart($0) }).map { Self.taken($0, &state) }
        }
    }

    /// Takes the longest waiting request of the highest priority that was asked for.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - canStart: who can start now; those who cannot keep their places.
    /// - Returns: `nil` when nobody waits who can start.
    func nextMostUrgent(_ now: ContinuousClock.Instant, where canStart: @Sendable (Item) -> Bool) -> Next? {
        state.withLock { state in
            let queued = state.queue.mostUrgent(where: { canStart($0) })
            let direct = state.direct.indices.filter { canStart(state.direct[$0]) }
                .max { state.direct[$0].scheduling.priority < state.direct[$1].scheduling.priority }
            // Whoever came when slots were free came before the queue.
            if let direct, queued.map({ state.direct[direct].scheduling.priority >= $0.terms.priority }) ?? true {
                return Next(submission: state.direct.remove(at: direct), charge: nil)
            }
            guard let entry = queued else { return nil }
            return state.queue.take(entry.terms.key, now: now - epoch).map { Self.taken($0, &state) }
        }
    }

    /// A request that was taken out to start.
    struct Next {
        let submission: Item
        /// What its tenant was charged for it.
        let charge: QueueCharge?
    }

    private static func taken(_ entry: FairQueue<Item>.Entry, _ state: inout State) -> Next {
        state.reports.forget(entry.terms.key)
        return Next(submission: entry.item, charge: entry.charge)
    }

    /// The level of the next request that can start, by its priority and how long it has waited; `nil` when nobody can.
    func nextLevel(_ now: ContinuousClock.Instant, where canStart: @Sendable (Item) -> Bool) -> Int? {
        state.withLock { state in
            let direct = state.direct.filter { canStart($0) }.map(\.scheduling.priority.rank).max()
            let queued = state.queue.peek(now: now - epoch) { canStart($0) }?.level
            return [direct, queued].compactMap { $0 }.max()
        }
    }

    /// How urgent the most urgent request is that can start, by what was asked for.
    func mostUrgent(where canStart: @Sendable (Item) -> Bool) -> Priority? {
        state.withLock { state in
            let direct = state.direct.filter { canStart($0) }.map(\.scheduling.priority).max()
            let queued = state.queue.mostUrgent { canStart($0) }?.terms.priority
            return [queued, direct].compactMap { $0 }.max()
        }
    }

    /// Takes out those who are too late, and tells who is next to have a part of its work taken.
    ///
    /// - Parameter now: the time.
    /// - Returns: the next request, `nil` when nobody waits, and whether it is alone in the room; and those taken out.
    func nextPart(_ now: ContinuousClock.Instant) -> (next: (item: Item, isAlone: Bool)?, late: [Item]) {
        state.withLock { state in
            let late = state.queue.expired(now: now - epoch).map(\.item)
            let next = state.queue.peek(now: now - epoch).map { (item: $0.item, isAlone: state.queue.count == 1) }
            return (next, late)
        }
    }

    /// Takes a part of a request's work, which is charged to its tenant. While work is left it keeps its place in the room
    /// and goes behind its tenant's others.
    func takePart(of key: UInt64, _ part: WorkPart, _ now: ContinuousClock.Instant) {
        state.withLock { state in
            _ = state.queue.takePart(key, part, now: now - epoch)
            if part.left == 0 { state.reports.forget(key) }
        }
    }

    func settle(_ charge: QueueCharge, actual: Int) { state.withLock { $0.queue.settle(charge, actual: actual) } }

    /// Notes how many slots are free, so that as many may come without a place in the queue.
    func setSlotsFree(_ count: Int) { state.withLock { $0.slotsFree = count } }

    /// Takes a request out that is not wanted any more.
    func remove(_ key: UInt64) -> Item? {
        state.withLock { state in
            state.reports.forget(key)
            if let index = state.direct.firstIndex(where: { $0.key == key }) { return state.direct.remove(at: index) }
            return state.queue.remove(key)
        }
    }

    /// Takes out those who are too late.
    func expired(_ now: ContinuousClock.Instant) -> [Item] {
        state.withLock { state in
            guard !state.direct.isEmpty || !state.queue.isEmpty else { return [] }
            let late = state.direct.filter { submission in
                submission.scheduling.deadline.map { submission.arrived + $0 < now } ?? false
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
                submission.scheduling.deadline.map { submission.arrived + $0 }
            }
            return (direct + [queued].compactMap { $0 }).min()
        }
    }

    /// Tells those who asked for it where they are in the queue, when that has changed.
    func tellPositions() {
        state.withLock { state in
            for change in state.reports.changes(in: state.queue) {
                state.queue.entries[change.key]?.item.tell(position: change.position)
            }
        }
    }

    /// Lets nobody in any more, and gives back everyone who waits.
    func close() -> [Item] {
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
