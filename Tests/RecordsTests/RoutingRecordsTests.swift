import Gateway
import JSONText
import Records
import Storage
import Testing

@Suite struct RoutingRecordsTests {
    private func withRecords(
        _ backend: Backend, _ body: (RoutingRecords, Database) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(RoutingRecords(database), database)
        }
    }

    private func version(_ number: Int, _ routes: JSONValue = [:], note: String = "") throws -> RoutingVersion {
        RoutingVersion(
            number: number, table: try RoutingTable(reading: JSONField(["routes": routes, "ensembles": [:]])),
            note: note, author: "usr_1", createdAt: 1_795_000_000_000_000 + Int64(number))
    }

    @Test(arguments: Backend.allCases) func `a version is read as it was written`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            #expect(try await records.versions().isEmpty)
            let whole = try version(
                1,
                [
                    "fast": [
                        "targets": ["a", ["model": "b", "weight": 2.5]], "balance": "least_busy",
                        "canary": ["model": "c", "share": 0.1], "timeouts": ["total_ms": 1_500],
                        "remark": "it's \"größer\"",
                    ]
                ], note: "Größer; DROP TABLE")
            try await records.add(whole, keptMax: 10)
            let read = try #require(try await records.versions().first)
            #expect(read.number == 1 && read.author == "usr_1" && read.note == whole.note)
            #expect(read.createdAt == whole.createdAt)
            #expect(read.table.json == whole.table.json)
            #expect(read.table.json["routes"]?["fast"]?["remark"] == "it's \"größer\"")
        }
    }

    @Test(arguments: Backend.allCases) func `a number that is taken is refused`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            try await records.add(try version(1, note: "ours"), keptMax: 10)
            await #expect(throws: StorageError.self) {
                try await records.add(try version(1, note: "theirs"), keptMax: 10)
            }
            #expect(try await records.versions().map(\.note) == ["ours"])
        }
    }

    @Test(arguments: Backend.allCases) func `of writers at the same time each number has one`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            let won = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<8 {
                    let mine = try version(1, note: "\(writer)")
                    group.addTask {
                        do { try await records.add(mine, keptMax: 10) } catch { return 0 }
                        return 1
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(won == 1)
            #expect(try await records.versions().count == 1)
        }
    }

    @Test(arguments: Backend.allCases) func `the oldest are forgotten, and never the newest`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            for number in 1...5 { try await records.add(try version(number), keptMax: 3) }
            #expect(try await records.versions().map(\.number) == [3, 4, 5])
            try await records.add(try version(6), keptMax: 0)
            #expect(try await records.versions().map(\.number) == [6])
        }
    }

    @Test(arguments: Backend.allCases) func `a document that is none is told, not skipped`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, database in
            try await database.execute(
                "INSERT INTO routing_versions (number, created_at, author, note, document) VALUES ($1, 0, '', '', $2)",
                [.int(1), .text("{\"routes\": 7}")])
            await #expect(throws: (any Error).self) { try await records.versions() }
        }
    }
}
