import Foundation
import HTTPFetching
import Records
import Storage
import Synchronization
import Telemetry
import Testing

@testable import Platform

@Suite struct CancellationTests {
    @Test func `only what says that it was cancelled is a cancellation`() {
        let cancellations: [any Error] = [
            CancellationError(), StorageError(.cancelled, "x"), FetchError(.cancelled, "x"),
        ]
        for error in cancellations { #expect(error.isCancellation, "\(error)") }
        let others: [any Error] = [
            StorageError(.closed, "cancelled"), StorageError(.timeout, "x"), FetchError(.shutDown, "x"),
        ]
        for error in others { #expect(!error.isCancellation, "\(error)") }
    }

    /// What a command that ends at once leaves behind of parts that still start.
    @Test func `a part that is cancelled while it reads says nothing, one that fails does`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-quiet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try await Database.open(SQLiteSettings(path: folder + "/test.db"))
        try await database.migrate(Migrations.all)
        let lines = Lines()
        let logger = Logger(label: "test", levelMin: .debug, sink: LogSink { lines.add($0.message) })
        let schedules = PreloadTimetable(records: PreloadRecords(database: database), logger: logger)
        let journal = UsageJournal(records: UsageHours(database: database), logger: logger) { 0 }
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await schedules.load()
            await journal.load()
        }.value
        #expect(lines.all == [])
        await database.close()
        await schedules.load()
        await journal.load()
        #expect(lines.all.count == 2)
    }

    private final class Lines: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }
}
