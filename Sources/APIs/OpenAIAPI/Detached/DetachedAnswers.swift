import Synchronization
public import Vocabulary

/// The answers that this process writes without their clients, and for a while the events of those that are finished.
///
/// `Owner` is whose they are: everybody else's are not there.
public final class DetachedAnswers<Owner: Hashable & Sendable, Event: Sendable>: Sendable {
    public typealias Log = EventLog<Event>

    /// How many, and how large.
    public struct Bounds: Sendable {
        /// Answers that are written at once, in all and of one owner.
        public var runningMax = 64
        public var runningMaxOfOne = 8
        /// Finished ones whose events can still be had.
        public var finishedMax = 32
        /// Bytes of the events of one.
        public var bytesMax = 16 << 20

        public init() {}
    }

    private struct Entry {
        let owner: Owner
        let log: Log
        let patience: Duration?
        var task: Task<Void, Never>?
        var isCancelled = false
        /// Why it was ended by others than whoever asked.
        var fault: ServiceError?
        var readerCount = 0
        /// Ends it while nobody reads it, and forgets it when it is finished.
        var timer: Task<Void, Never>?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var finished: [String] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let bounds: Bounds
    private let hold: @Sendable (@escaping @Sendable (String) -> Void) -> @Sendable () -> Void
    private let bytes: @Sendable (Event) -> Int
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - bounds: how many, and how large.
    ///   - hold: told that an answer begins in the name of who asks now, and how to end it when their credential does, with the
    ///     reason. What it returns is called when the answer is over.
    ///   - bytes: of one event.
    ///   - sleep: the clock of what ends because its time is over.
    public init(
        _ bounds: Bounds = Bounds(),
        hold: @escaping @Sendable (@escaping @Sendable (String) -> Void) -> @Sendable () -> Void = { _ in {} },
        bytes: @escaping @Sendable (Event) -> Int,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.bounds = bounds
        self.hold = hold
        self.bytes = bytes
        self.sleep = sleep
    }

    // MARK: Writing

    /// Begins to write one, in a task of its own that knows the caller.
    ///
    /// - Parameters:
    ///   - id: of the answer.
    ///   - owner: whose it is.
    ///   - parameter: of the request that asked for it, for errors.
    ///   - patience: after how long it is ended while nobody reads it, and its events are forgotten when it is finished; `nil` writes
    ///     it to its end, and keeps its events until others have finished after it.
    ///   - body: writes it to its end; its task is cancelled when the answer is ended from elsewhere.
    /// - Returns: its events.
    /// - Throws: `overloaded` when there are too many; `shuttingDown`.
    @discardableResult
    public func start(
        _ id: String, of owner: Owner, parameter: String, patience: Duration? = nil,
        _ body: @escaping @Sendable (Log) async -> Void
    ) throws(ServiceError) -> Log {
        let log = Log(bytesMax: bounds.bytesMax, bytes: bytes)
        try state.withLock { state throws(ServiceError) in
            guard !state.isClosed else { throw ServiceError(.shuttingDown, "The server is ending.") }
            guard hasRoom(state, owner) else {
                throw ServiceError(
                    .overloaded, "Too many answers are written without their clients.",
                    hint: "At most \(bounds.runningMaxOfOne) of one user at once; wait for one of them.",
                    parameter: parameter, retryAfter: .seconds(5))
            }
            var entry = Entry(owner: owner, log: log, patience: patience)
            entry.task = Task {
                // In a task of their own name: whoever holds it knows who asks.
                let release = self.hold { reason in self.end(id, because: ServiceError(.unauthenticated, reason)) }
                await body(log)
                release()
                log.finish()
                self.settle(id)
            }
            entry.timer = abandoning(id, after: patience)
            state.entries[id] = entry
        }
        return log
    }

    /// Whether one more would be taken.
    public func hasRoom(for owner: Owner) -> Bool { state.withLock { !$0.isClosed && hasRoom($0, owner) } }

    private func hasRoom(_ state: borrowing State, _ owner: Owner) -> Bool {
        let running = state.entries.values.filter { $0.task != nil }
        return running.count < bounds.runningMax
            && running.count(where: { $0.owner == owner }) < bounds.runningMaxOfOne
    }

    /// Whether one is being written.
    public func isRunning(_ id: String) -> Bool { state.withLock { $0.entries[id]?.task != nil } }

    /// It is finished: its place is free, and its events stay for a while.
    private func settle(_ id: String) {
        state.withLock { state in
            guard var entry = state.entries[id] else { return }
            entry.task = nil
            entry.timer?.cancel()
            entry.timer = state.isClosed ? nil : forgetting(id, after: entry.patience)
            state.entries[id] = entry
            state.finished.append(id)
            if state.finished.count > bounds.finishedMax { Self.remove(state.finished[0], from: &state) }
        }
    }

    private func forgetting(_ id: String, after patience: Duration?) -> Task<Void, Never>? {
        guard let patience else { return nil }
        return Task {
            guard await self.pass(patience) else { return }
            self.forget(id)
        }
    }

    private func forget(_ id: String) { state.withLock { Self.remove(id, from: &$0) } }

    private static func remove(_ id: String, from state: inout State) {
        state.finished.removeAll { $0 == id }
        state.entries.removeValue(forKey: id)?.timer?.cancel()
    }

    // MARK: Reading

    /// The events of one, while they are kept.
    public func log(_ id: String, of owner: Owner) -> Log? {
        state.withLock { state in
            guard let entry = state.entries[id], entry.owner == owner else { return nil }
            return entry.log
        }
    }

    /// Reads the events of one, which goes on as long as its patience when its last reader has gone.
    ///
    /// - Returns: what `body` returns; `nil` where the events are not kept, or are another's.
    /// - Throws: what `body` throws.
    public func reading<Result>(
        _ id: String, of owner: Owner, _ body: (Log) async throws -> Result
    ) async rethrows -> Result? {
        let log = state.withLock { state -> Log? in
            guard let entry = state.entries[id], entry.owner == owner else { return nil }
            state.entries[id]?.readerCount += 1
            if entry.task != nil {
                entry.timer?.cancel()
                state.entries[id]?.timer = nil
            }
            return entry.log
        }
        guard let log else { return nil }
        defer { leave(id) }
        return try await body(log)
    }

    private func leave(_ id: String) {
        state.withLock { state in
            state.entries[id]?.readerCount -= 1
            guard let entry = state.entries[id], entry.task != nil, entry.readerCount == 0 else { return }
            state.entries[id]?.timer = abandoning(id, after: entry.patience)
        }
    }

    /// Ends one in a while, unless a reader comes before.
    private func abandoning(_ id: String, after patience: Duration?) -> Task<Void, Never>? {
        guard let patience else { return nil }
        return Task {
            guard await self.pass(patience) else { return }
            self.abandon(id, after: patience)
        }
    }

    private func abandon(_ id: String, after patience: Duration) {
        guard state.withLock({ $0.entries[id]?.readerCount == 0 }) else { return }
        end(
            id,
            because: ServiceError(
                .timeout, "Nobody came back for this answer for \(patience.components.seconds) seconds."))
    }

    /// - Returns: whether the time has passed, and nobody wanted otherwise.
    private func pass(_ duration: Duration) async -> Bool {
        do { try await sleep(duration) } catch { return false }
        return !Task.isCancelled
    }

    // MARK: Ending

    /// Ends one whose asker may not ask any more, or has gone. Does not wait.
    private func end(_ id: String, because fault: ServiceError) {
        let task = state.withLock { state in
            state.entries[id]?.fault = fault
            return state.entries[id]?.task
        }
        task?.cancel()
    }

    /// Ends one; returns when it has ended.
    ///
    /// - Returns: whether it was running here.
    public func cancel(_ id: String, of owner: Owner) async -> Bool {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard let entry = state.entries[id], entry.owner == owner, let task = entry.task else { return nil }
            state.entries[id]?.isCancelled = true
            return task
        }
        guard let task else { return false }
        task.cancel()
        await task.value
        return true
    }

    /// Whether somebody, and not the server's end, has cancelled it.
    public func isCancelled(_ id: String) -> Bool { state.withLock { $0.entries[id]?.isCancelled ?? false } }

    /// Why one was ended that nobody has cancelled.
    public func fault(_ id: String) -> ServiceError {
        state.withLock { $0.entries[id]?.fault }
            ?? ServiceError(.shuttingDown, "The server was ended before the answer was whole.")
    }

    /// Ends all of them, which are told to have failed. No more are taken.
    public func shutDown() async {
        let (tasks, timers) = state.withLock { state in
            state.isClosed = true
            return (state.entries.values.compactMap(\.task), state.entries.values.compactMap(\.timer))
        }
        for timer in timers { timer.cancel() }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
