@testable import Storage
import Testing

@Suite struct CancellationTests {
    /// Counts for minutes, in both dialects.
    private let endless =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT COUNT(*) AS c FROM n"

    @Test(arguments: Backend.allCases)
    func `a running query ends when its task is cancelled`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            let sql = endless
            let begin = ContinuousClock.now
            let task = Task { try await database.query(sql) }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let error = try await storageError { _ = try await task.value }
            #expect(error.code == .cancelled)
            #expect(ContinuousClock.now - begin < .seconds(10))
            #expect(try await database.query("SELECT 1 AS x").count == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a task that is cancelled already does nothing`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                try await database.execute("INSERT INTO t VALUES (1)")
            }
            task.cancel()
            let error = try await storageError { _ = try await task.value }
            #expect(error.code == .cancelled)
            #expect(try await database.query("SELECT x FROM t").isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `cancelling many at random moments breaks nothing`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            // Patient, so that on a busy machine only cancelling can make a write fail.
            let database = try await scratch.open(pool: PoolLimits(acquireTimeout: .seconds(120)))
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let acknowledged = await withTaskGroup(of: Int.self) { group in
                for index in 0..<60 {
                    group.addTask {
                        let task = Task { try await database.execute("INSERT INTO t VALUES ($1)", [.int(index)]) }
                        if index % 2 == 0 {
                            for _ in 0..<index { await Task.yield() }
                            task.cancel()
                        }
                        return (try? await task.value) == nil ? 0 : 1
                    }
                }
                return await group.reduce(0, +)
            }
            let stored = try await database.query("SELECT COUNT(*) AS n FROM t").first?.decodeOnly(Int.self)
            // PostgreSQL may have committed just before the cancel request arrived; never the other way round.
            #expect(try #require(stored) >= acknowledged)
            #expect(acknowledged >= 30)
            await database.close()
        }
    }

    @Test func `the server's time limit is not taken for a cancellation`() async throws {
        try await withScratch(.postgres) { scratch in
            let database = try await Database.open(
                PostgresSettings(connectionText: scratch.location, statementTimeout: .milliseconds(200)))
            let sql = endless
            let error = try await storageError { _ = try await database.query(sql) }
            #expect(error.code == .timeout)
            await database.close()
        }
    }

    @Test func `an interrupt that comes before it is armed is not lost`() {
        let interrupt = Interrupt()
        interrupt.cancel()
        var isCalled = false
        withExtendedLifetime(interrupt) {
            let doorbell = try? Doorbell()
            interrupt.arm { doorbell?.ring() }
            isCalled = interrupt.isCancelled
            interrupt.disarm()
        }
        #expect(isCalled)
        #expect(throws: StorageError.self) { try interrupt.check() }
    }
}
