import Gateway
import Records
import Storage
import TestRandomness
import Testing

@Suite(.timeLimit(.minutes(1))) struct LimitRecordsTests {
    @Test(arguments: Backend.allCases)
    func `limits, budgets and prices come back as they were set`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = LimitRecords(database: database)
            let rules = [
                try LimitRule(
                    id: "z", scope: .model, subject: "m", resource: .cost,
                    pace: .bucket(capacity: 5, refill: 2, per: 60_000), isAdaptive: true),
                try LimitRule(
                    id: "a", scope: .ip, model: "qwen*", resource: .outputTokens, pace: .window(amount: 9, .day)),
            ]
            try await records.set(rules)
            #expect(try await records.rules() == rules)
            try await records.set([rules[1]])
            #expect(try await records.rules() == [rules[1]])

            var budget = try Budget(id: "b", scope: .team, subject: "red", amount: 7, period: .week)
            try await records.set(budget)
            budget = try Budget(id: "b", scope: .user, unit: .tokens, amount: 8, period: .total, isHard: false)
            try await records.set(budget)
            #expect(try await records.budgets() == [budget])
            #expect(try await records.removeBudget("b"))
            #expect(try await !records.removeBudget("b"))

            let prices = [
                PriceTable.Entry(model: "*", price: ModelPrice(input: 1, cachedInput: 2, output: 3, engineSecond: 4))
            ]
            try await records.set(prices)
            #expect(try await records.prices() == prices)

            let meter = (key: LimitKey(rule: "a", subject: "s"), meter: LimitMeter(level: -5, remainder: 3, at: 99))
            try await records.keep([meter])
            try await records.keep([(key: meter.key, meter: LimitMeter(level: 4, remainder: 1, at: 100))])
            #expect(try await records.meters(countMax: 5).map(\.meter) == [LimitMeter(level: 4, remainder: 1, at: 100)])
            try await records.keep([], removing: 101)
            #expect(try await records.meters(countMax: 5).isEmpty)
        }
    }

    /// The same demands at the same times, once in memory and once in the database.
    @Test(arguments: Backend.allCases)
    func `meters in the database count like those in memory`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = LimitRecords(database: database)
            let rules = [
                try LimitRule(
                    id: "b", scope: .user, resource: .requests, pace: .bucket(capacity: 5, refill: 3, per: 1_000)),
                try LimitRule(id: "w", scope: .user, resource: .requests, pace: .window(amount: 40, .hour)),
            ]
            var book = LimitBook()
            var random = SeededRandom(seed: 5)
            var now: Int64 = 1_000
            for _ in 0..<150 {
                now += .random(in: 0...600, using: &random)
                if Int.random(in: 0..<60, using: &random) == 0 { now += 3_600_000 }
                let amount = Int64.random(in: 0...3, using: &random)
                let subject = "s\(Int.random(in: 0...2, using: &random))"
                let demands = rules.map {
                    LimitDemand(key: LimitKey(rule: $0.id, subject: subject), rule: $0, need: amount, charge: amount)
                }
                if Int.random(in: 0..<5, using: &random) == 0 {
                    book.charge(demands, now: now)
                    _ = try await records.take(demands, isForced: true, now: now)
                } else {
                    let expected = book.take(demands, now: now)
                    #expect(try await records.take(demands, isForced: false, now: now) == expected)
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `nodes together get what one limit allows`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let records = LimitRecords(database: database)
            let rule = try LimitRule(id: "w", scope: .everyone, resource: .requests, pace: .window(amount: 60, .day))
            let demand = LimitDemand(key: LimitKey(rule: "w", subject: "*"), rule: rule, need: 1, charge: 1)
            let served = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await records.take([demand], isForced: false, now: 5).refusal == nil }
                }
                var served = 0
                for try await isServed in group where isServed { served += 1 }
                return served
            }
            #expect(served == 60)
        }
    }
}
