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
            #expect(try await records.load(now: 499).expiries == ["saml:_a1": 500, "token:t1": 900])
            #expect(try await records.load(now: 500).expiries == ["token:t1": 900])
            #expect(try await records.insert("saml:_a1", until: 1_000), "what is over is forgotten")
        }
    }

    @Test(arguments: Backend.allCases)
    func `another process finds what is new, and none twice`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = SpentIDRecords(database)
            _ = try await records.insert("token:old", until: 900)
            var kept = try await records.load(now: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<30 {
                    group.addTask { _ = try await records.insert("token:\(index)", until: Int64(1_000 + index)) }
                }
                try await group.waitForAll()
            }
            var found: [String: Int64] = [:]
            for _ in 0..<3 {
                kept = try await records.load(after: kept.number)
                for (id, end) in kept.expiries {
                    #expect(found[id] == nil)
                    found[id] = end
                }
            }
            #expect(found == Dictionary(uniqueKeysWithValues: (0..<30).map { ("token:\($0)", Int64(1_000 + $0)) }))
            #expect(try await records.insert("token:0", until: 5_000) == false)
            #expect(try await records.load(after: kept.number).expiries.isEmpty)
        }
    }
}
