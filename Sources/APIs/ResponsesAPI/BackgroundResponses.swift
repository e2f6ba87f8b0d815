import Conversations
import Synchronization
import Vocabulary

/// The responses that this process writes without their clients, and for a while the events of those that are finished.
public final class BackgroundResponses: Sendable {
    /// Responses that are written at once, in all and of one owner.
    public static let runningMax = 64
    public static let runningMaxOfOne = 8
    /// Finished ones whose events can still be had as a stream.
    static let finishedMax = 32

    private struct Entry {
        let owner: DataOwner
        let live: LiveResponse
        var task: Task<Void, Never>?
        var isCancelled = false
        /// Why it was ended by others than whoever asked.
        var fault: String?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var finished: [String] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    let standing: BackgroundStanding

    /// - Parameter standing: whether those who asked may still ask.
    public init(_ standing: BackgroundStanding = BackgroundStanding()) { self.standing = standing }

    /// Begins to write one, in a task of its own that knows the caller.
    ///
    /// - Parameters:
    ///   - id: of the response.
    ///   - owner: whose it is.
    ///   - body: writes it to its end; its task is cancelled when somebody cancels the response, or the server ends.
    /// - Returns: its events.
    /// - Throws: `overloaded` when there are too many; `shuttingDown`.
    func start(
        _ id: String, of owner: DataOwner, _ body: @escaping @Sendable (LiveResponse) async -> Void
    ) throws(ServiceError) -> LiveResponse {
        let live = LiveResponse()
        try state.withLock { state throws(ServiceError) in
            guard !state.isClosed else { throw ServiceError(.shuttingDown, "The server is ending.") }
            guard Self.hasRoom(state, owner) else {
                throw ServiceError(
                    .overloaded, "Too many responses are written in the background.",
                    hint: "At most \(Self.runningMaxOfOne) of one user at once; wait for one of them.",
                    parameter: "background", retryAfter: .seconds(5))
            }
            var entry = Entry(owner: owner, live: live)
            entry.task = Task {
                // In a task of their own name: whoever holds it knows who asks.
                let release = self.standing.hold { reason in self.end(id, because: reason) }
                await body(live)
                release()
                live.finish()
                self.forget(id)
            }
            state.entries[id] = entry
        }
        return live
    }

    /// Whether one more would be taken.
    func hasRoom(for owner: DataOwner) -> Bool { state.withLock { !$0.isClosed && Self.hasRoom($0, owner) } }

    private static func hasRoom(_ state: borrowing State, _ owner: DataOwner) -> Bool {
        let running = state.entries.values.filter { $0.task != nil }
        return running.count < runningMax && running.count(where: { $0.owner == owner }) < runningMaxOfOne
    }

    /// Ends one whose asker may not ask any more. Does not wait.
    private func end(_ id: String, because reason: String) {
        let task = state.withLock { state in
            state.entries[id]?.fault = reason
            return state.entries[id]?.task
        }
        task?.cancel()
    }

    private func forget(_ id: String) {
        state.withLock { state in
            state.entries[id]?.task = nil
            state.finished.append(id)
            if state.finished.count > Self.finishedMax { state.entries[state.finished.removeFirst()] = nil }
        }
    }

    /// The events of one, while they are kept.
    func live(_ id: String, of owner: DataOwner) -> LiveResponse? {
        state.withLock { state in
            guard let entry = state.entries[id], entry.owner == owner else { return nil }
            return entry.live
        }
    }

    /// Ends one; returns when it has ended.
    ///
    /// - Returns: whether it was running here.
    func cancel(_ id: String, of owner: DataOwner) async -> Bool {
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

    /// Whether one is being written.
    func isRunning(_ id: String) -> Bool { state.withLock { $0.entries[id]?.task != nil } }

    /// Whether somebody, and not the server's end, has cancelled it.
    func isCancelled(_ id: String) -> Bool { state.withLock { $0.entries[id]?.isCancelled ?? false } }

    /// Why one was ended that nobody has cancelled.
    func fault(_ id: String) -> ServiceError {
        if let reason = state.withLock({ $0.entries[id]?.fault }) { return ServiceError(.unauthenticated, reason) }
        return ServiceError(.shuttingDown, "The server was ended before the answer was whole.")
    }

    /// Ends all of them, which are told to have failed. No more are taken.
    public func shutDown() async {
        let tasks = state.withLock { state in
            state.isClosed = true
            return state.entries.values.compactMap(\.task)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
