import AdminAPI
import Gateway
import Records
import Telemetry
import Vocabulary

/// Limits, budgets, prices and usage as the routes see them: what is set holds at once.
struct AdmissionKeeping: UsageReading, LimitKeeping, BudgetKeeping {
    let desk: AdmissionDesk
    let records: LimitRecords
    let ledger: LedgerRecords
    let store: any BudgetStore

    private static let accountsMax = 1_000

    func now() -> Int64 { desk.clock.time().nanoseconds / 1_000_000_000 }

    /// Takes in what was set, here or on another node.
    func reload() async throws {
        let policy = LimitPolicy(try await records.rules())
        if policy != desk.limits.policy { desk.limits.set(policy) }
        desk.set(try await records.budgets())
        desk.set(try await records.prices())
    }

    // MARK: Usage

    func sums(_ query: UsageQuery) async throws -> [UsageRow] { try await ledger.sums(query) }

    func records(filters: [String: String], before: Int64?, countMax: Int) async throws -> [UsageRecord] {
        try await ledger.records(filters: filters, before: before, countMax: countMax)
    }

    // MARK: Limits and prices

    func rules() async throws -> (set: [LimitRule], defaults: [LimitRule]) {
        (desk.limits.policy.rules, desk.limitsByDefault ? desk.limits.defaults.rules : [])
    }

    func set(_ rules: [LimitRule]) async throws {
        try await records.set(rules)
        desk.limits.set(LimitPolicy(rules))
    }

    func standings(of principal: Principal) async -> [LimitStanding] {
        await desk.limits.standings(
            of: LimitCaller(principal: principal, address: "", model: ""), isDefaulted: desk.isDefaulted(principal))
    }

    func prices() async throws -> (set: [PriceTable.Entry], all: [PriceTable.Entry]) {
        (try await records.prices(), desk.prices.entries)
    }

    func set(_ prices: [PriceTable.Entry]) async throws {
        try await records.set(prices)
        desk.set(prices)
    }

    // MARK: Budgets

    func budgets() async throws -> [Budget] { try await records.budgets() }

    func set(_ budget: Budget) async throws {
        try await records.set(budget)
        desk.set(try await records.budgets())
    }

    func removeBudget(_ id: String) async throws -> Bool {
        let wasThere = try await records.removeBudget(id)
        desk.set(try await records.budgets())
        return wasThere
    }

    func accounts(of budget: Budget) async throws -> [(subject: String, account: BudgetAccount)] {
        let start = budget.period.start(of: now())
        return try await store.accounts(of: budget.id, periodStart: start, countMax: Self.accountsMax).map {
            ($0, desk.accounts.current($1, BudgetAccountKey(budget: budget.id, subject: $0, periodStart: start)))
        }
    }
}
