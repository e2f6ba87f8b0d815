import Synchronization
import Vocabulary

/// The trail: takes entries from everywhere and writes them in order, several in one transaction.
///
/// ``record(_:)`` returns when the entry is durable: for what must not happen unseen. ``note(_:)`` returns at once: for
/// what happens on the way of requests. One writer, ``run()``, links and stores them.
public final class AuditLog: Sendable {
    /// Entries that wait to be written; ``record(_:)`` refuses more, ``note(_:)`` counts them as lost.
    public static let waitingMax = 4_096
    /// Entries of one transaction.
    static let batchMax = 256

    private struct Waiting {
        var entry: AuditEntry
        /// Who waits for it to be durable.
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        var queue: [Waiting] = []
        var lostCount: Int64 = 0
        var isFinished = false
        /// The writer, when it has nothing to do.
        var writer: CheckedContinuation<Void, Never>?
    }

    private let store: any AuditStore
    private let now: @Sendable () -> Int64
    private let complain: @Sendable (any Error) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - store: where entries are kept.
    ///   - now: microseconds since 1970.
    ///   - complain: told of entries that could not be written; for the log.
    public init(
        store: any AuditStore, now: @escaping @Sendable () -> Int64, complain: @escaping @Sendable (any Error) -> Void
    ) {
        self.store = store
        self.now = now
        self.complain = complain
    }

    /// Writes an entry and returns when it is durable.
    ///
    /// - Throws: `ServiceError` when it cannot be written: what it is about must then not be acknowledged.
    public func record(_ entry: AuditEntry) async throws {
        do {
            try await withCheckedThrowingContinuation { waiter in
                if !take(Waiting(entry: stamped(entry), waiter: waiter)) { waiter.resume(throwing: Self.refusal) }
            }
        } catch {
            throw ServiceError(
                .shuttingDown, "What was done could not be written to the audit trail.",
                hint: "It may have been done all the same. The server's log tells why.",
                detail: String(describing: error))
        }
    }

    /// Takes an entry to be written soon. Never waits.
    public func note(_ entry: AuditEntry) {
        if !take(Waiting(entry: stamped(entry), waiter: nil)) { state.withLock { $0.lostCount += 1 } }
    }

    private func stamped(_ entry: AuditEntry) -> AuditEntry {
        var entry = entry
        entry.at = now()
        return entry
    }

    private static let refusal = ServiceError(
        .overloaded, "Too many entries wait to be written, or the trail is closed.")

    /// `false` when there is no room, or no writer any more.
    private func take(_ waiting: Waiting) -> Bool {
        let (isTaken, writer) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isFinished, state.queue.count < Self.waitingMax else { return (false, nil) }
            state.queue.append(waiting)
            defer { state.writer = nil }
            return (true, state.writer)
        }
        writer?.resume()
        return isTaken
    }

    // MARK: The writer

    /// Writes entries as they come, until ``finish()`` was called and all are written. Called once.
    public func run() async {
        while true {
            let (batch, lostCount, isFinished) = nextBatch()
            if batch.isEmpty, lostCount == 0 {
                if isFinished { return }
                await wait()
                continue
            }
            var entries = batch.map(\.entry)
            if lostCount > 0 {
                var loss = AuditEntry(.entriesLost, .failed, by: nil, details: [.count: .number(lostCount)])
                loss.at = now()
                entries.append(loss)
            }
            await write(entries, batch.compactMap(\.waiter), lostCount: lostCount)
        }
    }

    /// No more entries will come; those that wait are still written.
    public func finish() {
        let writer = state.withLock { state in
            state.isFinished = true
            defer { state.writer = nil }
            return state.writer
        }
        writer?.resume()
    }

    private func nextBatch() -> (batch: [Waiting], lostCount: Int64, isFinished: Bool) {
        state.withLock { state in
            let batch = Array(state.queue.prefix(Self.batchMax))
            state.queue.removeFirst(batch.count)
            // A loss is told with the next entry that can be written: trying at once would spin where nothing can be.
            guard !batch.isEmpty || state.isFinished else { return (batch, 0, false) }
            defer { state.lostCount = 0 }
            return (batch, state.lostCount, state.isFinished)
        }
    }

    private func wait() async {
        await withCheckedContinuation { writer in
            let isNeeded = state.withLock { state in
                guard state.queue.isEmpty, !state.isFinished else { return true }
                state.writer = writer
                return false
            }
            if isNeeded { writer.resume() }
        }
    }

    private func write(
        _ entries: [AuditEntry], _ waiters: [CheckedContinuation<Void, any Error>], lostCount: Int64
    ) async {
        do {
            try await store.append { AuditRecord.link(entries, after: $0) }
            for waiter in waiters { waiter.resume() }
        } catch {
            complain(error)
            let unheardCount = Int64(entries.count - waiters.count) - (lostCount > 0 ? 1 : 0) + lostCount
            state.withLock { state in
                if !state.isFinished { state.lostCount += unheardCount }
            }
            for waiter in waiters { waiter.resume(throwing: error) }
        }
    }
}
