import Synchronization

/// Joins downloads of the same file: the first one starts a transfer, the others watch it. A transfer ends when it is
/// done, has failed, or nobody watches it any more.
///
/// Safe to use from any task. Owns the tasks of the transfers.
public final class TransferDesk: Sendable {
    typealias Watcher = CheckedContinuation<FetchedFile, any Error>

    private struct Shared {
        let identity: ContentIdentity
        let task: Task<Void, Never>
        var watchers: [Int: Watcher] = [:]
        var reports: [Int: @Sendable (TransferNote) -> Void] = [:]
    }

    private struct State {
        var lastID = 0
        /// By path.
        var running: [String: Shared] = [:]
        /// Files that are being settled.
        var settling = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Transfers under way.
    public var count: Int { state.withLock { $0.running.count } }

    /// Files that are complete, and not yet safe from a power cut.
    public var settlingCount: Int { state.withLock { $0.settling } }

    /// Brings a file, or waits for the one who is bringing it.
    ///
    /// - Parameters:
    ///   - identity: which content.
    ///   - path: relative to the folder of all models.
    ///   - report: called for every note of the transfer, from any thread.
    ///   - run: the transfer; called only when nobody brings the file yet.
    ///   - settle: makes a file that is complete safe from power cuts. Nobody waits for it; what fails is looked at again
    ///     when the platform is started next.
    /// - Returns: the file, complete.
    /// - Throws: what the transfer throws; `CancellationError`, of which the others notice nothing.
    func fetch(
        _ identity: ContentIdentity, at path: String, report: @escaping @Sendable (TransferNote) -> Void,
        run: @escaping @Sendable (@escaping @Sendable (TransferNote) -> Void) async throws -> FetchedFile,
        settle: @escaping @Sendable () async throws -> Void
    ) async throws -> FetchedFile {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (watcher: Watcher) in
                let refusal = state.withLock { state -> (any Error)? in
                    // Cancelled before there was anybody to tell.
                    guard !Task.isCancelled else { return CancellationError() }
                    if let shared = state.running[path], shared.identity != identity {
                        return HubError(
                            .fileFailed, "Another download is bringing other content to '\(path)'.",
                            hint: "Wait for it, or cancel it.")
                    }
                    if state.running[path] == nil {
                        state.running[path] = Shared(identity: identity, task: start(path, run, settle))
                    }
                    state.running[path]?.watchers[id] = watcher
                    state.running[path]?.reports[id] = report
                    return nil
                }
                if let refusal { watcher.resume(throwing: refusal) }
            }
        } onCancel: {
            leave(path, id)
        }
    }

    /// Runs a transfer and tells everybody its end.
    private func start(
        _ path: String,
        _ run: @escaping @Sendable (@escaping @Sendable (TransferNote) -> Void) async throws -> FetchedFile,
        _ settle: @escaping @Sendable () async throws -> Void
    ) -> Task<Void, Never> {
        Task {
            let result: Result<FetchedFile, any Error>
            do {
                result = .success(try await run { [self] note in tell(path, note) })
            } catch {
                result = .failure(error)
            }
            let isHere = if case .success = result { true } else { false }
            let watchers = state.withLock { state in
                if isHere { state.settling += 1 }
                return state.running.removeValue(forKey: path)?.watchers ?? [:]
            }
            for watcher in watchers.values { watcher.resume(with: result) }
            guard isHere else { return }
            do { try await settle() } catch { tell(path, .ledgerFailed("\(error)")) }
            state.withLock { $0.settling -= 1 }
        }
    }

    private func tell(_ path: String, _ note: TransferNote) {
        let reports = state.withLock { Array(($0.running[path]?.reports ?? [:]).values) }
        for report in reports { report(note) }
    }

    /// One who was the last stays until the transfer has ended, so that its ledger is written when the cancel is told.
    private func leave(_ path: String, _ id: Int) {
        let (watcher, task) = state.withLock { state -> (Watcher?, Task<Void, Never>?) in
            guard let shared = state.running[path], shared.watchers[id] != nil else { return (nil, nil) }
            guard shared.watchers.count > 1 else { return (nil, shared.task) }
            state.running[path]?.reports[id] = nil
            return (state.running[path]?.watchers.removeValue(forKey: id), nil)
        }
        task?.cancel()
        watcher?.resume(throwing: CancellationError())
    }
}
