import Storage
import Testing

@Suite struct FaultTests {
    /// SQLite's way: the disk is full after n pages, for every n, until a run meets no fault. Each time the database must
    /// be whole, hold every acknowledged row and nothing else, and go on when there is room again.
    @Test func `a disk that fills up at any moment loses nothing and damages nothing`() async throws {
        var faultlessRuns = 0
        for pages in 3...40 where faultlessRuns == 0 {
            try await withScratch(.sqlite) { scratch in
                let database = try await scratch.open(pagesMax: pages)
                var acknowledged: [SQLValue] = []
                var isFull = false
                do {
                    try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, bytes BYTEA)")
                    for id in Int64(1)...10 {
                        try await database.transaction { transaction in
                            for part in Int64(0)..<2 {
                                try await transaction.execute(
                                    "INSERT INTO t VALUES ($1, $2)",
                                    [.integer(id * 2 + part), .blob(Array(repeating: UInt8(id), count: 3000))])
                            }
                        }
                        acknowledged += [.integer(id * 2), .integer(id * 2 + 1)]
                    }
                } catch let error as StorageError {
                    #expect(error.code == .full, "\(error.debugDescription)")
                    isFull = true
                }
                await database.close()
                if !isFull { faultlessRuns += 1 }
                let reopened = try await scratch.open()
                #expect(try await reopened.query("PRAGMA integrity_check").map(\.values) == [["ok"]])
                try await reopened.execute("CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY, bytes BYTEA)")
                #expect(try await reopened.query("SELECT id FROM t ORDER BY id").map { $0.values[0] } == acknowledged)
                try await reopened.execute("INSERT INTO t VALUES (1000, NULL)")
                await reopened.close()
            }
        }
        #expect(faultlessRuns == 1)
    }

    @Test func `another process that holds SQLite's write lock is waited for, then reported`() async throws {
        try await withScratch(.sqlite) { scratch in
            let one = try await scratch.open()
            let other = try await Database.open(
                SQLiteSettings(path: scratch.location, busyTimeout: .milliseconds(50)))
            try await one.execute("CREATE TABLE t (x BIGINT)")
            try await one.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                let error = try await storageError { try await other.execute("INSERT INTO t VALUES (2)") }
                #expect(error.code == .busy)
                let retried = try await storageError {
                    _ = try await other.transaction(attemptsMax: 2) { try await $0.execute("INSERT INTO t VALUES (2)") }
                }
                #expect(retried.code == .busy)
            }
            try await other.execute("INSERT INTO t VALUES (3)")
            #expect(try await one.query("SELECT x FROM t").count == 2)
            await one.close()
            await other.close()
        }
    }
}
