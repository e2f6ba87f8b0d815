import Gateway
import Records
import Storage
import TestRandomness
import Testing

@Suite(.timeLimit(.minutes(1))) struct LedgerRecordsTests {
    private static let hour: Int64 = 3_600_000_000

    private func record(_ number: Int, at: Int64, user: String, model: String, outcome: UsageRecord.Outcome = .finished)
        -> UsageRecord
    {
        UsageRecord(
            request: "req_\(number)", at: at,
            dimensions: UsageDimensions(tenant: "t", user: user, model: model, endpoint: "/v1/chat/completions"),
            outcome: outcome,
            amounts: UsageAmounts(
                requests: outcome == .refused ? 0 : 1, failures: outcome == .failed ? 1 : 0,
                refusals: outcome == .refused ? 1 : 0, inputTokens: 10, cachedTokens: 4, outputTokens: 5,
                reasoningTokens: 2, cost: 100, engineMicroseconds: 1_000), firstPiece: 7, duration: 9)
    }

    @Test(arguments: Backend.allCases)
    func `lines come back as they were written, and sums by hour, day and week`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let ledger = LedgerRecords(database: database)
            let book = UsageBook()
            // Monday 2026-11-16, and the Monday after it.
            let monday = Int64(1_794_787_200) * 1_000_000
            let written = [
                record(1, at: monday, user: "ann", model: "m"), record(2, at: monday + 1, user: "ann", model: "n"),
                record(3, at: monday + Self.hour, user: "bob", model: "m", outcome: .failed),
                record(4, at: monday + 26 * Self.hour, user: "ann", model: "m", outcome: .refused),
                record(5, at: monday + 7 * 24 * Self.hour, user: "ann", model: "m", outcome: .aborted),
            ]
            for record in written {
                book.add(record)
                try await ledger.add(book.take())
            }
            #expect(try await ledger.records(filters: [:], before: nil, countMax: 10) == written.reversed())
            #expect(try await ledger.records(filters: ["user": "bob"], before: nil, countMax: 10) == [written[2]])
            #expect(try await ledger.records(filters: ["request": "req_4"], before: nil, countMax: 10) == [written[3]])
            #expect(try await ledger.records(filters: [:], before: monday + 2, countMax: 1) == [written[1]])

            func sums(_ span: UsageSpan?, _ groups: [String], _ filters: [String: String] = [:]) async throws
                -> [String]
            {
                try await ledger.sums(
                    UsageQuery(
                        span: span, from: monday / 1_000_000, to: monday / 1_000_000 + 30 * 86_400, groups: groups,
                        filters: filters)
                ).map { row in
                    let start = row.start.map { "\(($0 - monday / 1_000_000) / 3_600)h " } ?? ""
                    return start + row.groups.joined(separator: "/")
                        + " \(row.amounts.requests) \(row.amounts.failures) \(row.amounts.refusals) \(row.amounts.cost)"
                }
            }
            #expect(try await sums(nil, ["user"]) == ["ann 3 0 1 400", "bob 1 1 0 100"])
            #expect(try await sums(.week, []) == ["168h  1 0 0 100", "0h  3 1 1 400"])
            #expect(
                try await sums(.day, ["model"], ["user": "ann"]) == [
                    "168h m 1 0 0 100", "24h m 0 0 1 100", "0h m 1 0 0 100", "0h n 1 0 0 100",
                ])
            #expect(try await sums(.hour, [], ["model": "m"]).count == 4)
        }
    }

    @Test(arguments: Backend.allCases)
    func `two writers at once lose nothing, and what is old is removed`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let ledger = LedgerRecords(database: database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for turn in 0..<10 {
                            let book = UsageBook(recordsMax: 20)
                            for number in 0..<50 {
                                book.add(
                                    record(
                                        writer * 1_000 + turn * 50 + number, at: Int64(number) * Self.hour / 10,
                                        user: "u\(number % 7)", model: "m\(number % 3)"))
                            }
                            try await ledger.add(book.take())
                        }
                    }
                }
                try await group.waitForAll()
            }
            let all = try await ledger.sums(UsageQuery(span: nil, from: 0, to: 86_400 * 9))
            #expect(all.map(\.amounts.requests) == [2_000])
            #expect(all.map(\.amounts.inputTokens) == [20_000])
            try await ledger.trim(now: 93 * 86_400)
            #expect(try await ledger.records(filters: [:], before: nil, countMax: 10).isEmpty)
            #expect(try await ledger.sums(UsageQuery(span: .hour, from: 0, to: 86_400)).isEmpty)
            #expect(
                try await ledger.sums(UsageQuery(span: .day, from: 0, to: 86_400)).map(\.amounts.requests) == [2_000])
        }
    }
}
