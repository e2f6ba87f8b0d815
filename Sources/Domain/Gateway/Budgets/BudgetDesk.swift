internal import Synchronization
internal import Vocabulary

/// Reserves and settles for all requests of this process: from pools that the store has kept for it (`BudgetPools`), at once and
/// without the store. Where a pool does not suffice, what comes while the store is asked is collected and asked for together.
/// What was spent is told a few times a second.
public final class BudgetDesk: Sendable {
    /// What the store is asked at a time at most.
    public static let batchMax = 1_000
    /// Requests that wait to be let in; more are refused.
    public static let waitingMax = 20_000
    /// Between two times that the store is told what was spent, and given back what is not needed.
    static let tellPause = Duration.milliseconds(200)
    /// The same where a budget is nearly used up, and others wait for what is not needed here.
    static let tightPause = Duration.milliseconds(10)

    private struct Waiting {
        let reservation: BudgetReservation
        let continuation: CheckedContinuation<BudgetAnswer, any Error>
    }

    private struct State {
        var pools = BudgetPools()
        var waiting: [Waiting] = []
        /// Leases to hand back.
        var settlements: [BudgetSettlement] = []
        var isWorking = false
        var mustTell = false
        var mustEmpty = false
        /// Pauses after which the store is told, that have begun.
        var pauses: Set<Duration> = []
        var idle: [CheckedContinuation<Void, Never>] = []
        var pause = Duration.milliseconds(50)
        /// Until when the store knows this process as alive.
        var expiry: Int64 = 0
        var leaseCount = 0

        /// The pause that has to be begun by the one who asks.
        mutating func pauseToBegin() -> Duration? {
            let pause = pools.isTight ? BudgetDesk.tightPause : BudgetDesk.tellPause
            return pauses.insert(pause).inserted ? pause : nil
        }
    }

    private struct Work {
        let waiting: [Waiting]
        let tells: Bool
        let empties: Bool
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
    ///   - failed: told when telling the store fails; it is tried again.
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
    ///   - id: of the reservation, unlike any other of this process.
    ///   - holds: of each account that it meets; not empty, and each account once.
    /// - Returns: the reservation, to be settled, and the accounts; or what did not fit.
    /// - Throws: what the store throws; `overloaded` when too many wait.
    public func reserve(
        id: String, _ holds: [BudgetHold]
    ) async throws -> (reservation: BudgetReservation, answer: BudgetAnswer) {
        if let (reservation, taken) = reserveNow(id: id, holds) { return (reservation, .reserved(taken)) }
        let reservation = BudgetReservation(id: id, owner: owner, holds: holds)
        let answer = try await waitForStore(reservation)
        if Task.isCancelled, case .reserved = answer {
            settle(BudgetSettlement(reservation: reservation, cost: 0, tokens: 0))
            throw CancellationError()
        }
        return (reservation, answer)
    }

    /// The same without waiting, from what the store has kept for this process already.
    ///
    /// - Parameters:
    ///   - id: of the reservation, unlike any other of this process.
    ///   - holds: of each account that it meets; not empty, and each account once.
    /// - Returns: the reservation, to be settled, and the accounts; `nil` where the store has to be asked.
    public func reserveNow(
        id: String, _ holds: [BudgetHold]
    ) -> (reservation: BudgetReservation, accounts: [BudgetAccount])? {
        let reservation = BudgetReservation(id: id, owner: owner, holds: holds)
        // Whoever waits was here before.
        let taken = state.withLock { $0.waiting.isEmpty ? $0.pools.take(reservation) : nil }
        return taken.map { (reservation, $0) }
    }

    private func waitForStore(_ reservation: BudgetReservation) async throws -> BudgetAnswer {
        try await withCheckedThrowingContinuation { continuation in
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
    }

    /// Hands back what was not used, once for each reservation.
    public func settle(_ settlement: BudgetSettlement) {
        state.withLock { $0.pools.settle(settlement) }
        planTelling()
    }

    /// An account that was just read from the store, with what this process has not told it yet.
    public func current(_ account: BudgetAccount, _ key: BudgetAccountKey) -> BudgetAccount {
        state.withLock { $0.pools.current(account, key) }
    }

    /// Returns when the store knows everything that was handed in, and has back what no request holds.
    public func settled() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.idle.append(continuation)
                state.mustTell = true
                state.mustEmpty = true
            }
            startWorking()
        }
    }

    /// Tells the store that this process lives. To be called more often than `lifetime`.
    public func prolong() async throws { try await store.prolong(owner: owner, expiry: now() + lifetime) }

    /// Settles what dead processes hold.
    ///
    /// - Parameter isAlone: whether no other process can use the store.
    /// - Returns: how many leases there were.
    /// - Throws: what the store throws.
    public func recover(isAlone: Bool) async throws -> Int {
        try await store.recover(now: now(), alone: isAlone ? owner : nil)
    }

    // MARK: Working

    /// Has the store told after a while, as long as anything of it is here.
    private func planTelling() {
        guard let pause = state.withLock({ $0.pools.isEmpty ? nil : $0.pauseToBegin() }) else { return }
        Task {
            do { try await Task.sleep(for: pause) } catch {}
            state.withLock { state in
                state.pauses.remove(pause)
                state.mustTell = true
            }
            startWorking()
        }
    }

    private func startWorking() {
        let isFirst = state.withLock { state in
            defer { state.isWorking = true }
            return !state.isWorking
        }
        // On the store's own thread, so that asking it costs no more changes of threads than it must.
        if isFirst { Task(executorPreference: store.executor) { await self.work() } }
    }

    private func work() async {
        while let work = next() {
            if !work.waiting.isEmpty { await admit(work.waiting) }
            if work.tells { await tell(keeping: !work.empties) }
            await settleBatch()
        }
    }

    /// What is done next; `nil` when there is nothing to do.
    private func next() -> Work? {
        let (work, idle) = state.withLock { state -> (Work?, [CheckedContinuation<Void, Never>]) in
            guard state.waiting.isEmpty, state.settlements.isEmpty, !state.mustTell else {
                let work = Work(
                    waiting: Array(state.waiting.prefix(Self.batchMax)), tells: state.mustTell,
                    empties: state.mustEmpty)
                state.waiting.removeFirst(work.waiting.count)
                state.mustTell = false
                state.mustEmpty = false
                return (work, [])
            }
            state.isWorking = false
            defer { state.idle = [] }
            return (nil, state.idle)
        }
        for continuation in idle { continuation.resume() }
        return work
    }

    // MARK: Letting in

    private func admit(_ batch: [Waiting]) async {
        var rest = serve(batch)
        do {
            // For all together; near a limit, which that would exceed, for each in turn.
            for isTogether in [true, false] where !rest.isEmpty {
                let missing = state.withLock { [reservations = rest.map(\.reservation)] state in
                    isTogether
                        ? state.pools.missing(for: reservations) : state.pools.missingSingly(for: reservations)
                }
                let refusals = try await lease(missing)
                rest = serve(rest)
                if !isTogether { for waiting in rest { refuse(waiting, refusals) } }
            }
        } catch {
            state.withLock { $0.expiry = 0 }
            for waiting in rest { waiting.continuation.resume(throwing: error) }
        }
        planTelling()
    }

    /// - Returns: those for whom the pools do not suffice.
    private func serve(_ batch: [Waiting]) -> [Waiting] {
        var rest: [Waiting] = []
        for waiting in batch {
            let taken = state.withLock { $0.pools.take(waiting.reservation) }
            if let taken { waiting.continuation.resume(returning: .reserved(taken)) } else { rest.append(waiting) }
        }
        return rest
    }

    private func refuse(_ waiting: Waiting, _ refusals: [BudgetAccountKey: BudgetAccount]) {
        let holds = waiting.reservation.holds
        guard let hold = holds.first(where: { refusals[$0.account] != nil }) ?? holds.first else { return }
        let account = state.withLock { $0.pools.account(hold.account) } ?? refusals[hold.account]
        waiting.continuation.resume(returning: .refused(hold, account ?? BudgetAccount()))
    }

    /// Asks the store for leases, one for each hold, and puts them into the pools.
    ///
    /// - Parameters:
    ///   - holds: one of each account, or several that are decided one after another.
    ///   - renewing: whether they take the place of those that are there.
    /// - Returns: the accounts of those that it has refused.
    /// - Throws: what the store throws; nothing was taken then.
    private func lease(
        _ holds: [BudgetHold], renewing: Bool = false
    ) async throws -> [BudgetAccountKey: BudgetAccount] {
        guard !holds.isEmpty else { return [:] }
        let until = now() + lifetime
        let (isKnown, first) = state.withLock { state in
            defer { state.leaseCount += holds.count }
            // Told again in time, so that what is reserved never belongs to somebody who counts as dead.
            return (state.expiry > until - lifetime / 4, state.leaseCount)
        }
        let leases = holds.enumerated().map { place, hold in
            BudgetReservation(id: "\(owner):\(first + place)", owner: owner, holds: [hold])
        }
        let answers = try await store.reserve(leases, expiry: isKnown ? nil : until)
        precondition(answers.count == leases.count, "a store answers each reservation")
        return state.withLock { state in
            var refusals: [BudgetAccountKey: BudgetAccount] = [:]
            // A store that keeps nothing does not keep the owner either.
            let isKept = answers.contains { if case .reserved = $0 { true } else { false } }
            if !isKnown, isKept { state.expiry = until }
            for (lease, answer) in zip(leases, answers) {
                switch answer {
                case .reserved(let accounts):
                    let account = accounts.first ?? BudgetAccount()
                    if renewing {
                        state.settlements += state.pools.renew(lease, account)
                    } else {
                        state.pools.add(lease, account)
                    }
                case .refused(let hold, let account):
                    state.pools.refused(hold, account)
                    refusals[hold.account] = account
                }
            }
            return refusals
        }
    }

    // MARK: Telling the store

    /// - Parameter keeping: whether something may be kept for requests to come.
    private func tell(keeping: Bool) async {
        let renewals = state.withLock { state in
            let (back, renewals) = state.pools.tell(keeping: keeping)
            state.settlements += back
            return renewals
        }
        do {
            // What is refused here stays as it is: the store counts all of it, and it is tried again.
            _ = try await lease(renewals, renewing: true)
        } catch {
            failed(error)
        }
        planTelling()
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
}
