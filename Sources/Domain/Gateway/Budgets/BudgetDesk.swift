internal import Synchronization
internal import Vocabulary

/// Reserves and settles for all requests of this process. While one transaction runs, what comes meanwhile is collected and
/// goes into the next one together: under load a transaction serves hundreds of requests, alone it serves one at once.
public actor BudgetDesk {
    /// What one transaction takes at most.
    public static let batchMax = 1_000
    /// Requests that wait to be let in; more are refused.
    public static let waitingMax = 20_000

    private struct Waiting {
        let reservation: BudgetReservation
        let continuation: CheckedContinuation<BudgetAnswer, any Error>
    }

    private let store: any BudgetStore
    private let owner: String
    private let now: @Sendable () -> Int64
    private let lifetime: Int64
    private let failed: @Sendable (any Error) -> Void
    private var waiting: [Waiting] = []
    /// What was handed in and is not in `settlements` yet.
    private nonisolated let inbox = Mutex<[BudgetSettlement]>([])
    private var settlements: [BudgetSettlement] = []
    private var isWorking = false
    private var idle: [CheckedContinuation<Void, Never>] = []
    private var pause = Duration.milliseconds(50)

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
        guard waiting.count < Self.waitingMax else {
            throw ServiceError(
                .overloaded, "Too many requests wait for their budgets.", hint: "Try again shortly.",
                retryAfter: .seconds(1))
        }
        let reservation = BudgetReservation(id: id, owner: owner, holds: holds)
        let answer = try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(reservation: reservation, continuation: continuation))
            startWorking()
        }
        if Task.isCancelled, case .reserved = answer {
            settle(BudgetSettlement(reservation: reservation, cost: 0, tokens: 0))
            throw CancellationError()
        }
        return (reservation, answer)
    }

    /// Hands back what was not used. Returns at once; it is done as soon as the store can.
    public nonisolated func settle(_ settlement: BudgetSettlement) {
        let isFirst = inbox.withLock { inbox in
            inbox.append(settlement)
            return inbox.count == 1
        }
        if isFirst { Task { await startWorking() } }
    }

    /// Returns when everything that was handed in is done.
    public func settled() async {
        startWorking()
        await withCheckedContinuation { idle.append($0) }
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

    private func startWorking() {
        guard !isWorking else { return }
        isWorking = true
        Task { await work() }
    }

    private func work() async {
        while true {
            settlements += inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            guard !waiting.isEmpty || !settlements.isEmpty else { break }
            await settleBatch()
            await reserveBatch()
        }
        isWorking = false
        let idle = idle
        self.idle = []
        for continuation in idle { continuation.resume() }
    }

    private func settleBatch() async {
        guard !settlements.isEmpty else { return }
        let batch = Array(settlements.prefix(Self.batchMax))
        do {
            try await store.settle(batch)
            settlements.removeFirst(batch.count)
            pause = .milliseconds(50)
        } catch {
            // What was used must not be forgotten: it is kept and tried again, while others go on being let in or refused.
            failed(error)
            if waiting.isEmpty {
                do { try await Task.sleep(for: pause) } catch { return }
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    private func reserveBatch() async {
        guard !waiting.isEmpty else { return }
        let batch = Array(waiting.prefix(Self.batchMax))
        waiting.removeFirst(batch.count)
        do {
            let answers = try await store.reserve(batch.map(\.reservation), expiry: now() + lifetime)
            precondition(answers.count == batch.count, "a store answers each reservation")
            for (waiting, answer) in zip(batch, answers) { waiting.continuation.resume(returning: answer) }
        } catch {
            for waiting in batch { waiting.continuation.resume(throwing: error) }
        }
    }
}
