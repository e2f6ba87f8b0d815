import Conversations
import Records
import Telemetry

/// Tells other processes on the same database that this one is alive, and settles the answers of those that have ended.
struct WriterPulse: Sendable {
    let store: ConversationRecords
    /// This process.
    let writer: String
    let logger: Logger

    /// Beats until its task is cancelled.
    func run() async {
        var watch = WriterWatch(own: writer)
        let start = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await store.beat(writer)
                let ended = watch.ended(try await store.beats(), at: ContinuousClock.now - start) {
                    ProcessOwner($0)?.isGone ?? false
                }
                try await settle(ended)
            } catch {
                guard !error.isCancellation else { break }
                logger.warning("answers of other processes are not looked at", [.error: .error(error)])
            }
            do { try await Task.sleep(for: WriterWatch.beatEvery) } catch { break }
        }
    }

    private func settle(_ ended: [String]) async throws {
        guard !ended.isEmpty else { return }
        let count = try await store.settleWriting(of: ended)
        try await store.forgetWriters(ended)
        guard count > 0 else { return }
        logger.notice("answers of a process that ended are kept as stopped", ["count": .integer(Int64(count))])
    }
}
