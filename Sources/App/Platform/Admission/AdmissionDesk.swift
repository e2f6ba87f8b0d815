import Gateway
import Synchronization
import Telemetry
import Vocabulary

/// Everything that admission decides with, shared by all requests.
final class AdmissionDesk: Sendable {
    struct Clock: Sendable {
        /// What the calendar says.
        var time: @Sendable () -> UnixTime
        /// Microseconds that only grow.
        var ticks: @Sendable () -> Int64

        static var system: Clock {
            let start = ContinuousClock.now
            return Clock(
                time: { .now() }, ticks: { Int64((ContinuousClock.now - start) / .microseconds(1)) })
        }
    }

    private struct State {
        var budgets = BudgetPolicy()
        var prices: PriceTable
    }

    /// Tokens that an answer without a limit of its own may have where a hard budget has to reserve it.
    static let outputTokensDefault = 4_096

    let limits: LimitDesk
    let accounts: BudgetDesk
    let book: UsageBook
    let clock: Clock
    /// Whether the default limits hold for signed-in callers who are no admins.
    let limitsByDefault: Bool
    private let configuredPrices: [PriceTable.Entry]
    private let state: Mutex<State>
    private let ids: @Sendable () -> String

    /// - Parameters:
    ///   - limits: token buckets and windows.
    ///   - accounts: budgets.
    ///   - book: takes what was used.
    ///   - prices: of the configuration; those that are set by the API come first.
    ///   - limitsByDefault: whether the default limits hold for signed-in callers who are no admins.
    ///   - clock: the time.
    ///   - ids: gives each reservation an id of its own.
    init(
        limits: LimitDesk, accounts: BudgetDesk, book: UsageBook, prices: [PriceTable.Entry] = [],
        limitsByDefault: Bool = false, clock: Clock, ids: @escaping @Sendable () -> String
    ) {
        self.limits = limits
        self.accounts = accounts
        self.book = book
        self.clock = clock
        self.limitsByDefault = limitsByDefault
        configuredPrices = prices
        state = Mutex(State(prices: PriceTable(prices)))
        self.ids = ids
    }

    var budgets: BudgetPolicy { state.withLock { $0.budgets } }
    var prices: PriceTable { state.withLock { $0.prices } }

    func set(_ budgets: [Budget]) { state.withLock { $0.budgets = BudgetPolicy(budgets) } }

    func set(_ prices: [PriceTable.Entry]) {
        let names = Set(prices.map(\.model))
        let table = PriceTable(prices + configuredPrices.filter { !names.contains($0.model) })
        state.withLock { $0.prices = table }
    }

    func isDefaulted(_ principal: Principal) -> Bool {
        limitsByDefault && principal.role < .admin && principal.origin != .open && principal.origin != .local
    }

    // MARK: Admitting

    /// What a request may be.
    struct Order: Sendable {
        let id: RequestID
        let model: String
        let estimate: TokenEstimate
        /// The most that will be written; `nil` is unknown.
        let outputMax: Int64?
        /// Whether no model computes anything for it: it is held to limits of requests and of what is read, and is free.
        var isFree = false
    }

    /// Lets a request in, or refuses it with the time to come back.
    ///
    /// - Parameters:
    ///   - order: what it may be.
    ///   - principal: who asks.
    /// - Returns: to be told what comes of it; settles when nobody holds it any more.
    /// - Throws: `rateLimited` or `budgetExceeded`; nothing was taken then.
    func admit(_ order: Order, _ principal: Principal) async throws -> AdmittedRequest {
        let call = CallContext.current
        let caller = LimitCaller(principal: principal, address: call?.address ?? "", model: order.model)
        let (policy, price) = state.withLock { ($0.budgets, $0.prices.price(of: order.model)) }
        let record = draft(order, principal, call)
        var demands: [LimitDemand] = []
        let isDefaulted = isDefaulted(principal)
        if limits.limits(caller, isDefaulted: isDefaulted) {
            let requests = call?.claimRequest() ?? 1
            let amounts: LimitAmounts =
                order.isFree
                ? .counting(requests: requests, inputTokens: order.estimate.likely)
                : LimitAmounts(requests: requests, inputTokens: order.estimate.likely)
            let (verdict, taken) =
                if let now = limits.takeNow(caller, amounts, isDefaulted: isDefaulted) {
                    now
                } else {
                    await limits.take(caller, amounts, isDefaulted: isDefaulted)
                }
            AnswerNotes.current?.note(
                limits: LimitHeaders.headers(verdict.standings, endpoint: record.dimensions.endpoint, now: clock.time())
            )
            if let refusal = verdict.refusal {
                refused(record)
                throw Self.error(refusal)
            }
            demands = taken
        }
        guard !order.isFree else {
            return AdmittedRequest(
                self, record: record, demands: demands, reservation: nil, estimate: order.estimate, outputMax: 0,
                isFree: true)
        }
        let outputMax = min(order.outputMax ?? Int64(Self.outputTokensDefault), 1 << 40)
        let most = price.cost(
            inputTokens: order.estimate.most, outputTokens: outputMax,
            engineMicroseconds: Self.engineTime(input: order.estimate.most, output: outputMax))
        let seconds = clock.time().nanoseconds / 1_000_000_000
        let holds = policy.holds(for: caller, cost: most.nanos, tokens: order.estimate.most + outputMax, now: seconds)
        var reservation: BudgetReservation?
        if !holds.isEmpty {
            do {
                if let (taken, after) = accounts.reserveNow(id: ids(), holds) {
                    warn(holds, after)
                    reservation = taken
                } else {
                    reservation = try await reserve(holds, policy, now: seconds)
                }
            } catch {
                giveBack(demands, order)
                refused(record)
                throw error
            }
        }
        return AdmittedRequest(
            self, record: record, demands: demands, reservation: reservation, estimate: order.estimate,
            outputMax: order.outputMax ?? (reservation == nil ? nil : outputMax))
    }

    /// Whether a hard budget has to know how long an answer may become.
    func needsOutputMax(_ principal: Principal, model: String) -> Bool {
        let caller = LimitCaller(principal: principal, address: "", model: model)
        let (policy, price) = state.withLock { ($0.budgets, $0.prices.price(of: model)) }
        return policy.budgets.contains { budget in
            budget.isHard && (budget.unit == .tokens || !price.isFree)
                && caller.subjects(of: budget.scope).contains { budget.subject == nil || budget.subject == $0 }
        }
    }

    /// Not inlined: nearly always there is enough at hand.
    @inline(never)
    private func reserve(
        _ holds: [BudgetHold], _ policy: BudgetPolicy, now: Int64
    ) async throws -> BudgetReservation {
        let (reservation, answer) = try await accounts.reserve(id: ids(), holds)
        switch answer {
        case .reserved(let after):
            warn(holds, after)
            return reservation
        case .refused(let hold, let account):
            throw Self.error(hold, account, policy, now: now)
        }
    }

    private func warn(_ holds: [BudgetHold], _ accounts: [BudgetAccount]) {
        let exceeded = zip(holds, accounts).filter { !$0.isHard && $1.spent + $1.reserved > $0.limit }
        guard !exceeded.isEmpty else { return }
        AnswerNotes.current?.note(budgetWarning: exceeded.map(\.0.account.budget).joined(separator: ", "))
    }

    private func giveBack(_ demands: [LimitDemand], _ order: Order) {
        limits.charge(-order.estimate.likely, of: .inputTokens, demands)
    }

    /// What computing may take at most where its time has a price: 2 ms for each token of a prompt, 100 ms for each of an answer.
    private static func engineTime(input: Int64, output: Int64) -> Int64 { input * 2_000 + output * 100_000 }

    // MARK: Records

    private func draft(_ order: Order, _ principal: Principal, _ call: CallContext?) -> UsageRecord {
        let key = if case .apiKey(let id) = principal.origin { id } else { "" }
        return UsageRecord(
            request: order.id.text, at: clock.ticks(),
            dimensions: UsageDimensions(
                tenant: principal.tenant.name, team: principal.teams.first ?? "", user: principal.user.text, key: key,
                model: String(order.model.prefix(128)), endpoint: call?.endpoint ?? "", tag: call?.tag ?? ""),
            outcome: .finished, amounts: UsageAmounts(requests: 1), firstPiece: nil, duration: 0)
    }

    private func refused(_ draft: UsageRecord) {
        var record = draft
        record.outcome = .refused
        record.amounts = UsageAmounts(refusals: 1)
        note(record, began: draft.at)
    }

    /// Writes a record down. `began` is on the clock of `ticks`.
    func note(_ record: UsageRecord, began: Int64) {
        var record = record
        record.duration = clock.ticks() - began
        record.at = clock.time().nanoseconds / 1_000
        book.add(record)
    }

    // MARK: Refusals

    private static func error(_ refusal: LimitVerdict.Refusal) -> ServiceError {
        let rule = refusal.rule
        let what = rule.resource.rawValue.replacing("_", with: " ")
        let amount =
            switch rule.pace {
            case .bucket(let capacity, let refill, let per):
                "\(refill) in \(LimitHeaders.duration(per)), \(capacity) at once"
            case .window(let amount, let window): "\(amount) in each \(window.rawValue)"
            }
        return ServiceError(
            .rateLimited, "The limit '\(rule.id)' of \(what) for each \(rule.scope.rawValue) is reached: \(amount).",
            hint: "Wait \(LimitHeaders.duration(refusal.wait)).", retryAfter: .milliseconds(refusal.wait))
    }

    private static func error(
        _ hold: BudgetHold, _ account: BudgetAccount, _ policy: BudgetPolicy, now: Int64
    ) -> ServiceError {
        // Running requests hold more than they will use; what they do not use comes back.
        let isHeld = account.spent + hold.amount <= hold.limit
        let period = policy.budgets.first { $0.id == hold.account.budget }?.period ?? .total
        let wait = isHeld ? 2 : period.end(of: now).map { $0 - now }
        return ServiceError(
            .budgetExceeded,
            isHeld
                ? "What is left of the budget '\(hold.account.budget)' is held by requests that are being answered."
                : "The budget '\(hold.account.budget)' does not suffice for this request.",
            hint: isHeld ? "Try again shortly." : "Ask for a shorter answer (max_tokens), or for a larger budget.",
            retryAfter: wait.map { .seconds($0) })
    }
}
