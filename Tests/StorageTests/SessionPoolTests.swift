@testable import Storage
import Testing

@Suite struct SessionPoolTests {
    @Test(arguments: Backend.allCases)
    func `who waits too long is told that the pool is exhausted`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open(
                writersMax: 1, pool: PoolLimits(acquireTimeout: .milliseconds(50), waitersMax: 5))
            let session = try await database.writers.acquire()
            let error = try await storageError { try await database.execute("SELECT 1 AS x") }
            #expect(error.code == .poolExhausted)
            database.writers.release(session)
            #expect(try await database.execute("SELECT 1 AS x").rows.count == 1)
            await database.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `one waiter more than allowed is refused at once`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open(writersMax: 1, pool: PoolLimits(waitersMax: 1))
            let session = try await database.writers.acquire()
            let waiting = Task { try await database.execute("SELECT 1 AS x") }
            #expect(try await eventually { database.writers.waitingCount == 1 })
            let error = try await storageError { try await database.execute("SELECT 1 AS x") }
            #expect(error.code == .poolExhausted)
            database.writers.release(session)
            #expect(try await waiting.value.rows.count == 1)
            await database.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `a waiter whose task is cancelled leaves the queue`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open(writersMax: 1)
            let session = try await database.writers.acquire()
            let waiting = Task { try await database.execute("SELECT 1 AS x") }
            #expect(try await eventually { database.writers.waitingCount == 1 })
            waiting.cancel()
            let error = try await storageError { _ = try await waiting.value }
            #expect(error.code == .cancelled)
            #expect(database.writers.waitingCount == 0)
            database.writers.release(session)
            await database.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `closing waits for the work in progress and refuses the rest`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let database = try await scratch.open()
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let (entered, entry) = AsyncStream<Void>.makeStream()
            let (gate, opener) = AsyncStream<Void>.makeStream()
            let work = Task {
                try await database.transaction { transaction in
                    entry.finish()
                    for await _ in gate {}
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                }
            }
            for await _ in entered {}
            let closing = Task { await database.close() }
            #expect(
                try await eventually {
                    (try? await database.query("SELECT 1 AS x")) == nil
                })
            opener.finish()
            try await work.value
            await closing.value
            let error = try await storageError { try await database.execute("INSERT INTO t VALUES (2)") }
            #expect(error.code == .closed)
            let again = try await scratch.open()
            #expect(try await again.query("SELECT x FROM t").map(\.values) == [[1]])
            await again.close()
        }
    }

    @Test func `a connection that the server ended is replaced`() async throws {
        try await withScratch(.postgres) { scratch in
            let database = try await scratch.open(writersMax: 1)
            let other = try await scratch.open(writersMax: 1)
            let pid = try #require(try await database.execute("SELECT pg_backend_pid() AS pid").rows.first)
                .decode(Int64.self, "pid")
            try await other.execute("SELECT pg_terminate_backend(CAST($1 AS INTEGER))", [.integer(pid)])
            let gone = "SELECT pid FROM pg_stat_activity WHERE pid = $1"
            #expect(try await eventually { try await other.query(gone, [.integer(pid)]).isEmpty })
            let next = try #require(try await database.execute("SELECT pg_backend_pid() AS pid").rows.first)
            #expect(try next.decode(Int64.self, "pid") != pid)
            await other.close()
            await database.close()
        }
    }

    @Test func `a wrong address is a connection error without secrets`() async throws {
        let error = try await storageError {
            _ = try await Database.open(
                PostgresSettings(connectionText: "host=/nonexistent user=nexus password=hunter2 dbname=none"))
        }
        #expect(error.code == .connection)
        #expect(!error.debugDescription.contains("hunter2"))
        #expect(error.description == "The store cannot be reached.")
    }

    @Test(arguments: ["host=/nonexistent hunter2", "postgresql://me:hunter2@host:port:/db", "hunter2"])
    func `a connection text that cannot be read is not repeated`(text: String) async throws {
        let error = try await storageError {
            _ = try await Database.open(PostgresSettings(connectionText: text, connectTimeout: .seconds(1)))
        }
        #expect(error.code == .connection)
        #expect(!error.debugDescription.contains("hunter2"))
    }

    @Test func `a folder that is not there and a file that is no database are told apart`() async throws {
        let missing = try await storageError {
            _ = try await Database.open(SQLiteSettings(path: "/nonexistent/test.db"))
        }
        #expect(missing.code == .connection)
        try await withScratch(.sqlite) { scratch in
            try Array(repeating: UInt8(ascii: "x"), count: 8192).write(to: scratch.location)
            let damaged = try await storageError { _ = try await scratch.open() }
            #expect(damaged.code == .corrupt)
        }
    }
}
