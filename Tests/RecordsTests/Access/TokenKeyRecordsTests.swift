import Access
import Records
import Storage
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct TokenKeyRecordsTests {
    @Test(arguments: Backend.allCases)
    func `of several processes one makes the first keys, and one each change`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = TokenKeyRecords(database)
            #expect(try await records.load() == nil)
            #expect(try await records.revision() == nil)
            let firsts = try await count { try await records.add("sealed:\($0)") }
            #expect(firsts == 1)
            #expect(try await records.revision() == 1)
            let changes = try await count { try await records.replace("other:\($0)", expecting: 1) }
            #expect(changes == 1)
            let kept = try #require(try await records.load())
            #expect(kept.revision == 2 && kept.envelope.hasPrefix("other:"))
        }
    }

    private func count(_ attempt: @escaping @Sendable (Int) async throws -> Bool) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<8 { group.addTask { try await attempt(index) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }
}
