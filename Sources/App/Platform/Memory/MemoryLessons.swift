import Hosting
import Records
import Synchronization
import Telemetry

/// What was learned from workers about predictions, in memory and in the database.
final class MemoryLessons: Sendable {
    private let known = Mutex<[MemoryKey: MemoryCorrection]>([:])
    private let records: MemoryRecords
    private let logger: Logger

    init(records: MemoryRecords, logger: Logger) {
        self.records = records
        self.logger = logger
    }

    /// Takes in what was learned before.
    func load() async {
        do {
            let kept = try await records.corrections()
            known.withLock { $0.merge(kept) { mine, _ in mine } }
        } catch {
            guard !error.isCancellation else { return }
            logger.error("what was learned of workers' memory could not be read", [.error: .error(error)])
        }
    }

    func correction(of key: MemoryKey) -> MemoryCorrection { known.withLock { $0[key] ?? .none } }

    /// Learns from a worker.
    ///
    /// - Parameters:
    ///   - use: what its process takes.
    ///   - report: what its engine says.
    ///   - answer: the prediction for it.
    ///   - request: how it was started.
    func learn(_ use: MemoryUse, _ report: EngineMemoryReport, _ answer: MemoryAnswer, _ request: MemoryRequest) async {
        let key = MemoryKey(answer.shape, request)
        let (before, after) = known.withLock { known in
            let before = known[key] ?? .none
            guard known[key] != nil || known.count < MemoryRecords.correctionsMax else { return (before, before) }
            var after = before
            after.learn(use, report, from: answer.shape, served: request)
            known[key] = after
            return (before, after)
        }
        guard after != before else { return }
        do {
            try await records.keep(
                after, of: key, measured: use.ownBytes, predicted: answer.estimate.footprint.host,
                at: UnixTime.now().nanoseconds / 1_000)
        } catch {
            guard !error.isCancellation else { return }
            logger.error("what was learned of a worker's memory could not be kept", [.error: .error(error)])
        }
    }
}
