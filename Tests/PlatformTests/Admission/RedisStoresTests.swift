import Gateway
import Redis
import TestRandomness
import TestServers
import Testing

@testable import Platform

/// The scripts against a real server, and against what they are copies of.
@Suite(.timeLimit(.minutes(2))) struct RedisStoresTests {
    private func client() async throws -> RedisClient {
        try RedisClient(RedisSettings(.socket(path: try await PrivateRedis.shared.value.socket)))
    }

    /// The same demands at the same times, once in Swift and once in Lua.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `the script of limits counts like the book`(seed: UInt64) async throws {
        let limits = RedisLimits(redis: try await client())
        var random = SeededRandom(seed: seed)
        var book = LimitBook()
        // The largest that is allowed, where Lua's numbers are nearly used up.
        let huge = (Int64(1) << 52) / 86_400_000
        let rules = [
            try LimitRule(
                id: "b\(seed)", scope: .user, resource: .requests,
                pace: .bucket(
                    capacity: .random(in: 1...50, using: &random), refill: .random(in: 1...20, using: &random),
                    per: 1_000)),
            try LimitRule(
                id: "h\(seed)", scope: .user, resource: .cost,
                pace: .bucket(capacity: huge, refill: huge - 7, per: 86_400_000)),
            try LimitRule(id: "w\(seed)", scope: .user, resource: .requests, pace: .window(amount: 90, .hour)),
        ]
        var now: Int64 = 1_795_000_000_000
        for step in 0..<600 {
            now += .random(in: 0...400, using: &random)
            if Int.random(in: 0..<80, using: &random) == 0 { now += .random(in: 0...7_200_000, using: &random) }
            let subject = "s\(Int.random(in: 0...2, using: &random))"
            let demands = rules.map { rule in
                let amount =
                    rule.resource == .cost
                    ? Int64.random(in: -5...huge / 3, using: &random) : Int64.random(in: 0...9, using: &random)
                return LimitDemand(
                    key: LimitKey(rule: rule.id, subject: subject), rule: rule, need: max(0, amount), charge: amount,
                    permille: rule.id.hasPrefix("b") ? [1_000, 700, 370, 100][Int(seed) % 4] : 1_000)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                book.charge(demands, now: now)
                _ = try await limits.take(demands, isForced: true, now: now)
            } else {
                let expected = book.take(demands, now: now)
                let found = try await limits.take(demands, isForced: false, now: now)
                #expect(
                    found.standings.map(\.remaining) == expected.standings.map(\.remaining),
                    "seed \(seed), step \(step)")
                #expect(found.refusal?.wait == expected.refusal?.wait, "seed \(seed), step \(step)")
                #expect(found == expected)
                guard found == expected else { return }
            }
        }
    }

    @Test func `many nodes together get what one limit allows`() async throws {
        let socket = try await PrivateRedis.shared.value.socket
        let rule = try LimitRule(id: "shared", scope: .everyone, resource: .requests, pace: .window(amount: 300, .day))
        let demand = LimitDemand(key: LimitKey(rule: "shared", subject: "*"), rule: rule, need: 1, charge: 1)
        let nodes = try (0..<4).map { _ in RedisLimits(redis: try RedisClient(RedisSettings(.socket(path: socket)))) }
        let served = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    try await nodes[number % 4].take([demand], isForced: false, now: 86_400_000 * 20_000).refusal == nil
                }
            }
            var served = 0
            for try await isServed in group where isServed { served += 1 }
            return served
        }
        #expect(served == 300)
    }

    /// Random batches, once by the arithmetic and once by the script.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the scripts of budgets decide like the arithmetic`(seed: UInt64) async throws {
        let budgets = RedisBudgets(redis: try await client())
        var random = SeededRandom(seed: seed)
        var accounts: [BudgetAccountKey: BudgetAccount] = [:]
        var held: [BudgetReservation] = []
        for turn in 0..<60 {
            let batch = (0..<Int.random(in: 1...8, using: &random)).map { number in
                let subjects = Set((0..<2).map { _ in "s\(Int.random(in: 0...3, using: &random))" })
                return BudgetReservation(
                    id: "\(seed)-\(turn)-\(number)", owner: "o\(seed)",
                    holds: subjects.sorted().map { subject in
                        BudgetHold(
                            account: BudgetAccountKey(budget: "r\(seed)", subject: subject, periodStart: 7),
                            unit: .cost, limit: 1 << 50, isHard: Int.random(in: 0...9, using: &random) > 0,
                            amount: .random(in: 1...(1 << 46), using: &random))
                    })
            }
            var arithmetic = BudgetArithmetic(accounts)
            let expected = batch.map { arithmetic.reserve($0) }
            accounts = arithmetic.accounts
            #expect(try await budgets.reserve(batch, expiry: 100) == expected, "seed \(seed), turn \(turn)")
            for (reservation, answer) in zip(batch, expected) {
                if case .reserved = answer { held.append(reservation) }
            }
            held.shuffle(using: &random)
            let ended = Array(held.suffix(Int.random(in: 0...6, using: &random)))
            held.removeLast(ended.count)
            let settlements = ended.map {
                BudgetSettlement(reservation: $0, cost: .random(in: 0...(1 << 45), using: &random), tokens: 3)
            }
            for settlement in settlements {
                for hold in settlement.reservation.holds {
                    accounts[hold.account, default: BudgetAccount()].reserved -= hold.amount
                    accounts[hold.account, default: BudgetAccount()].spent += settlement.cost
                }
            }
            try await budgets.settle(settlements)
            if turn.isMultiple(of: 7) { try await budgets.settle(settlements) }
        }
        let found = try await budgets.accounts(of: "r\(seed)", periodStart: 7, countMax: 100)
        #expect(
            Dictionary(uniqueKeysWithValues: found.map { ($0.subject, $0.account) })
                == Dictionary(uniqueKeysWithValues: accounts.map { ($0.key.subject, $0.value) }))
    }

    @Test func `what a dead node held counts as used`() async throws {
        let budgets = RedisBudgets(redis: try await client())
        let key = BudgetAccountKey(budget: "dying", subject: "s", periodStart: 0)
        func reservation(_ id: String, _ owner: String) -> BudgetReservation {
            BudgetReservation(
                id: id, owner: owner,
                holds: [BudgetHold(account: key, unit: .cost, limit: 1_000, isHard: true, amount: 100)])
        }
        _ = try await budgets.reserve([reservation("d1", "dying dead")], expiry: 10)
        _ = try await budgets.reserve([reservation("d2", "dying alive")], expiry: 10)
        try await budgets.prolong(owner: "dying alive", expiry: 50)
        _ = try await budgets.recover(now: 20, alone: nil)
        let account = try await budgets.accounts(of: "dying", periodStart: 0, countMax: 5).first?.account
        #expect(account == BudgetAccount(spent: 100, reserved: 100))
    }
}
