import Storage
import Synchronization
import Testing

private struct Abandoned: Error {}

@Suite struct TransactionTests {
    private func makeCounter(_ database: Database) async throws {
        try await database.execute("CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
        try await database.execute("INSERT INTO counter VALUES (1, 0)")
    }

    private func count(_ database: Database) async throws -> Int {
        let rows = try await database.query("SELECT n FROM counter WHERE id = 1")
        return try #require(rows.first).decode(Int.self, "n")
    }

    @Test(arguments: Backend.allCases)
    func `what the body returns is returned and what it wrote is kept`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let seen = try await database.transaction { transaction in
                try await transaction.execute("UPDATE counter SET n = 5")
                return try await transaction.query("SELECT n FROM counter").count
            }
            #expect(seen == 1)
            #expect(try await count(database) == 5)
        }
    }

    @Test(arguments: Backend.allCases)
    func `only transactions that say so are not synchronised`(backend: Backend) async throws {
        let (question, full, less) =
            backend == .postgres
            ? ("SHOW synchronous_commit", SQLValue.text("on"), SQLValue.text("off"))
            : ("PRAGMA synchronous", .integer(2), .integer(1))
        try await withDatabase(backend) { database in
            func setting(_ durability: Durability) async throws -> SQLValue? {
                try await database.transaction(durability: durability) { try await $0.query(question).first?.values[0] }
            }
            #expect(try await setting(.power) == full)
            #expect(try await setting(.process) == less)
            #expect(try await setting(.power) == full)
            #expect(try await setting(.process) == less)
            try await makeCounter(database)
            #expect(try await database.execute(question).rows.first?.values[0] == full)
        }
    }

    @Test(arguments: Backend.allCases)
    func `an error in the body takes everything back and comes out`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            await #expect(throws: Abandoned.self) {
                try await database.transaction { transaction in
                    try await transaction.execute("UPDATE counter SET n = 5")
                    throw Abandoned()
                }
            }
            #expect(try await count(database) == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a failed statement ends in a rollback`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let error = try await storageError {
                try await database.transaction { transaction in
                    try await transaction.execute("UPDATE counter SET n = 5")
                    try await transaction.execute("INSERT INTO counter VALUES (1, 1)")
                }
            }
            #expect(error.code == .constraint(.unique))
            #expect(try await count(database) == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `cancelling the task takes everything back`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let (entered, entry) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await database.transaction { transaction in
                    try await transaction.execute("UPDATE counter SET n = 5")
                    entry.finish()
                    while !Task.isCancelled { await Task.yield() }
                    // The body does not notice; the transaction does.
                }
            }
            for await _ in entered {}
            task.cancel()
            let error = try await storageError { try await task.value }
            #expect(error.code == .cancelled)
            #expect(try await count(database) == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a handle is dead after its transaction`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let escaped = try await database.transaction { transaction in transaction }
            for _ in 0..<2 {
                let error = try await storageError { try await escaped.execute("UPDATE counter SET n = 9") }
                #expect(error.code == .misuse)
            }
            // Nor can it act in the next transaction of the same connection.
            try await database.transaction { _ in
                let error = try await storageError { try await escaped.execute("UPDATE counter SET n = 9") }
                #expect(error.code == .misuse)
            }
            #expect(try await count(database) == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a transaction inside a transaction is refused at once`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            try await database.transaction { transaction in
                try await transaction.execute("UPDATE counter SET n = 1")
                let inner = try await storageError { try await database.transaction { _ in } }
                #expect(inner.code == .misuse)
                let single = try await storageError { try await database.execute("UPDATE counter SET n = 2") }
                #expect(single.code == .misuse)
            }
            #expect(try await count(database) == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a transaction that a statement ended is not reported as committed`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let error = try await storageError {
                _ = try await database.transaction { transaction in try await transaction.execute("ROLLBACK") }
            }
            #expect(error.code == .misuse)
            try await database.execute("UPDATE counter SET n = 3")
            #expect(try await count(database) == 3)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a hundred transactions that read and then write end at the exact sum`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            try await withThrowingTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await database.transaction(attemptsMax: 200) { transaction in
                            let row = try #require(try await transaction.query("SELECT n FROM counter").first)
                            let n = try row.decode(Int64.self, "n")
                            try await transaction.execute("UPDATE counter SET n = $1", [.integer(n + 1)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await count(database) == 100)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a hundred single statements end at the exact sum`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            try await withThrowingTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask { _ = try await database.execute("UPDATE counter SET n = n + 1") }
                }
                try await group.waitForAll()
            }
            #expect(try await count(database) == 100)
        }
    }

    @Test func `colliding transactions are told so when they may not be repeated`() async throws {
        try await withScratch(.postgres) { scratch in
            let (database, other) = (try await scratch.open(), try await scratch.open())
            try await makeCounter(database)
            let runs = Mutex(0)
            let error = try await storageError {
                try await database.transaction(attemptsMax: 2) { transaction in
                    _ = try await transaction.query("SELECT n FROM counter")
                    // Somebody else commits in between, each time.
                    try await other.execute("UPDATE counter SET n = n + 1")
                    runs.withLock { $0 += 1 }
                    try await transaction.execute("UPDATE counter SET n = 100")
                }
            }
            #expect(error.code == .serialization)
            #expect(error.detail == "SQLSTATE 40001")
            #expect(runs.withLock { $0 } == 2)
            #expect(try await count(database) == 2)
            await database.close()
            await other.close()
        }
    }

    @Test(arguments: Backend.allCases)
    func `a reader sees one moment while others write`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            try await database.read { snapshot in
                let before = try await snapshot.query("SELECT n FROM counter")
                try await database.execute("UPDATE counter SET n = 41")
                let after = try await snapshot.query("SELECT n FROM counter")
                #expect(before == after)
                #expect(try await count(database) == 41)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a reading transaction cannot write`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await makeCounter(database)
            let error = try await storageError {
                _ = try await database.read { snapshot in try await snapshot.execute("UPDATE counter SET n = 1") }
            }
            #expect(error.code == .readOnly)
        }
    }
}
