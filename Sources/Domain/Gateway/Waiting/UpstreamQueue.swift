internal import Inference
internal import Synchronization
public import Vocabulary

/// Who waits for a server that takes so many requests at a time and has no fair queue of its own. The order is the engine's:
/// priority, which grows with waiting, then tenants by their shares, then arrival.
///
/// A slot belongs to an `UpstreamPlace`; whoever lets go of it lets the next one in.
public final class UpstreamQueue: Sendable {
    private struct Waiter: Sendable {
        let continuation: CheckedContinuation<UpstreamPlace, any Error>
        let tell: @Sendable (Int) -> Void
    }

    private struct State {
        var queue: FairQueue<Waiter>
        var running = 0
        var keyLast: UInt64 = 0
        /// Cancelled before they waited.
        var gone: Set<UInt64> = []
        /// The positions that were told last.
        var told: [UInt64: Int] = [:]
    }

    /// Requests at the same time.
    public let concurrencyMax: Int
    private let state: Mutex<State>
    private let now: @Sendable () -> Duration

    /// - Parameters:
    ///   - concurrencyMax: requests at the same time.
    ///   - waitingMax: requests of one tenant that may wait when nobody else does; others have an eighth more.
    ///   - now: the time since any moment; only grows.
    public init(concurrencyMax: Int, waitingMax: Int = 256, now: @escaping @Sendable () -> Duration) {
        precondition(concurrencyMax > 0, "a server that takes no requests needs no queue")
        self.concurrencyMax = concurrencyMax
        self.now = now
        state = Mutex(State(queue: FairQueue(QueueOptions(capacity: waitingMax, refusesHopeless: true))))
    }

    /// Requests that are served, and that wait.
    public var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.queue.count) } }

    /// Whether a request would be served at once.
    public var hasRoom: Bool { state.withLock { $0.running < concurrencyMax && $0.queue.isEmpty } }

    /// Waits for a place.
    ///
    /// - Parameters:
    ///   - scheduling: whose turn it is, and until when it makes sense.
    ///   - cost: the work it will be, in tokens.
    ///   - tell: told the position whenever it changes; 0 is next. Must return at once.
    /// - Returns: the place; held as long as the request is answered.
    /// - Throws: `overloaded` when there is no room to wait, `timeout` when its deadline cannot be met, `CancellationError`.
    public func enter(
        _ scheduling: SchedulingOptions, cost: Int, tell: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> UpstreamPlace {
        try Task.checkCancellation()
        let free: UpstreamPlace? = state.withLock { state in
            guard state.running < concurrencyMax, state.queue.isEmpty else { return nil }
            state.running += 1
            return UpstreamPlace(self)
        }
        if let free { return free }
        let key = state.withLock { state in
            state.keyLast += 1
            return state.keyLast
        }
        let timer = scheduling.deadline.map { deadline in
            Task { [weak self] in
                do { try await Task.sleep(for: deadline) } catch { return }
                self?.advance()
            }
        }
        defer {
            timer?.cancel()
            state.withLock { _ = $0.gone.remove(key) }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                park(key, scheduling, cost: cost, Waiter(continuation: continuation, tell: tell))
            }
        } onCancel: {
            cancel(key)
        }
    }

    private func park(_ key: UInt64, _ scheduling: SchedulingOptions, cost: Int, _ waiter: Waiter) {
        let now = now()
        let refusal: (any Error)? = state.withLock { state in
            if state.gone.remove(key) != nil { return CancellationError() }
            let terms = QueueTerms(
                key: key, tenant: scheduling.tenant, weight: scheduling.weight, priority: scheduling.priority,
                cost: cost, deadline: scheduling.deadline.map { now + $0 })
            switch state.queue.push(waiter, terms, now: now) {
            case .queued: return nil
            case .full(let wait):
                return ServiceError(
                    .overloaded, "Too many requests wait for this model's server.", hint: "Try again shortly.",
                    retryAfter: max(wait, .seconds(1)))
            case .late: return Self.late
            }
        }
        if let refusal {
            waiter.continuation.resume(throwing: refusal)
        } else {
            // A place may have become free between the look and the parking.
            advance()
        }
    }

    private func cancel(_ key: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            state.told[key] = nil
            if let waiter = state.queue.remove(key) { return waiter }
            // Parked later, or let in already: then it is forgotten when `enter` ends.
            state.gone.insert(key)
            return nil
        }
        waiter?.continuation.resume(throwing: CancellationError())
        advance()
    }

    fileprivate func leave() {
        state.withLock { $0.running -= 1 }
        advance()
    }

    /// What is to be done once nothing is locked.
    private struct Calls: Sendable {
        var late: [Waiter] = []
        var admitted: [(Waiter, UpstreamPlace)] = []
        var moved: [(Waiter, position: Int)] = []
    }

    /// Lets in who may go in, turns away who is late, and tells the others where they stand.
    private func advance() {
        let now = now()
        let calls = state.withLock { state in
            var calls = Calls()
            for entry in state.queue.expired(now: now) {
                state.told[entry.terms.key] = nil
                calls.late.append(entry.item)
            }
            while state.running < concurrencyMax, let entry = state.queue.pop(now: now) {
                state.running += 1
                state.told[entry.terms.key] = nil
                calls.admitted.append((entry.item, UpstreamPlace(self)))
            }
            for (key, waiter) in state.queue.items {
                guard let position = state.queue.position(of: key), state.told[key] != position else { continue }
                state.told[key] = position
                calls.moved.append((waiter, position))
            }
            return calls
        }
        for waiter in calls.late { waiter.continuation.resume(throwing: Self.late) }
        for (waiter, place) in calls.admitted { waiter.continuation.resume(returning: place) }
        for (waiter, position) in calls.moved { waiter.tell(position) }
    }

    private static let late = ServiceError(
        .timeout, "The request could not be answered within its deadline: others are served first.",
        hint: "Give it more time, or a higher priority.")
}

/// A place at a server: the next one in the queue gets it when nobody holds this any more.
public final class UpstreamPlace: Sendable {
    private let queue: UpstreamQueue

    fileprivate init(_ queue: UpstreamQueue) { self.queue = queue }

    deinit { queue.leave() }
}
