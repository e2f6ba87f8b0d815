import Gateway
import Records
import Storage
import TestRandomness
import Testing

@Suite(.timeLimit(.minutes(2))) struct BudgetRecordsTests {
    private func key(_ subject: String) -> BudgetAccountKey {
        BudgetAccountKey(budget: "b", subject: subject, periodStart: 0)
    }

    private func reservation(
        _ id: String, _ amount: Int64, of subjects: [String], limit: Int64 = 1_000, owner: String = "me"
    )
        -> BudgetReservation
    {
        BudgetReservation(
            id: id, owner: owner,
            holds: subjects.sorted().map {
                BudgetHold(account: key($0), unit: .cost, limit: limit, isHard: true, amount: amount)
            })
    }

    private func account(_ records: BudgetRecords, _ subject: String) async throws -> BudgetAccount {
        try await records.accounts(of: "b", periodStart: 0, countMax: 10_000).first { $0.subject == subject }?.account
            ?? BudgetAccount()
    }

    @Test(arguments: Backend.allCases)
    func `a reservation is kept whole or not at all, and settled once`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = BudgetRecords(database: database)
            let first = reservation("1", 700, of: ["user", "team"])
            let second = reservation("2", 400, of: ["user", "other"])
            let answers = try await records.reserve([first, second], expiry: 100)
            #expect(answers[0] == .reserved([.init(reserved: 700), .init(reserved: 700)]))
            #expect(answers[1] == .refused(second.holds[1], BudgetAccount(reserved: 700)))
            #expect(try await account(records, "other") == BudgetAccount())
            for _ in 0..<2 {
                try await records.settle([BudgetSettlement(reservation: first, cost: 250, tokens: 9)])
                #expect(try await account(records, "user") == BudgetAccount(spent: 250))
                #expect(try await account(records, "team") == BudgetAccount(spent: 250))
            }
            guard case .reserved = try await records.reserve([second], expiry: 100)[0] else {
                Issue.record("there is room again")
                return
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `what a dead process held counts as used, what a living one holds stays`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = BudgetRecords(database: database)
            let dead = reservation("1", 300, of: ["user"], owner: "dead")
            let alive = reservation("2", 200, of: ["user"], owner: "alive")
            _ = try await records.reserve([dead], expiry: 100)
            _ = try await records.reserve([alive], expiry: 100)
            try await records.prolong(owner: "alive", expiry: 300)
            #expect(try await records.recover(now: 200, alone: nil) == 1)
            #expect(try await account(records, "user") == BudgetAccount(spent: 300, reserved: 200))
            try await records.settle([BudgetSettlement(reservation: dead, cost: 5, tokens: 0)])
            #expect(try await account(records, "user") == BudgetAccount(spent: 300, reserved: 200))
            #expect(try await records.recover(now: 200, alone: "another") == 1, "alone, all others are dead")
            #expect(try await account(records, "user") == BudgetAccount(spent: 500))
        }
    }

    /// Several nodes on one PostgreSQL, several handles on one SQLite file.
    @Test(arguments: Backend.allCases)
    func `nodes that reserve at the same time never exceed a limit together`(backend: Backend) async throws {
        try await withScratch(backend) { scratch in
            let first = try await scratch.open()
            try await first.migrate(Migrations.all)
            var nodes = [first]
            for _ in 0..<2 { nodes.append(try await scratch.open()) }
            let total = try await withThrowingTaskGroup(of: Int64.self) { group in
                for (index, database) in nodes.enumerated() {
                    group.addTask { try await Self.spend(on: database, node: index) }
                }
                var total: Int64 = 0
                for try await spent in group { total += spent }
                return total
            }
            let records = BudgetRecords(database: first)
            for subject in ["a", "b", "c"] {
                let account = try await account(records, subject)
                #expect(account.reserved == 0)
                #expect(account.spent <= 1_000)
            }
            var sum: Int64 = 0
            for subject in ["a", "b", "c"] { sum += try await account(records, subject).spent }
            #expect(sum == total)
            #expect(total > 2_000, "the limits are nearly used up")
            for database in nodes { await database.close() }
        }
    }

    /// A thousand requests at once on two nodes, some of them broken off; then one node is killed with what it holds.
    @Test(arguments: Backend.allCases)
    func `what desks hold in advance stays within the limit, and counts as used when they die`(
        backend: Backend
    ) async throws {
        try await withScratch(backend) { scratch in
            let databases = [try await scratch.open(), try await scratch.open()]
            try await databases[0].migrate(Migrations.all)
            let records = BudgetRecords(database: databases[0])
            let desks = databases.enumerated().map { number, database in
                BudgetDesk(store: BudgetRecords(database: database), owner: "node \(number)", now: { 0 })
            }
            let limit: Int64 = 30_000
            let used = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        try await Self.ask(desks[number % 2], number: number, limit: limit)
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(used <= limit)
            // There is room for one more as soon as the other node has given back what it does not need.
            while case .refused = try await desks[0].reserve(id: "last", Self.hold(1, limit: limit)).answer {
                try await Task.sleep(for: .milliseconds(5))
            }
            let before = try await account(records, "user")
            #expect(before.spent + before.reserved <= limit)
            #expect(before.reserved > 0)
            // The first node tells nothing any more.
            await desks[1].settled()
            #expect(try await records.recover(now: 0, alone: "node 1") > 0)
            let after = try await account(records, "user")
            #expect(after.reserved == 0)
            #expect(after.spent > used)
            #expect(after.spent <= limit)
            for database in databases { await database.close() }
        }
    }

    private static func hold(_ amount: Int64, limit: Int64) -> [BudgetHold] {
        let key = BudgetAccountKey(budget: "b", subject: "user", periodStart: 0)
        return [BudgetHold(account: key, unit: .cost, limit: limit, isHard: true, amount: amount)]
    }

    /// - Returns: what it has used.
    private static func ask(_ desk: BudgetDesk, number: Int, limit: Int64) async throws -> Int64 {
        let (reservation, answer) = try await desk.reserve(id: "\(number)", hold(100, limit: limit))
        guard case .reserved = answer else { return 0 }
        await Task.yield()
        let cost: Int64 = number % 5 == 0 ? 0 : Int64(number % 40)
        desk.settle(BudgetSettlement(reservation: reservation, cost: cost, tokens: 0))
        return cost
    }

    /// What the node believes to have spent.
    private static func spend(on database: Database, node: Int) async throws -> Int64 {
        let records = BudgetRecords(database: database)
        var random = SeededRandom(seed: UInt64(node))
        var spent: Int64 = 0
        for turn in 0..<40 {
            let batch = (0..<10).map { number in
                let subjects = Set((0..<2).map { _ in ["a", "b", "c"].randomElement(using: &random) ?? "a" })
                return BudgetReservation(
                    id: "\(node)-\(turn)-\(number)", owner: "node \(node)",
                    holds: subjects.sorted().map {
                        BudgetHold(
                            account: BudgetAccountKey(budget: "b", subject: $0, periodStart: 0), unit: .cost,
                            limit: 1_000, isHard: true, amount: .random(in: 10...40, using: &random))
                    })
            }
            let answers = try await records.reserve(batch, expiry: 100)
            var settlements: [BudgetSettlement] = []
            for (reservation, answer) in zip(batch, answers) {
                guard case .reserved = answer else { continue }
                let least = reservation.holds.map(\.amount).min() ?? 0
                let cost = Int64.random(in: 0...least, using: &random)
                spent += cost * Int64(reservation.holds.count)
                settlements.append(BudgetSettlement(reservation: reservation, cost: cost, tokens: 0))
            }
            try await records.settle(settlements)
        }
        return spent
    }
}
