import AdminAPI
import Configuration
import Gateway
import HTTPServing
import Launch
import Records
import Redis
import Storage
import Telemetry
import Vocabulary

/// Limits, budgets, prices and the usage ledger in the running platform.
struct AdmissionPart: Sendable {
    let desk: AdmissionDesk
    let keeping: AdmissionKeeping
    private let records: LimitRecords
    private let ledger: LedgerRecords
    private let writer: LedgerWriter
    private let redis: RedisClient?
    private let logger: Logger
    /// Whether other nodes may use the same accounts.
    private let isShared: Bool

    /// Meters that survive a restart.
    private static let metersMax = 100_000
    /// A reservation's owner counts as dead when it has not said for so long that it lives, in seconds.
    private static let lifetime: Int64 = 120

    init(_ configuration: Configuration, database: Database, logger: Logger) throws {
        let gateway = configuration.gateway
        self.logger = logger
        records = LimitRecords(database: database)
        ledger = LedgerRecords(database: database)
        let clock = AdmissionDesk.Clock.system
        redis = try gateway.redis.map { try RedisClient(RedisSettings(url: $0.revealed)) }
        guard gateway.store != .redis || redis != nil else {
            throw ServiceError(
                .invalidValue, "gateway.store is redis, and there is no gateway.redis.",
                hint: "Give the server's URL in gateway.redis.")
        }
        if case .embedded = configuration.storage { isShared = gateway.store == .redis } else { isShared = true }
        let shared: (any SharedLimits)? =
            switch gateway.store {
            case .local: nil
            case .database: records
            case .redis: redis.map { RedisLimits(redis: $0) }
            }
        let accounts: any BudgetStore =
            if gateway.store == .redis, let redis { RedisBudgets(redis: redis) } else {
                BudgetRecords(database: database)
            }
        let complaint = Complaint(logger)
        let limits = LimitDesk(
            policy: LimitPolicy([]), defaults: LimitPolicy(LimitPolicy.publicDefaults), shared: shared,
            now: { clock.time().nanoseconds / 1_000_000 },
            failed: { complaint.tell("the shared limits cannot be reached; this node counts alone", $0) })
        desk = AdmissionDesk(
            limits: limits,
            accounts: BudgetDesk(
                store: accounts, owner: "own_" + Self.freshID(), lifetime: Self.lifetime,
                now: { clock.time().nanoseconds / 1_000_000_000 },
                failed: { complaint.tell("what requests used of their budgets could not be settled yet", $0) }),
            book: UsageBook(), prices: gateway.prices.compactMap(PriceTable.Entry.init),
            limitsByDefault: Self.limitsByDefault(configuration), clock: clock, ids: { Self.freshID() })
        keeping = AdmissionKeeping(desk: desk, records: records, ledger: ledger, store: accounts)
        writer = LedgerWriter(book: desk.book, records: ledger, logger: logger)
    }

    private static func limitsByDefault(_ configuration: Configuration) -> Bool {
        switch configuration.gateway.defaults {
        case .on: true
        case .off: false
        case .auto:
            !(["localhost", "::1"].contains(configuration.server.host) || configuration.server.host.hasPrefix("127."))
        }
    }

    private static func freshID() -> String {
        var random = SystemRandomness()
        return sortableSuffix(millisecondsSinceEpoch: UnixTime.now().nanoseconds / 1_000_000, using: &random)
    }

    var routes: [HTTPServing.Route] {
        UsageRoutes(keeping).routes + LimitRoutes(keeping).routes + BudgetRoutes(keeping).routes
    }

    func service(before next: any ModelService) -> any ModelService { AdmittedService(desk: desk, next: next) }

    /// Reads what was set, and settles what dead processes hold, before anybody is let in.
    func prepare() async throws {
        try await keeping.reload()
        desk.limits.restore(try await records.meters(countMax: Self.metersMax))
        await attempt("what a killed process held of budgets could not be settled") { try await recover() }
    }

    private func recover() async throws {
        let count = try await desk.accounts.recover(isAlone: !isShared)
        if count > 0 {
            logger.notice(
                "what a process that died had reserved of budgets was settled", ["count": .integer(Int64(count))])
        }
    }

    /// Writes what was used, until it is cancelled; then what is left.
    func run() async {
        var turn = 0
        while !Task.isCancelled {
            do { try await Task.sleep(for: LedgerWriter.pause) } catch { break }
            turn += 1
            await desk.limits.tell()
            await keepMeters()
            await writer.write(turn.isMultiple(of: 10) ? .power : .process)
            if isShared, turn.isMultiple(of: 10) {
                await attempt("limits and budgets could not be read again") { try await keeping.reload() }
            }
            if turn.isMultiple(of: 60) {
                await attempt("the budgets' store could not be told that this process lives") {
                    try await desk.accounts.prolong()
                }
                if isShared { await attempt("dead processes could not be settled") { try await recover() } }
            }
            if turn % 7_200 == 1 { await trim() }
        }
    }

    /// Settles and writes what is left; when no request runs any more.
    func close() async {
        await desk.accounts.settled()
        await desk.limits.tell()
        await writer.write(.power)
        await keepMeters()
        await redis?.close()
    }

    private func keepMeters() async {
        let changed = desk.limits.takeChanged()
        await attempt("the limits' meters could not be kept") { try await records.keep(changed) }
    }

    private func trim() async {
        let now = keeping.now()
        await attempt("old usage could not be removed") {
            try await ledger.trim(now: now)
            // The longest period is 31 days.
            try await records.keep([], removing: (now - 62 * 86_400) * 1_000)
        }
    }

    private func attempt(_ problem: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            guard !error.isCancellation else { return }
            logger.error(problem, [.error: .error(error)])
        }
    }
}

extension PriceTable.Entry {
    fileprivate init?(_ price: PriceConfiguration) {
        guard let input = Money(price.input), let cached = Money(price.cachedInput), let output = Money(price.output),
            let engine = Money(price.engineSecond)
        else { return nil }
        self.init(
            model: price.model,
            price: ModelPrice(
                input: input.nanos, cachedInput: cached.nanos, output: output.nanos, engineSecond: engine.nanos))
    }
}
