internal import Synchronization

/// Lends sessions, at most `sessionsMax` of them, first come first served. Sessions are opened when first needed and
/// checked each time they are lent; a broken one is replaced.
final class SessionPool: Sendable {
    private enum Grant: Sendable {
        case session(any Session)
        case openOne
        case refused(StorageError)
    }
    private typealias Waiter = CheckedContinuation<Grant, Never>

    private struct State {
        var ledger: PoolLedger<any Session, Waiter>
        var idNext: UInt64 = 0
        var drainWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let limits: PoolLimits
    private let openSession: @Sendable () async throws(StorageError) -> any Session
    private let state: Mutex<State>

    init(
        sessionsMax: Int, limits: PoolLimits,
        open: @escaping @Sendable () async throws(StorageError) -> any Session
    ) {
        self.limits = limits
        openSession = open
        state = Mutex(State(ledger: PoolLedger(sessionsMax: sessionsMax, waitersMax: limits.waitersMax)))
    }

    /// Callers that wait now.
    var waitingCount: Int { state.withLock { $0.ledger.waitingCount } }

    /// Waits for a session that works. Give it back with ``release(_:)``, exactly once.
    func acquire() async throws(StorageError) -> any Session {
        switch await grant() {
        case .session(let session):
            if await session.isUsable() { return session }
            await session.close()
            return try await openReserved()
        case .openOne:
            return try await openReserved()
        case .refused(let error):
            throw error
        }
    }

    /// Takes a session back in whatever state it is; it is judged when it is lent next.
    func release(_ session: any Session) {
        perform(state.withLock { $0.ledger.release(session) })
    }

    /// From now on callers are refused, those who wait included.
    func refuseCallers() {
        let waiters = state.withLock { $0.ledger.close() }
        for waiter in waiters { waiter.resume(returning: .refused(Self.closedError)) }
    }

    /// Refuses callers, waits for the sessions in use to come back, then closes all of them.
    func close() async {
        refuseCallers()
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if state.ledger.lentCount == 0 { return true }
                state.drainWaiters.append(continuation)
                return false
            }
            if isDrained { continuation.resume() }
        }
        for session in state.withLock({ $0.ledger.takeIdle() }) { await session.close() }
    }

    private func openReserved() async throws(StorageError) -> any Session {
        do throws(StorageError) {
            return try await openSession()
        } catch {
            perform(state.withLock { $0.ledger.placeFreed() })
            throw error
        }
    }

    private func grant() async -> Grant {
        switch state.withLock({ $0.ledger.acquireNow() }) {
        case .use(let session): return .session(session)
        case .open: return .openOne
        case .refuse: return .refused(Self.closedError)
        case .wait, nil: return await grantAfterWaiting()
        }
    }

    private func grantAfterWaiting() async -> Grant {
        let id = state.withLock { state in
            state.idNext += 1
            return state.idNext
        }
        // The clock runs beside the waiting; whichever comes first wins in the ledger, the other finds nothing to do.
        return await withTaskGroup(of: Void.self) { group in
            let timeout = limits.acquireTimeout
            let grant = await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    switch ask(id: id, waiter) {
                    case .answered:
                        break
                    case .parked:
                        group.addTask {
                            guard (try? await Task.sleep(for: timeout)) != nil else { return }
                            self.giveUp(id, Self.timeoutError)
                        }
                        // `onCancel` may have run before the waiter was parked, and found nothing.
                        if Task.isCancelled { giveUp(id, Self.cancelledError) }
                    }
                }
            } onCancel: {
                giveUp(id, Self.cancelledError)
            }
            group.cancelAll()
            return grant
        }
    }

    private enum Asked {
        case answered
        case parked
    }

    private func ask(id: UInt64, _ waiter: Waiter) -> Asked {
        switch state.withLock({ $0.ledger.acquire(id: id, waiter: waiter) }) {
        case .use(let session): waiter.resume(returning: .session(session))
        case .open: waiter.resume(returning: .openOne)
        case .refuse(.closed): waiter.resume(returning: .refused(Self.closedError))
        case .refuse(.tooManyWaiters): waiter.resume(returning: .refused(Self.crowdedError))
        case .wait: return .parked
        }
        return .answered
    }

    private func giveUp(_ id: UInt64, _ error: StorageError) {
        let waiter = state.withLock { $0.ledger.giveUp(id: id) }
        waiter?.resume(returning: .refused(error))
    }

    private func perform(_ action: PoolLedger<any Session, Waiter>.Return) {
        switch action {
        case .nothing:
            break
        case .hand(let session, let waiter):
            waiter.resume(returning: .session(session))
        case .openFor(let waiter):
            waiter.resume(returning: .openOne)
        case .drained:
            let waiters = state.withLock { state in
                defer { state.drainWaiters = [] }
                return state.drainWaiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private static let closedError = StorageError(.closed, "the database was closed")
    private static let cancelledError = StorageError(
        .cancelled, "the task was cancelled while waiting for a connection")
    private static let timeoutError = StorageError(.poolExhausted, "no connection became free in time")
    private static let crowdedError = StorageError(.poolExhausted, "too many callers wait for a connection already")
}
