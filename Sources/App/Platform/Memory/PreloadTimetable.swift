import Hosting
import Records
import Synchronization
import Telemetry

/// At which times of the week models are to be there: in memory, and in the database.
final class PreloadTimetable: Sendable {
    private let known = Mutex<[PreloadSchedule]>([])
    private let records: PreloadRecords
    private let logger: Logger

    init(records: PreloadRecords, logger: Logger) {
        self.records = records
        self.logger = logger
    }

    var all: [PreloadSchedule] { known.withLock { $0 } }

    /// Takes in what was said before.
    func load() async {
        do {
            let kept = try await records.all()
            known.withLock { $0 = kept }
        } catch {
            guard !error.isCancellation else { return }
            logger.error("the preload schedules could not be read", [.error: .error(error)])
        }
    }

    /// - Throws: `StorageError`; then nothing has changed.
    func replace(with schedules: [PreloadSchedule]) async throws {
        try await records.replace(with: schedules)
        known.withLock { $0 = schedules }
    }
}
