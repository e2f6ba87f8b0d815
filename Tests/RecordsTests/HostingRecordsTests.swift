import Hosting
import Records
import Storage
import Testing
import Vocabulary

@Suite struct HostingRecordsTests {
    private func withRecords(
        _ backend: Backend, _ body: (MemoryRecords, UsageHours, Database) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(MemoryRecords(database: database), UsageHours(database: database), database)
        }
    }

    @Test(arguments: Backend.allCases) func `what was learned of a model and its settings is there again`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _, _ in
            let key = MemoryKey(model: "llama \u{1F600} layers=4", settings: "text cells=4096")
            let other = MemoryKey(model: key.model, settings: "text cells=8192")
            try await records.keep(
                MemoryCorrection(ratio: 1.25, count: 1), of: key, measured: 125, predicted: 100, at: 1)
            try await records.keep(
                MemoryCorrection(ratio: 0.9, count: 7), of: key, measured: .max, predicted: 100, at: 2)
            try await records.keep(MemoryCorrection(ratio: 1.5, count: 2), of: other, measured: 1, predicted: 1, at: 3)
            let found = try await records.corrections()
            #expect(
                found == [key: MemoryCorrection(ratio: 0.9, count: 7), other: MemoryCorrection(ratio: 1.5, count: 2)])
        }
    }

    @Test func `those that were not learned from for the longest time go`() async throws {
        try await withRecords(.sqlite) { records, _, database in
            try await database.transaction { transaction in
                for number in 1...MemoryRecords.correctionsMax {
                    try await transaction.execute(
                        "INSERT INTO memory_corrections VALUES ($1, 's', 1.0, 1, 1, 1, $2)",
                        [.text("m\(number)"), .int(number)])
                }
            }
            try await records.keep(
                .none, of: MemoryKey(model: "new", settings: "s"), measured: 1, predicted: 1, at: 1_000_000)
            let found = try await records.corrections()
            #expect(found.count == MemoryRecords.correctionsMax)
            #expect(
                found[MemoryKey(model: "m1", settings: "s")] == nil
                    && found[MemoryKey(model: "m2", settings: "s")] != nil)
        }
    }

    @Test(arguments: Backend.allCases) func `schedules come back in their order, and replace those before`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { _, _, database in
            let records = PreloadRecords(database: database)
            let work = try #require(PreloadSchedule(model: ModelID("b"), days: [0, 4], start: 480, end: 1_080))
            let night = try #require(PreloadSchedule(model: ModelID("a"), days: [6], start: 1_320, end: 120))
            try await records.replace(with: [work, night])
            #expect(try await records.all() == [work, night])
            try await records.replace(with: [night])
            #expect(try await records.all() == [night])
            try await records.replace(with: [])
            #expect(try await records.all().isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `requests of an hour add up, and old hours go`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { _, hours, _ in
            try await hours.add(["a": [100: 2, 101: 1], "b": [100: 5]], present: 101)
            try await hours.add(["a": [101: 3]], present: 101)
            try await hours.add([:], present: 1_000_000)
            #expect(try await hours.all() == ["a": [100: 2, 101: 4], "b": [100: 5]])
            try await hours.add(["b": [101 + UsageHours.hoursMax: 1]], present: 101 + UsageHours.hoursMax)
            #expect(try await hours.all() == ["a": [101: 4], "b": [101 + UsageHours.hoursMax: 1]])
        }
    }
}
