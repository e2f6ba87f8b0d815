import Access
import JSONText
import Records
import Storage
import Testing
import Vocabulary

@Suite struct AuditRecordsTests {
    private func withRecords(
        _ backend: Backend, _ body: (Database, AuditRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(database, AuditRecords(database))
        }
    }

    private func entry(_ number: Int64, _ action: AuditAction = .order, user: Bool = true) -> AuditEntry {
        var entry = AuditEntry(
            action, number.isMultiple(of: 3) ? .refused : .succeeded, by: user ? AuditActor(.open) : nil,
            details: [.count: .number(number)])
        entry.at = number
        return entry
    }

    private func fault(in records: AuditRecords) async throws -> AuditFault? {
        var verifier = AuditVerifier()
        do {
            try await records.forEachLine(after: 0) { line in
                if let fault = verifier.check(line) { throw fault }
            }
        } catch let fault as AuditFault {
            return fault
        }
        return nil
    }

    @Test(arguments: Backend.allCases) func `records come back in order and as they were`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { _, records in
            #expect(try await records.head() == .origin)
            for number: Int64 in 1...7 {
                try await records.append { AuditRecord.link([entry(number)], after: $0) }
            }
            #expect(try await records.head().sequence == 7)
            #expect(try await fault(in: records) == nil)
            let expected = AuditRecord.link((1...7).map { entry($0) }, after: .origin).map(\.line)
            #expect(try await records.lines(AuditFilter()) == expected.reversed())
        }
    }

    @Test(arguments: Backend.allCases) func `what is looked for is found`(backend: Backend) async throws {
        try await withRecords(backend) { _, records in
            try await records.append { head in
                AuditRecord.link(
                    [entry(1, .signIn, user: false), entry(2), entry(3, .signIn), entry(4), entry(5, .signIn)],
                    after: head)
            }
            func numbers(_ filter: AuditFilter) async throws -> [Int64] {
                try await records.lines(filter).map {
                    try JSONValue.parse(Array($0.utf8))["sequence"]?.integer ?? 0
                }
            }
            #expect(try await numbers(AuditFilter(action: "sign_in")) == [5, 3, 1])
            #expect(try await numbers(AuditFilter(action: "sign_in", user: "local")) == [5, 3])
            #expect(try await numbers(AuditFilter(outcome: .refused)) == [3])
            #expect(try await numbers(AuditFilter(before: 4, from: 2)) == [3, 2])
            #expect(try await numbers(AuditFilter(countMax: 2)) == [5, 4])
            #expect(try await numbers(AuditFilter(action: "' OR 1=1 --")) == [])
        }
    }

    @Test(arguments: Backend.allCases) func `the database refuses to change or remove entries`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { database, records in
            try await records.append { AuditRecord.link([entry(1), entry(2)], after: $0) }
            var orders = [
                "UPDATE audit_entries SET outcome = 'failed' WHERE sequence = 1", "DELETE FROM audit_entries",
            ]
            if backend == .postgres { orders.append("TRUNCATE audit_entries") }
            for order in orders {
                await #expect(throws: StorageError.self) { try await database.execute(order) }
            }
            #expect(try await records.lines(AuditFilter()).count == 2)
            #expect(try await fault(in: records) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `whoever takes the triggers away is found out`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { database, records in
            try await records.append { AuditRecord.link((1...5).map { entry($0) }, after: $0) }
            for trigger in ["audit_entries_stay", "audit_entries_last"] {
                try await database.execute(
                    "DROP TRIGGER \(trigger)" + (backend == .postgres ? " ON audit_entries" : ""))
            }
            try await database.execute("UPDATE audit_entries SET outcome = 'failed' WHERE sequence = 4")
            #expect(try await fault(in: records) == .indexed(4))
            try await database.execute("UPDATE audit_entries SET outcome = 'succeeded' WHERE sequence = 4")
            try await database.execute("DELETE FROM audit_entries WHERE sequence = 2")
            #expect(try await fault(in: records)?.word == "gap")
            #expect(try await fault(in: records)?.sequence == 2)
        }
    }

    @Test(arguments: Backend.allCases) func `two processes write one chain`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let databases = [try await scratch.open(), try await scratch.open()]
            try await databases[0].migrate(Migrations.all)
            try await withThrowingTaskGroup { group in
                for database in databases {
                    group.addTask {
                        let records = AuditRecords(database)
                        for number: Int64 in 1...20 {
                            try await records.append { AuditRecord.link([entry(number)], after: $0) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let records = AuditRecords(databases[0])
            #expect(try await records.head().sequence == 40)
            #expect(try await fault(in: records) == nil)
            for database in databases { await database.close() }
        }
    }
}
