import Access
import Records
import Storage
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct RefreshTokenRecordsTests {
    private static let grant = AccessGrant(
        subject: "usr_1", scopes: ["chat.use"], models: ["a*"], priorityMax: .normal, parent: "key_1", id: "tok_1",
        expiresAt: 1_300)

    private static func first(_ id: String, now: Int64 = 1_000) -> RefreshToken {
        .first(of: grant, parent: "key_1", id: id, secretHash: [1, 2], now: now)
    }

    private func use(
        _ records: RefreshTokenRecords, _ id: String, next: String, now: Int64 = 2_000, hash: [UInt8] = [1, 2],
        isAlive: Bool = true
    ) async throws -> RefreshVerdict {
        try await records.use(
            id, now: now, isRight: { $0 == hash }, isAlive: { _ in isAlive },
            next: { $0.next(id: next, secretHash: [1, 2], now: now) })
    }

    private func withRecords(
        _ backend: Backend, _ body: (RefreshTokenRecords, Database) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(RefreshTokenRecords(database), database)
        }
    }

    @Test(arguments: Backend.allCases)
    func `each is good once, and one that is used again ends its family`(backend: Backend) async throws {
        try await withRecords(backend) { records, database in
            let first = Self.first("ref_a")
            try await records.begin(first, now: 1_000)
            try await records.begin(Self.first("ref_other"), now: 1_000)
            #expect(try await use(records, "ref_a", next: "ref_b", hash: [9]) == .unknown)
            let second = first.next(id: "ref_b", secretHash: [1, 2], now: 2_000)
            #expect(second.family == "ref_a" && second.expiresAt == 2_000 + RefreshToken.lifetime)
            #expect(second.familyEndsAt == first.familyEndsAt && second.accessLifetime == 300)
            #expect(try await use(records, "ref_a", next: "ref_b") == .renewed(second))
            guard case .renewed(let third) = try await use(records, "ref_b", next: "ref_c") else {
                Issue.record("the second one is good")
                return
            }
            #expect(third.scopes == ["chat.use"] && third.models == ["a*"] && third.priorityMax == .normal)
            #expect(try await use(records, "ref_b", next: "ref_d") == .reused(second))
            for id in ["ref_a", "ref_b", "ref_c"] {
                #expect(try await use(records, id, next: "ref_e") == .unknown)
            }
            let left = try await database.query("SELECT id FROM refresh_tokens").map {
                try $0.decode(String.self, "id")
            }
            #expect(left == ["ref_other"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `of two who use one at the same moment one is a thief, and neither goes on`(backend: Backend) async throws {
        try await withRecords(backend) { records, database in
            try await records.begin(Self.first("ref_a"), now: 1_000)
            let verdicts = try await withThrowingTaskGroup(of: RefreshVerdict.self) { group in
                for index in 0..<2 { group.addTask { try await self.use(records, "ref_a", next: "ref_b\(index)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(verdicts.count { if case .renewed = $0 { true } else { false } } == 1)
            #expect(verdicts.count { if case .reused = $0 { true } else { false } } == 1)
            #expect(try await database.query("SELECT id FROM refresh_tokens").isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `they end with their time, with what they were made with, and by order`(backend: Backend) async throws {
        try await withRecords(backend) { records, database in
            try await records.begin(Self.first("ref_a"), now: 1_000)
            let end = 1_000 + RefreshToken.lifetime
            #expect(try await use(records, "ref_a", next: "ref_b", now: end) == .unknown)
            #expect(try await use(records, "ref_a", next: "ref_b", isAlive: false) == .orphaned(Self.first("ref_a")))
            #expect(try await use(records, "ref_a", next: "ref_b") == .unknown)
            try await records.begin(Self.first("ref_c"), now: 1_000)
            #expect(try await records.end("ref_c", isRight: { _ in false }) == nil)
            #expect(try await records.end("ref_c", isRight: { _ in true })?.family == "ref_c")
            #expect(try await records.end("ref_c", isRight: { _ in true }) == nil)
            // Renewing does not make a family live for ever.
            let late = Self.first("ref_d").next(
                id: "ref_e", secretHash: [], now: 1_000 + RefreshToken.familyLifetime - 5)
            #expect(late.expiresAt == 1_000 + RefreshToken.familyLifetime)
            try await records.begin(Self.first("ref_f"), now: 1_000)
            try await records.begin(Self.first("ref_g", now: end), now: end)
            #expect(try await database.query("SELECT id FROM refresh_tokens").count == 1, "what is over is removed")
        }
    }

    @Test func `a user's oldest families go when there are too many`() async throws {
        try await withRecords(.sqlite) { records, database in
            for index in 100..<(100 + RefreshToken.familiesMax + 3) {
                try await records.begin(Self.first("ref_\(index)"), now: 1_000)
            }
            let left = try await database.query("SELECT id FROM refresh_tokens ORDER BY id").map {
                try $0.decode(String.self, "id")
            }
            #expect(left.count == RefreshToken.familiesMax)
            #expect(left.first == "ref_103" && left.last == "ref_\(102 + RefreshToken.familiesMax)")
        }
    }
}
