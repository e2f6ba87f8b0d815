import Vocabulary

/// Whether the model is in memory, and what becomes of requests while it is not. Pure: `EngineHost` does what this decides.
///
/// `Service` is the running engine, `Waiter` somebody who wants it.
struct Residency<Service, Waiter> {
    private enum State {
        /// In memory. `uses` counts those who are about to give it a request. Can go to: leaving, lost, stopped.
        case here(Service, uses: Int)
        /// Leaving memory, because nobody asked for anything. Can go to: away, coming, stopped.
        case leaving
        /// Not in memory. Can go to: coming, stopped.
        case away
        /// Being loaded. Can go to: here, away, stopped.
        case coming
        /// A part of it was lost, and cannot be loaded yet. Can go to: here, stopped.
        case lost
        /// For good.
        case stopped
    }

    private var state: State
    /// Counts the services, so that who used an earlier one is not counted out of a later one.
    private(set) var generation = 0
    private var waiters: [Waiter] = []
    /// Those who may wait while it is loaded.
    private let waitersMax: Int

    init(_ service: Service, waitersMax: Int) {
        state = .here(service, uses: 0)
        self.waitersMax = waitersMax
    }

    /// Whether the model is out of memory and nobody has asked for it yet.
    var isSleeping: Bool {
        switch state {
        case .leaving: waiters.isEmpty
        case .away: true
        case .here, .coming, .lost, .stopped: false
        }
    }

    var isLost: Bool { if case .lost = state { true } else { false } }
    var isStopped: Bool { if case .stopped = state { true } else { false } }
    var service: Service? { if case .here(let service, _) = state { service } else { nil } }

    // MARK: Requests

    enum Entry {
        /// Use it, and say `leave(generation)` when the request has been given to it.
        case use(Service, generation: Int)
        /// The waiter is kept. `startsLoading`: and the model is to be loaded.
        case wait(startsLoading: Bool)
        case refuse(Refusal)
    }

    enum Refusal: Equatable {
        case full, lost, stopped
    }

    mutating func enter(_ waiter: Waiter) -> Entry {
        switch state {
        case .here(let service, let uses):
            state = .here(service, uses: uses + 1)
            return .use(service, generation: generation)
        case .leaving, .coming:
            guard waiters.count < waitersMax else { return .refuse(.full) }
            waiters.append(waiter)
            return .wait(startsLoading: false)
        case .away:
            state = .coming
            waiters.append(waiter)
            return .wait(startsLoading: true)
        case .lost: return .refuse(.lost)
        case .stopped: return .refuse(.stopped)
        }
    }

    /// One of those who got `use`, or were let in by `arrived`, has given its request.
    mutating func leave(_ generation: Int) {
        // Nothing to count where the service they had is gone.
        guard generation == self.generation, case .here(let service, let uses) = state, uses > 0 else { return }
        state = .here(service, uses: uses - 1)
    }

    // MARK: Sleeping and waking

    /// - Parameter isIdle: whether nobody waits for an answer of it.
    /// - Returns: the service to end; `nil` when it is in use or not there.
    mutating func fallAsleep(isIdle: (Service) -> Bool) -> Service? {
        guard case .here(let service, let uses) = state, uses == 0, isIdle(service) else { return nil }
        state = .leaving
        return service
    }

    /// It has left memory.
    ///
    /// - Returns: whether it is to be loaded again at once, because somebody came meanwhile.
    mutating func fellAsleep() -> Bool {
        guard case .leaving = state else { return false }
        state = waiters.isEmpty ? .away : .coming
        return !waiters.isEmpty
    }

    /// It is in memory again.
    ///
    /// - Returns: those who waited, each of whom uses it now and says `leave(generation)`; `nil` when nobody wants it any more and it
    ///   is to be ended.
    mutating func arrived(_ service: Service) -> [Waiter]? {
        switch state {
        case .coming, .lost:
            let entered = waiters
            waiters = []
            generation += 1
            state = .here(service, uses: entered.count)
            return entered
        case .here, .leaving, .away, .stopped: return nil
        }
    }

    /// It could not be loaded.
    ///
    /// - Returns: those who waited, to be told. The next request tries again.
    mutating func failed() -> [Waiter] {
        if case .coming = state { state = .away }
        defer { waiters = [] }
        return waiters
    }

    // MARK: Loss and end

    /// A part of it was lost.
    ///
    /// - Returns: the service to end, if there is one, and those who waited, to be told; `nil` when that was known, or
    ///   when nothing was in memory.
    mutating func lose() -> (service: Service?, waiters: [Waiter])? {
        switch state {
        case .here(let service, _):
            state = .lost
            return (service, [])
        case .coming:
            state = .lost
            defer { waiters = [] }
            return (nil, waiters)
        case .leaving, .away, .lost, .stopped: return nil
        }
    }

    /// The end.
    ///
    /// - Returns: the service to end, if there is one, and those who waited, to be told.
    mutating func stop() -> (service: Service?, waiters: [Waiter]) {
        let service = service
        state = .stopped
        defer { waiters = [] }
        return (service, waiters)
    }
}
