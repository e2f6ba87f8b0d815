import Records
import Storage
import Testing

@Suite struct SpentIDRecordsTests {
    @Test(arguments: Backend.allCases)
    func `an id is spent once, by whoever comes first, until its time`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = SpentIDRecords(database)
            let firsts = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 { group.addTask { try await records.insert("saml:_a1", until: 500) } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(firsts == 1)
            #expect(try await records.insert("token:t1", until: 900))
            #expect(try await records.load(now: 499) == ["saml:_a1": 500, "token:t1": 900])
            #expect(try await records.load(now: 500) == ["token:t1": 900])
            #expect(try await records.insert("saml:_a1", until: 1_000), "what is over is forgotten")
        }
    }
}
