import Gateway
import Synchronization
import TestRandomness
import Testing
import Vocabulary

/// A store in memory, which can fail.
private final class MemoryBudgets: BudgetStore {
    private struct State {
        var arithmetic = BudgetArithmetic([:])
        var accounts: [BudgetAccountKey: BudgetAccount] = [:]
        var held: [String: BudgetReservation] = [:]
        var failures = 0
        var batches: [Int] = []
    }

    struct Broken: Error {}
    private let state = Mutex(State())

    var batches: [Int] { state.withLock { $0.batches } }
    func account(_ key: BudgetAccountKey) -> BudgetAccount { state.withLock { $0.accounts[key] ?? BudgetAccount() } }
    func failNext(_ count: Int) { state.withLock { $0.failures = count } }

    private func fail() throws {
        let fails = state.withLock { state in
            defer { state.failures = max(0, state.failures - 1) }
            return state.failures > 0
        }
        if fails { throw Broken() }
    }

    func reserve(_ reservations: [BudgetReservation], expiry: Int64?) async throws -> [BudgetAnswer] {
        try fail()
        await Task.yield()
        return state.withLock { state in
            state.batches.append(reservations.count)
            var arithmetic = BudgetArithmetic(state.accounts)
            let answers = reservations.map { arithmetic.reserve($0) }
            state.accounts = arithmetic.accounts
            for (reservation, answer) in zip(reservations, answers) {
                if case .reserved = answer { state.held[reservation.id] = reservation }
            }
            return answers
        }
    }

    func settle(_ settlements: [BudgetSettlement]) async throws {
        try fail()
        state.withLock { state in
            for settlement in settlements {
                guard let held = state.held.removeValue(forKey: settlement.reservation.id) else { continue }
                for hold in held.holds {
                    state.accounts[hold.account, default: BudgetAccount()].reserved -= hold.amount
                    state.accounts[hold.account, default: BudgetAccount()].spent += settlement.amount(of: hold.unit)
                }
            }
        }
    }

    func prolong(owner: String, expiry: Int64) async throws {}
    func recover(now: Int64, alone: String?) async throws -> Int { 0 }
    func accounts(of budget: String, periodStart: Int64, countMax: Int) async throws -> [(
        subject: String, account: BudgetAccount
    )] { [] }
}

private final class Sum: Sendable {
    private let value = Atomic<Int64>(0)
    var total: Int64 { value.load(ordering: .relaxed) }
    func add(_ amount: Int64) { value.add(amount, ordering: .relaxed) }
}

@Suite(.timeLimit(.minutes(1))) struct BudgetDeskTests {
    private let key = BudgetAccountKey(budget: "b", subject: "u", periodStart: 0)

    private func hold(_ amount: Int64, limit: Int64 = 1_000, isHard: Bool = true) -> [BudgetHold] {
        [BudgetHold(account: key, unit: .cost, limit: limit, isHard: isHard, amount: amount)]
    }

    @Test func `what comes while a transaction runs goes into the next one together`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        let served = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    if case .reserved = try await desk.reserve(id: "\(number)", hold(7)).answer { return true }
                    return false
                }
            }
            var served = 0
            for try await isServed in group where isServed { served += 1 }
            return served
        }
        #expect(served == 142)
        #expect((994...1_000).contains(store.account(key).reserved))
        #expect(desk.current(store.account(key), key) == BudgetAccount(spent: 0, reserved: 994))
        #expect(store.batches.count < 900)
    }

    @Test func `requests after others are let in without the store, and it learns what they spent`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        for number in 0..<400 {
            let (reservation, answer) = try await desk.reserve(id: "\(number)", hold(100, limit: 1_000_000))
            guard case .reserved(let accounts) = answer else {
                Issue.record("\(number) was refused")
                return
            }
            #expect(accounts == [BudgetAccount(spent: Int64(number) * 3, reserved: 100)])
            desk.settle(BudgetSettlement(reservation: reservation, cost: 3, tokens: 0))
        }
        #expect(store.batches.count < 40)
        #expect(desk.current(store.account(key), key) == BudgetAccount(spent: 1_200, reserved: 0))
        await desk.settled()
        #expect(store.account(key) == BudgetAccount(spent: 1_200, reserved: 0))
    }

    @Test func `what was taken in advance comes back when nobody asks any more`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        for number in 0..<20 {
            let (reservation, _) = try await desk.reserve(id: "\(number)", hold(100, limit: 1_000_000))
            desk.settle(BudgetSettlement(reservation: reservation, cost: 1, tokens: 0))
        }
        while store.account(key) != BudgetAccount(spent: 20, reserved: 0) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func `a limit that is lowered holds at once, whatever was taken in advance`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        for number in 0..<20 {
            let (reservation, _) = try await desk.reserve(id: "\(number)", hold(100, limit: 1_000_000))
            desk.settle(BudgetSettlement(reservation: reservation, cost: 10, tokens: 0))
        }
        let (_, answer) = try await desk.reserve(id: "last", hold(100, limit: 250))
        #expect(answer == .refused(hold(100, limit: 250)[0], BudgetAccount(spent: 200, reserved: 0)))
        let (_, small) = try await desk.reserve(id: "small", hold(50, limit: 250))
        #expect(small == .reserved([BudgetAccount(spent: 200, reserved: 50)]))
    }

    @Test func `a request that needs two accounts takes of both or of none`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        let tight = BudgetAccountKey(budget: "tight", subject: "u", periodStart: 0)
        let both = hold(10) + [BudgetHold(account: tight, unit: .tokens, limit: 25, isHard: true, amount: 10)]
        var served: [BudgetReservation] = []
        for number in 0..<4 {
            let (reservation, answer) = try await desk.reserve(id: "\(number)", both)
            if case .reserved = answer { served.append(reservation) }
        }
        #expect(served.count == 2)
        #expect(desk.current(store.account(key), key).reserved == 20)
        for reservation in served { desk.settle(BudgetSettlement(reservation: reservation, cost: 4, tokens: 9)) }
        await desk.settled()
        #expect(store.account(key) == BudgetAccount(spent: 8, reserved: 0))
        #expect(store.account(tight) == BudgetAccount(spent: 18, reserved: 0))
    }

    /// Nodes, thousands of requests of all sizes near the limit, some of which use more than they reserved: the store is never
    /// asked for more than the limit, and in the end knows to the unit what was spent.
    @Test(arguments: [1 as UInt64, 2, 3, 4]) func `nodes together stay within a limit`(seed: UInt64) async throws {
        let store = MemoryBudgets()
        let desks = (0..<3).map { BudgetDesk(store: store, owner: "o\($0)", now: { 0 }) }
        let spent = Sum()
        let limit: Int64 = 20_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_500 {
                group.addTask {
                    var random = SeededRandom(seed: seed &* 10_000 &+ UInt64(number))
                    let desk = desks[number % 3]
                    let amount = Int64.random(in: 1...60, using: &random)
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...300_000, using: &random)))
                    let (reservation, answer) = try await desk.reserve(id: "\(number)", hold(amount, limit: limit))
                    guard case .reserved = answer else { return }
                    #expect(store.account(key).spent + store.account(key).reserved <= limit)
                    if Bool.random(using: &random) { try await Task.sleep(for: .milliseconds(3)) }
                    let used = Int64.random(in: 0...amount, using: &random)
                    spent.add(used)
                    desk.settle(BudgetSettlement(reservation: reservation, cost: used, tokens: 0))
                }
            }
            try await group.waitForAll()
        }
        for desk in desks { await desk.settled() }
        #expect(store.account(key) == BudgetAccount(spent: spent.total, reserved: 0))
    }

    @Test func `settling is tried again until the store can`() async throws {
        let store = MemoryBudgets()
        let failures = Atomic(0)
        let desk = BudgetDesk(
            store: store, owner: "o", now: { 0 }, failed: { _ in failures.add(1, ordering: .relaxed) })
        let (reservation, _) = try await desk.reserve(id: "1", hold(100))
        store.failNext(3)
        desk.settle(BudgetSettlement(reservation: reservation, cost: 40, tokens: 0))
        await desk.settled()
        #expect(failures.load(ordering: .relaxed) == 3)
        #expect(store.account(key) == BudgetAccount(spent: 40, reserved: 0))
        desk.settle(BudgetSettlement(reservation: reservation, cost: 40, tokens: 0))
        await desk.settled()
        #expect(store.account(key).spent == 40, "once is enough")
    }

    @Test func `a store that cannot tell lets nobody in`() async throws {
        let store = MemoryBudgets()
        let desk = BudgetDesk(store: store, owner: "o", now: { 0 })
        store.failNext(1)
        await #expect(throws: MemoryBudgets.Broken.self) { try await desk.reserve(id: "1", hold(100)) }
        #expect(store.account(key) == BudgetAccount())
    }

    @Test func `a soft budget lets everybody in and keeps count`() async throws {
        let desk = BudgetDesk(store: MemoryBudgets(), owner: "o", now: { 0 })
        let answer = try await desk.reserve(id: "1", hold(5_000, isHard: false)).answer
        #expect(answer == .reserved([BudgetAccount(spent: 0, reserved: 5_000)]))
    }

    @Test func `the largest numbers refuse or are cut, and overflow nowhere`() throws {
        let caller = LimitCaller(
            principal: Principal(
                user: UserID("u"), name: "", tenant: .none, teams: ["a", "a"], role: .user, origin: .open),
            address: "", model: "m")
        let hard = try Budget(id: "hard", scope: .team, amount: Budget.amountMax, period: .total)
        let soft = try Budget(id: "soft", scope: .team, amount: 1, period: .total, isHard: false)
        let holds = BudgetPolicy([hard, soft]).holds(for: caller, cost: .max, tokens: .max, now: 0)
        #expect(holds.map(\.account.subject) == ["a", "a"], "a team that is named twice counts once")
        var arithmetic = BudgetArithmetic([holds[0].account: BudgetAccount(spent: 1 << 50, reserved: 1 << 50)])
        guard case .refused = arithmetic.reserve(BudgetReservation(id: "1", owner: "o", holds: holds)) else {
            Issue.record("more than the largest amount was reserved")
            return
        }
        let soft2 = BudgetReservation(id: "2", owner: "o", holds: [holds[1]])
        for _ in 0..<10_000 { _ = arithmetic.reserve(soft2) }
        #expect(arithmetic.accounts[holds[1].account]?.reserved == 10_000 << 46)
        #expect(BudgetSettlement(reservation: soft2, cost: .max, tokens: .min).amount(of: .cost) == 1 << 46)
        #expect(BudgetSettlement(reservation: soft2, cost: .max, tokens: .min).amount(of: .tokens) == 0)
    }

    @Test func `holds name each account of the caller once, in order, and none for what is free`() throws {
        let caller = LimitCaller(
            principal: Principal(
                user: UserID("u"), name: "", tenant: TenantID("t"), teams: ["b", "a"], role: .user,
                origin: .apiKey("k")), address: "", model: "m")
        let policy = BudgetPolicy([
            try Budget(id: "z", scope: .team, amount: 5, period: .total),
            try Budget(id: "y", scope: .user, subject: "somebody else", amount: 5, period: .day),
            try Budget(id: "x", scope: .key, unit: .tokens, amount: 9, period: .day),
        ])
        let now: Int64 = 86_400 * 3 + 5
        let holds = policy.holds(for: caller, cost: 10, tokens: 20, now: now)
        #expect(holds.map(\.account.budget) == ["x", "z", "z"])
        #expect(holds.map(\.account.subject) == ["k", "a", "b"])
        #expect(holds.map(\.amount) == [20, 10, 10])
        #expect(holds[0].account.periodStart == 86_400 * 3)
        #expect(policy.holds(for: caller, cost: 0, tokens: 20, now: now).map(\.account.budget) == ["x"])
    }
}
