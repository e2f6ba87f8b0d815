import Configuration
import Hosting
import Vocabulary

/// Orders of the operator.
extension Deployment {
    /// Loads it, whoever stopped it before. Returns when it answers.
    func start() async throws {
        clearFailure()
        if record.isStopped {
            record.isStopped = false
            try await around.store.setStopped(false, of: name)
        }
        _ = try await acquire(Wish())
    }

    /// Ends it when its answers are finished; no request loads it any more.
    func stop() async throws {
        if !record.isStopped {
            record.isStopped = true
            try await around.store.setStopped(true, of: name)
        }
        try await leaveMemory(within: around.foundry.hosting.drainMax)
        clearFailure()
    }

    /// Ends it for good.
    ///
    /// - Parameter isForced: whether also while it answers requests.
    /// - Throws: `conflict` when it is in use, or when the configuration names it.
    func remove(isForced: Bool) async throws {
        guard record.origin == .api else {
            throw ServiceError(
                .conflict, "'\(name)' is made by the configuration.",
                hint: "Take it out of the configuration, or stop it.")
        }
        let busy = replicas.reduce(0) { $0 + $1.inFlight }
        guard busy == 0 || isForced else {
            throw ServiceError(
                .conflict, "'\(name)' answers \(busy) requests now.",
                hint: "Stop it first, or remove it with force=true.")
        }
        try await around.store.remove(name)
        record.isStopped = true
        try await leaveMemory(within: isForced ? .zero : .seconds(10))
        phase = .removed
        around.desk.remove(id)
        log.finish()
    }

    private func leaveMemory(within limit: Duration) async throws {
        // Who waits for it to be loaded waits in vain.
        if phase == .loading { await Self.end(replicas, grace: .seconds(10)) }
        try await settled()
        guard phase == .serving else { return }
        let leaving = replicas
        for replica in leaving {
            if await replica.drained(within: limit) { continue }
            log.note("replica \(replica.id) is ended with \(replica.inFlight) answers in it")
        }
        guard phase == .serving else { return try await settled() }
        phase = .unloading
        await endReplicas(grace: .seconds(10))
        phase = .unloaded
        around.desk.lost(id)
    }
}
