@testable import Storage
import Testing

private struct Enough: Error {}

@Suite struct StreamingReadTests {
    private func fill(_ database: Database, rows: Int) async throws {
        try await database.execute("CREATE TABLE big (id BIGINT PRIMARY KEY, words TEXT)")
        try await database.transaction { transaction in
            for id in 0..<rows {
                try await transaction.execute(
                    "INSERT INTO big VALUES ($1, $2)", [.int(id), .text(String(repeating: "x", count: 100))])
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `rows come one by one, in order, beyond one batch`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            let count = RowBatch.rowsMax * 3 + 7
            try await fill(database, rows: count)
            var next: Int64 = 5
            try await database.forEachRow("SELECT id, words FROM big WHERE id >= $1 ORDER BY id", [5]) { row in
                let id: Int64 = try row.decode("id")
                #expect(id == next)
                next += 1
            }
            #expect(next == count)
        }
    }

    @Test(arguments: Backend.allCases)
    func `who stops early leaves a working connection`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open(readersMax: 1)
            try await fill(database, rows: 1000)
            for _ in 0..<3 {
                await #expect(throws: Enough.self) {
                    try await database.forEachRow("SELECT id FROM big") { _ in throw Enough() }
                }
            }
            #expect(try await database.query("SELECT COUNT(*) AS n FROM big").map(\.values) == [[1000]])
            await database.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `inside a transaction nothing else runs until the rows are read`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await fill(database, rows: 600)
            try await database.transaction { transaction in
                try await transaction.forEachRow("SELECT id FROM big WHERE id < 2") { _ in
                    let error = try await storageError { _ = try await transaction.query("SELECT 1 AS x") }
                    #expect(error.code == .misuse)
                }
                #expect(try await transaction.query("SELECT 1 AS x").count == 1)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a batch of wide rows is cut by its bytes`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE wide (id BIGINT PRIMARY KEY, bytes BYTEA)")
            for id in 0..<8 {
                try await database.execute(
                    "INSERT INTO wide VALUES ($1, $2)", [.int(id), .blob(Array(repeating: 7, count: 400_000))])
            }
            let session = try await database.readers.acquire()
            defer { database.readers.release(session) }
            let interrupt = Interrupt()
            try await session.startRows(Statement("SELECT * FROM wide ORDER BY id"), interrupt: interrupt)
            #expect(try await session.nextRows(interrupt: interrupt).count == 3)
            #expect(try await session.nextRows(interrupt: interrupt).count == 3)
            #expect(try await session.nextRows(interrupt: interrupt).count == 2)
            #expect(try await session.nextRows(interrupt: interrupt).isEmpty)
            await session.endRows()
            #expect(await session.isUsable())
        }
    }

    @Test(arguments: Backend.allCases)
    func `cancelling between rows ends the reading`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open(readersMax: 1)
            try await fill(database, rows: 2000)
            let task = Task {
                try await database.forEachRow("SELECT id FROM big ORDER BY id") { row in
                    let id: Int = try row.decode("id")
                    while id == 10, !Task.isCancelled { await Task.yield() }
                    if id >= 1999 { throw Enough() }
                }
            }
            task.cancel()
            let error = try await storageError { try await task.value }
            #expect(error.code == .cancelled)
            #expect(try await database.query("SELECT COUNT(*) AS n FROM big").map(\.values) == [[2000]])
            await database.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `an error in the query comes out`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            let error = try await storageError { try await database.forEachRow("SELECT * FROM nowhere") { _ in } }
            #expect(error.code == .syntax)
            #expect(try await database.query("SELECT 1 AS x").count == 1)
        }
    }
}
