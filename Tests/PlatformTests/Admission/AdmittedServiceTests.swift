import Gateway
import Records
import Redis
import Storage
import Streaming
import Synchronization
import Telemetry
import TestAnswers
import TestRandomness
import TestServers
import Testing
import Vocabulary

@testable import Platform

/// What stands behind admission: answers of up to 16 tokens, or none, or half of one.
private struct Answers: Generating, TokenCounting, Embedding {
    let scripted: ScriptedGenerating

    /// - Parameter fails: whether an answer breaks off with an error.
    init(fails: @escaping @Sendable (GenerationRequest) -> Bool = { _ in false }) {
        scripted = ScriptedGenerating { answer in
            answer.say(.started(GenerationStart(model: answer.request.model, promptTokens: 5)))
            let count = answer.request.newTokensMax ?? 16
            for _ in 0..<count { answer.say(.text("word")) }
            if fails(answer.request) {
                answer.outlet.end(throwing: ServiceError(.engineFailed, "The worker ended."))
            } else {
                answer.finish(prompt: 5, completion: count)
            }
        }
    }

    func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        if request.id.text.hasSuffix("refused") { throw ServiceError(.overloaded, "The queue is full.") }
        return try await scripted.generate(request)
    }

    func models() async -> [ServedModel] {
        ["first", "second"].map { ServedModel(id: ModelID($0), created: 1) }
    }

    func countTokens(of request: GenerationRequest) async throws -> Int { 5 }
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        EmbeddingResult(model: request.model, entries: [], promptTokens: 7)
    }
    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        RerankResult(model: request.model, scores: [], promptTokens: 7)
    }
    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        ClassificationResult(model: request.model, labels: [], entries: [], promptTokens: 7)
    }
}

@Suite(.timeLimit(.minutes(3))) struct AdmittedServiceTests {
    /// A thousandth of the smallest thinkable price: 1,000 billionths for a token.
    private static let price = PriceTable.Entry(
        model: "*", price: ModelPrice(input: 1_000_000_000, output: 1_000_000_000))

    private static func principal(
        _ number: Int = 0, role: Role = .user, models: [String]? = nil, priorityMax: Priority = .normal
    ) -> Principal {
        Principal(
            user: UserID("usr_\(number)"), name: "u", tenant: TenantID("acme"), teams: ["team"], role: role,
            origin: .apiKey("key_\(number)"), models: models, priorityMax: priorityMax)
    }

    private static func request(_ id: String, tokens: Int? = 16, text: String = "Say it.") throws -> GenerationRequest {
        GenerationRequest(
            id: try #require(RequestID(id)), model: ModelID("first"),
            prompt: .chat([ChatMessage(.user, text)], tools: []), newTokensMax: tokens)
    }

    private static func desk(
        _ store: any BudgetStore, limits: [LimitRule] = [], defaults: Bool = false, now: Int64 = 1_795_000_000
    ) -> AdmissionDesk {
        let ids = Atomic(0)
        let clock = AdmissionDesk.Clock(time: { UnixTime(seconds: now) }, ticks: { 1 })
        return AdmissionDesk(
            limits: LimitDesk(
                policy: LimitPolicy(limits), defaults: LimitPolicy(LimitPolicy.publicDefaults),
                now: { now * 1_000 }),
            accounts: BudgetDesk(store: store, owner: "test", now: { now }), book: UsageBook(), prices: [price],
            limitsByDefault: defaults, clock: clock,
            ids: { "res_\(ids.add(1, ordering: .relaxed).newValue)" })
    }

    // MARK: Budgets under load

    enum Store: String, CaseIterable, CustomTestStringConvertible {
        case sqlite, postgres, redis
        var testDescription: String { rawValue }
    }

    private func withStore(_ store: Store, _ body: (any BudgetStore) async throws -> Void) async throws {
        switch store {
        case .redis:
            let server = try await PrivateRedis()
            let redis = try RedisClient(RedisSettings(.socket(path: server.socket), answerTimeout: .seconds(30)))
            try await body(RedisBudgets(redis: redis))
            await redis.close()
            try await server.stop()
        case .sqlite, .postgres:
            try await withDatabase(store == .sqlite ? .sqlite : .postgres) { database in
                try await database.migrate(Migrations.all)
                try await body(BudgetRecords(database: database))
            }
        }
    }

    /// A thousand answers at the same time: whole ones, broken ones, some that are given up after some words or before the
    /// first, some that are refused behind. What is spent is what the ledger says, and never more than the budget.
    @Test(arguments: Store.allCases)
    func `a thousand streams at once never spend more than the budget, and what they spend is counted exactly`(
        store: Store
    ) async throws {
        try await withStore(store) { accounts in
            let desk = Self.desk(accounts)
            let amount: Int64 = 8_000_000
            let team = try Budget(id: "team", scope: .team, amount: amount, period: .month)
            let each = try Budget(id: "each", scope: .user, unit: .tokens, amount: 2_000, period: .day)
            desk.set([team, each])
            let service = AdmittedService(desk: desk, next: Answers { $0.id.text.hasSuffix("broken") })
            let served = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1_000 {
                    group.addTask { try await Self.ask(service, number) }
                }
                var served = 0
                for try await isServed in group where isServed { served += 1 }
                return served
            }
            #expect((50..<1_000).contains(served), "\(served) were let in")
            // Every stream is gone by now; what they handed in is on its way.
            await desk.accounts.settled()
            let batch = desk.book.take()
            #expect(batch.records.count == 1_000)
            let spent = batch.records.reduce(0) { $0 + $1.amounts.cost }
            let found = try await accounts.accounts(
                of: "team", periodStart: team.period.start(of: 1_795_000_000), countMax: 10)
            #expect(found.map(\.account) == [BudgetAccount(spent: spent, reserved: 0)])
            #expect(spent <= amount)
            #expect(spent > 0)
            for (user, account) in try await accounts.accounts(
                of: "each", periodStart: each.period.start(of: 1_795_000_000), countMax: 100)
            {
                let used = batch.records.filter { $0.dimensions.user == user }
                    .reduce(0) { $0 + $1.amounts.inputTokens + $1.amounts.outputTokens }
                #expect(account == BudgetAccount(spent: used, reserved: 0), "\(user)")
                #expect(used <= 2_000)
            }
            #expect(Set(batch.records.map(\.outcome)) == Set(UsageRecord.Outcome.allCases))
        }
    }

    /// - Returns: whether it was let in.
    private static func ask(_ service: AdmittedService, _ number: Int) async throws -> Bool {
        let kinds = ["whole", "broken", "aborted", "unread", "refused"]
        let kind = kinds[number % kinds.count]
        let principal = principal(number % 20)
        return try await Principal.$current.withValue(principal) {
            do {
                let stream = try await service.generate(try request("req-\(number)-\(kind)"))
                guard kind != "unread" else { return true }
                var words = 0
                for try await event in stream {
                    if case .text = event { words += 1 }
                    if kind == "aborted", words > number % 10 { break }
                }
                return true
            } catch let error as ServiceError {
                switch error.code {
                case .budgetExceeded: return false
                case .engineFailed, .overloaded: return true
                default: throw error
                }
            }
        }
    }

    @Test func `when the account is empty the refusal says when it fills up again`() async throws {
        try await withStore(.sqlite) { accounts in
            let desk = Self.desk(accounts)
            desk.set([try Budget(id: "b", scope: .user, amount: 60_000, period: .day)])
            let service = AdmittedService(desk: desk, next: Answers())
            try await Principal.$current.withValue(Self.principal()) {
                for try await _ in try await service.generate(try Self.request("one")) {}
                await desk.accounts.settled()
                let error = await #expect(throws: ServiceError.self) {
                    _ = try await service.generate(try Self.request("two", tokens: 100))
                }
                #expect(error?.code == .budgetExceeded)
                #expect(error?.retryAfter == .seconds(86_400 - 1_795_000_000 % 86_400))
                // What costs nothing is let in, however empty the account.
                desk.set([PriceTable.Entry(model: "first", price: .free)])
                _ = try await service.generate(try Self.request("three", tokens: 100_000))
            }
        }
    }

    @Test func `an answer without a limit gets one where a hard budget has to know`() async throws {
        try await withStore(.sqlite) { accounts in
            let desk = Self.desk(accounts)
            let answers = Answers()
            let service = AdmittedService(desk: desk, next: answers)
            desk.set([try Budget(id: "b", scope: .user, amount: 1 << 40, period: .day)])
            try await Principal.$current.withValue(Self.principal()) {
                _ = try await service.generate(try Self.request("one", tokens: nil))
                desk.set([try Budget(id: "b", scope: .user, amount: 1, period: .day, isHard: false)])
                _ = try await service.generate(try Self.request("two", tokens: nil))
            }
            #expect(answers.scripted.answers.map(\.request.newTokensMax) == [AdmissionDesk.outputTokensDefault, nil])
        }
    }

    // MARK: Limits

    @Test
    func `limits refuse with the time to wait, count the choices of a request once, and leave the open server alone`()
        async throws
    {
        try await withStore(.sqlite) { accounts in
            let desk = Self.desk(accounts, defaults: true)
            let service = AdmittedService(desk: desk, next: Answers())
            func send(_ count: Int, as principal: Principal?) async throws -> Int {
                var served = 0
                for number in 0..<count {
                    let call = CallContext(address: "10.0.0.1", endpoint: "/v1/chat/completions")
                    do {
                        try await Principal.$current.withValue(principal) {
                            try await CallContext.$current.withValue(call) {
                                for choice in 0..<3 {
                                    _ = try await service.generate(try Self.request("r\(number)-\(choice)"))
                                }
                            }
                        }
                        served += 1
                    } catch let error as ServiceError where error.code == .rateLimited {
                        #expect(error.retryAfter == .milliseconds(100))
                    }
                }
                return served
            }
            let callers: [Principal?] = [
                Self.principal(), Self.principal(1), Self.principal(2, role: .admin), nil, .local,
            ]
            var served: [Int] = []
            for caller in callers { served.append(try await send(30, as: caller)) }
            #expect(served == [20, 20, 30, 30, 30])
        }
    }

    @Test func `output is charged while it is written, and given back where it was not`() async throws {
        try await withStore(.sqlite) { accounts in
            let rule = try LimitRule(
                id: "out", scope: .user, resource: .outputTokens, pace: .window(amount: 1_000, .day))
            let input = try LimitRule(
                id: "in", scope: .user, resource: .inputTokens, pace: .window(amount: 1_000, .day))
            let desk = Self.desk(accounts, limits: [rule, input])
            let service = AdmittedService(desk: desk, next: Answers())
            let caller = LimitCaller(principal: Self.principal(), address: "", model: "first")
            try await Principal.$current.withValue(Self.principal()) {
                let stream = try await service.generate(try Self.request("one", tokens: 40))
                var words = 0
                for try await event in stream {
                    guard case .text = event else { continue }
                    words += 1
                    guard words == 33 else { continue }
                    let left = await desk.limits.standings(of: caller, isDefaulted: false).map(\.remaining)
                    #expect(left[0] == 1_000 - 32, "in steps of sixteen")
                }
            }
            let left = await desk.limits.standings(of: caller, isDefaulted: false).map(\.remaining)
            #expect(left == [960, 995])
        }
    }

    @Test func `each record says who asked what, and what came of it`() async throws {
        try await withStore(.sqlite) { accounts in
            let desk = Self.desk(accounts)
            let service = AdmittedService(desk: desk, next: Answers())
            let call = CallContext(address: "10.0.0.1", endpoint: "/v1/chat/completions", tag: "project")
            try await Principal.$current.withValue(Self.principal()) {
                try await CallContext.$current.withValue(call) {
                    for try await _ in try await service.generate(try Self.request("one")) {}
                    _ = try await service.embed(
                        EmbeddingRequest(
                            id: try #require(RequestID("two")), model: ModelID("second"), inputs: [.text("x")]))
                }
            }
            let records = desk.book.take().records
            #expect(records.map(\.request) == ["one", "two"])
            #expect(
                records.first?.dimensions
                    == UsageDimensions(
                        tenant: "acme", team: "team", user: "usr_0", key: "key_0", model: "first",
                        endpoint: "/v1/chat/completions", tag: "project"))
            #expect(records.first?.amounts == UsageAmounts(requests: 1, inputTokens: 5, outputTokens: 16, cost: 21_000))
            #expect(records.last?.amounts == UsageAmounts(requests: 1, inputTokens: 7, cost: 7_000))
        }
    }

    // MARK: Counting

    @Test func `a counted text meets limits of requests and of what is read, and costs nothing`() async throws {
        try await withStore(.sqlite) { accounts in
            let rules = [
                try LimitRule(id: "requests", scope: .user, resource: .requests, pace: .window(amount: 3, .hour)),
                try LimitRule(id: "in", scope: .user, resource: .inputTokens, pace: .window(amount: 1_000, .hour)),
                try LimitRule(id: "out", scope: .user, resource: .outputTokens, pace: .window(amount: 1, .hour)),
                try LimitRule(id: "cost", scope: .user, resource: .cost, pace: .window(amount: 1, .hour)),
            ]
            let desk = Self.desk(accounts, limits: rules)
            // Not a token and not a coin of it is left.
            desk.set([
                try Budget(id: "coins", scope: .user, amount: 0, period: .day),
                try Budget(id: "tokens", scope: .user, unit: .tokens, amount: 0, period: .day),
            ])
            let service = AdmittedService(desk: desk, next: Answers())
            let caller = LimitCaller(principal: Self.principal(), address: "", model: "first")
            try await Principal.$current.withValue(Self.principal()) {
                for name in ["one", "two", "three"] {
                    #expect(try await service.countTokens(of: try Self.request(name)) == 5)
                }
                let error = await #expect(throws: ServiceError.self) {
                    _ = try await service.countTokens(of: try Self.request("four"))
                }
                #expect(error?.code == .rateLimited)
                #expect((error?.retryAfter ?? .zero) > .zero)
                // What the platform counts on its way to an answer is nobody's request.
                try await CallContext.$current.withValue(.own) {
                    _ = try await service.countTokens(of: try Self.request("five"))
                }
            }
            let left = await desk.limits.standings(of: caller, isDefaulted: false).map(\.remaining)
            #expect(left == [0, 985, 1, 1])
            let records = desk.book.take().records
            #expect(records.map(\.request) == ["one", "two", "three", "four"])
            #expect(records.prefix(3).allSatisfy { $0.amounts == UsageAmounts(requests: 1) })
            #expect(records.last?.amounts == UsageAmounts(refusals: 1))
        }
    }

    @Test func `a debt of written tokens does not keep a text from being counted`() async throws {
        try await withStore(.sqlite) { accounts in
            let rule = try LimitRule(
                id: "out", scope: .user, resource: .outputTokens, pace: .bucket(capacity: 4, refill: 1, per: 60_000))
            let desk = Self.desk(accounts, limits: [rule])
            let service = AdmittedService(desk: desk, next: Answers())
            try await Principal.$current.withValue(Self.principal()) {
                for try await _ in try await service.generate(try Self.request("one", tokens: 40)) {}
                await #expect(throws: ServiceError.self) {
                    _ = try await service.generate(try Self.request("two"))
                }
                #expect(try await service.countTokens(of: try Self.request("three")) == 5)
            }
        }
    }
}
