import Access
import Records
import Storage
import Telemetry
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct SignInTallyRecordsTests {
    private static let now = UnixTime(nanoseconds: 1_800_000_000_123_456_789)

    private func withTallies(
        _ backend: Backend, _ body: (SignInTallyRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(SignInTallyRecords(database))
        }
    }

    @Test(arguments: Backend.allCases) func `tallies come back as they were kept, and a refusal changes nothing`(
        backend: Backend
    ) async throws {
        struct Refusal: Error {}
        try await withTallies(backend) { records in
            let (one, two) = (SignInTally(failures: 3, last: Self.now), SignInTally(failures: 1, last: Self.now))
            try await records.change([[1], [2, 0]]) { found in
                #expect(found.isEmpty)
                return [[1]: one, [2, 0]: two]
            }
            #expect(try await records.tallies(of: [[1], [2, 0], [3]]) == [[1]: one, [2, 0]: two])
            await #expect(throws: Refusal.self) {
                try await records.change([[1], [3]]) { found in
                    #expect(found == [[1]: one])
                    throw Refusal()
                }
            }
            #expect(try await records.tallies(of: [[1], [2, 0], [3]]) == [[1]: one, [2, 0]: two])
            try await records.change([[1]]) { _ in [:] }
            #expect(try await records.tallies(of: [[1], [2, 0]]) == [[2, 0]: two])
        }
    }

    @Test(arguments: Backend.allCases) func `of many that count at once, none is lost`(backend: Backend) async throws {
        try await withTallies(backend) { records in
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<40 {
                    group.addTask {
                        // In different orders: nobody waits for ever.
                        let keys: [[UInt8]] = number.isMultiple(of: 2) ? [[1], [2]] : [[2], [1]]
                        try await records.change(keys) { found in
                            var next: [[UInt8]: SignInTally] = [:]
                            for key in keys {
                                next[key] = SignInTally(failures: (found[key]?.failures ?? 0) + 1, last: Self.now)
                            }
                            return next
                        }
                    }
                }
            }
            let found = try await records.tallies(of: [[1], [2]])
            #expect(found.mapValues(\.failures) == [[1]: 40, [2]: 40])
        }
    }

    @Test(arguments: Backend.allCases) func `the oldest go`(backend: Backend) async throws {
        try await withTallies(backend) { records in
            let keys = (0..<10).map { [UInt8($0)] }
            for (number, key) in keys.enumerated() {
                try await records.change([key]) { _ in
                    [key: SignInTally(failures: 1, last: Self.now + .seconds(number))]
                }
            }
            try await records.trim(before: Self.now + .seconds(2), keeping: 100)
            #expect(Set(try await records.tallies(of: keys).keys) == Set(keys.dropFirst(2)))
            try await records.trim(before: Self.now, keeping: 3)
            #expect(Set(try await records.tallies(of: keys).keys) == Set(keys.dropFirst(7)))
        }
    }
}
