/// Who has which session and who waits for one. Decides only; ``SessionPool`` acts.
///
/// Generic over the session and the waiter, so that a test can use numbers for both.
struct PoolLedger<Session, Waiter> {
    /// What a caller that asks for a session is to do.
    enum Acquisition {
        case use(Session)
        /// Open a session; the place for it is reserved. Report a failure with ``placeFreed()``.
        case open
        case wait
        case refuse(Refusal)
    }

    enum Refusal: Equatable {
        case closed
        case tooManyWaiters
    }

    /// What to do when a session or a place came back.
    enum Return {
        case nothing
        case hand(Session, to: Waiter)
        /// The waiter gets the free place and opens a session itself.
        case openFor(Waiter)
        /// The pool was closed and this was the last session in use.
        case drained
    }

    private let sessionsMax: Int
    private let waitersMax: Int
    private var idle: [Session] = []
    private var waiting: [(id: UInt64, waiter: Waiter)] = []
    /// Sessions in use, and places reserved for sessions that are being opened.
    private(set) var lentCount = 0
    private(set) var isClosed = false

    init(sessionsMax: Int, waitersMax: Int) {
        precondition(sessionsMax > 0 && waitersMax >= 0, "a pool needs room for a session")
        self.sessionsMax = sessionsMax
        self.waitersMax = waitersMax
    }

    var waitingCount: Int { waiting.count }

    /// What can be answered without waiting; `nil` when it cannot. Nobody is overtaken: while one waits, none is free.
    mutating func acquireNow() -> Acquisition? {
        guard !isClosed else { return .refuse(.closed) }
        if let session = idle.popLast() {
            lentCount += 1
            return .use(session)
        }
        guard lentCount < sessionsMax else { return nil }
        lentCount += 1
        return .open
    }

    /// Asks for a session. The waiter is kept only when the answer is `.wait`.
    mutating func acquire(id: UInt64, waiter: Waiter) -> Acquisition {
        if let answer = acquireNow() { return answer }
        guard waiting.count < waitersMax else { return .refuse(.tooManyWaiters) }
        waiting.append((id, waiter))
        return .wait
    }

    /// Takes a session back. After closing, sessions that come back are kept for ``takeIdle()``.
    mutating func release(_ session: Session) -> Return {
        guard waiting.isEmpty else { return .hand(session, to: waiting.removeFirst().waiter) }
        idle.append(session)
        lentCount -= 1
        return isClosed && lentCount == 0 ? .drained : .nothing
    }

    /// A session could not be opened.
    mutating func placeFreed() -> Return {
        guard waiting.isEmpty else { return .openFor(waiting.removeFirst().waiter) }
        lentCount -= 1
        return isClosed && lentCount == 0 ? .drained : .nothing
    }

    /// The waiter gave up; `nil` when it has been served already.
    mutating func giveUp(id: UInt64) -> Waiter? {
        guard let position = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: position).waiter
    }

    /// No more sessions are given out. Returns those who wait in vain.
    mutating func close() -> [Waiter] {
        isClosed = true
        defer { waiting = [] }
        return waiting.map(\.waiter)
    }

    /// The sessions that nobody uses, which leave the pool.
    mutating func takeIdle() -> [Session] {
        defer { idle = [] }
        return idle
    }
}
