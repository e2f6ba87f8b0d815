internal import Synchronization
internal import Vocabulary

/// Reserves and settles for all requests of this process. While one transaction runs, what comes meanwhile is collected and
/// goes into the next one together: under load a transaction serves hundreds of requests, alone it serves one at once.
/// Requests are let in first; what they did not use is handed back for many of them together.
public final class BudgetDesk: Sendable {
    /// What one transaction takes at most.
    public static let batchMax = 1_000
    /// Requests that wait to be let in; more are refused.
    public static let waitingMax = 20_000
    /// How long what was not used waits for more of it, unless there is enough of it.
    static let settlePause = Duration.milliseconds(10)
    private static let settleCount = 256

    private struct Waiting {
        let reservation: BudgetReservation
        let continuation: CheckedContinuation<BudgetAnswer, any Error>
        /// It was refused once, before others had handed back what they held.
        var isSecond = false
    }

    private struct State {
        var waiting: [Waiting] = []
        /// What was handed in and is not in `settlements` yet.
        var inbox: [BudgetSettlement] = []
        /// What is to be settled next.
        var settlements: [BudgetSettlement] = []
        var isWorking = false
        var mustSettle = false
        var idle: [CheckedContinuation<Void, Never>] = []
        var pause = Duration.milliseconds(50)
        /// Until when the store knows this process as alive.
        var expiry: Int64 = 0

        mutating func openInbox() {
            settlements += inbox
            inbox = []
        }
    }

    private let store: any BudgetStore
    private let owner: String
    private let now: @Sendable () -> Int64
    private let lifetime: Int64
    private let failed: @Sendable (any Error) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - store: keeps the accounts.
    ///   - owner: this process, unlike any other that is or was.
    ///   - lifetime: seconds after which this process counts as dead unless it tells that it lives.
    ///   - now: seconds since 1970.
    ///   - failed: told when settling fails; it is tried again.
    public init(
        store: any BudgetStore, owner: String, lifetime: Int64 = 120, now: @escaping @Sendable () -> Int64,
        failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.store = store
        self.owner = owner
        self.lifetime = lifetime
        self.now = now
        self.failed = failed
    }

    /// Keeps what a request may use.
    ///
    /// - Parameters:
    ///   - id: of the reservation.
    ///   - holds: of each account that it meets; not empty.
    /// - Returns: the reservation, to be settled, and the accounts; or what did not fit.
    /// - Throws: what the store throws; `overloaded` when too many wait.
    public func reserve(
        id: String, _ holds: [BudgetHold]
    ) async throws -> (reservation: BudgetReservation, answer: BudgetAnswer) {
        let reservation = BudgetReservation(id: id, owner: owner, holds: holds)
        let answer = try await withCheckedThrowingContinuation { continuation in
            let isTaken = state.withLock { state in
                guard state.waiting.count < Self.waitingMax else { return false }
                state.waiting.append(Waiting(reservation: reservation, continuation: continuation))
                return true
            }
            guard isTaken else {
                return continuation.resume(
                    throwing: ServiceError(
                        .overloaded, "Too many requests wait for their budgets.", hint: "Try again shortly.",
                        retryAfter: .seconds(1)))
            }
            startWorking()
        }
        if Task.isCancelled, case .reserved = answer {
            settle(BudgetSettlement(reservation: reservation, cost: 0, tokens: 0))
            throw CancellationError()
        }
        return (reservation, answer)
    }

    /// Hands back what was not used. Returns at once; it is done as soon as the store can.
    public func settle(_ settlement: BudgetSettlement) {
        let count = state.withLock { state in
            state.inbox.append(settlement)
            return state.inbox.count
        }
        if count == 1 {
            Task {
                do { try await Task.sleep(for: Self.settlePause) } catch {}
                settleNow()
            }
        } else if count == Self.settleCount {
            settleNow()
        }
    }

    private func settleNow() {
        state.withLock { $0.mustSettle = true }
        startWorking()
    }

    /// Returns when everything that was handed in is done.
    public func settled() async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.idle.append(continuation) }
            settleNow()
        }
    }

    /// Tells the store that this process lives. To be called more often than `lifetime`.
    public func prolong() async throws { try await store.prolong(owner: owner, expiry: now() + lifetime) }

    /// Settles what dead processes hold.
    ///
    /// - Parameter isAlone: whether no other process can use the store.
    /// - Returns: how many reservations there were.
    /// - Throws: what the store throws.
    public func recover(isAlone: Bool) async throws -> Int {
        try await store.recover(now: now(), alone: isAlone ? owner : nil)
    }

    // MARK: Working

    private func startWorking() {
        let isFirst = state.withLock { state in
            defer { state.isWorking = true }
            return !state.isWorking
        }
        // On the store's own thread, so that a reservation costs no more changes of threads than it must.
        if isFirst { Task(executorPreference: store.executor) { await self.work() } }
    }

    private func work() async {
        while let batch = next() {
            if !batch.isEmpty { await reserve(batch) }
            await settleBatch()
        }
    }

    /// Those who are let in next; `nil` when there is nothing to do.
    private func next() -> [Waiting]? {
        let (batch, idle) = state.withLock { state -> ([Waiting]?, [CheckedContinuation<Void, Never>]) in
            if state.mustSettle {
                state.mustSettle = false
                state.openInbox()
            }
            guard state.waiting.isEmpty, state.settlements.isEmpty else {
                let batch = Array(state.waiting.prefix(Self.batchMax))
                state.waiting.removeFirst(batch.count)
                return (batch, [])
            }
            state.isWorking = false
            defer { state.idle = [] }
            return (nil, state.idle)
        }
        for continuation in idle { continuation.resume() }
        return batch
    }

    private func settleBatch() async {
        let batch = state.withLock { Array($0.settlements.prefix(Self.batchMax)) }
        guard !batch.isEmpty else { return }
        do {
            try await store.settle(batch)
            state.withLock { state in
                state.settlements.removeFirst(batch.count)
                state.pause = .milliseconds(50)
            }
        } catch {
            // What was used must not be forgotten: it is kept and tried again, while others go on being let in or refused.
            failed(error)
            let pause = state.withLock { state -> Duration? in
                guard state.waiting.isEmpty else { return nil }
                defer { state.pause = min(state.pause * 2, .seconds(5)) }
                return state.pause
            }
            guard let pause else { return }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func reserve(_ batch: [Waiting]) async {
        do {
            // Told again in time, so that what is reserved never belongs to somebody who counts as dead.
            let until = now() + lifetime
            let isKnown = state.withLock { $0.expiry > until - lifetime / 4 }
            let answers = try await store.reserve(batch.map(\.reservation), expiry: isKnown ? nil : until)
            precondition(answers.count == batch.count, "a store answers each reservation")
            let mayTryAgain = state.withLock { state in
                if !isKnown { state.expiry = until }
                if answers.contains(where: \.isRefused) { state.openInbox() }
                return !state.settlements.isEmpty
            }
            var again: [Waiting] = []
            for (var waiting, answer) in zip(batch, answers) {
                if answer.isRefused, mayTryAgain, !waiting.isSecond {
                    waiting.isSecond = true
                    again.append(waiting)
                } else {
                    waiting.continuation.resume(returning: answer)
                }
            }
            // What others did not use may be enough for them.
            if !again.isEmpty { state.withLock { [again] in $0.waiting = again + $0.waiting } }
        } catch {
            state.withLock { $0.expiry = 0 }
            for waiting in batch { waiting.continuation.resume(throwing: error) }
        }
    }
}

extension BudgetAnswer {
    fileprivate var isRefused: Bool {
        if case .refused = self { true } else { false }
    }
}
