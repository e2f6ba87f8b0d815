import Gateway
import Synchronization
import Vocabulary

/// A request that was let in: counts what it uses while it is answered, and settles exactly once, when it ends, when it fails,
/// or when nobody holds it any more.
final class AdmittedRequest: Sendable {
    private struct State {
        var model: String?
        var hasStarted = false
        var firstPiece: Int64?
        var promptTokens: Int64?
        var cachedTokens: Int64 = 0
        var pieces: Int64 = 0
        var bytes: Int64 = 0
        /// What the meters of output and cost were told already.
        var chargedTokens: Int64 = 0
        var chargedCost: Int64 = 0
    }

    /// Pieces between two charges of the meters.
    private static let piecesMax: Int64 = 16

    private let desk: AdmissionDesk
    private let record: UsageRecord
    private let demands: [LimitDemand]
    private let reservation: BudgetReservation?
    private let estimate: TokenEstimate
    /// Tokens that may be written at most; `nil` where nobody has to know.
    let outputMax: Int64?
    /// Whether what it reads is nobody's work: limits count it, the ledger only that it was asked.
    private let isFree: Bool
    private let state = Mutex(State())
    private let isOver = Once()

    init(
        _ desk: AdmissionDesk, record: UsageRecord, demands: [LimitDemand], reservation: BudgetReservation?,
        estimate: TokenEstimate, outputMax: Int64?, isFree: Bool = false
    ) {
        self.desk = desk
        self.record = record
        self.demands = demands
        self.reservation = reservation
        self.estimate = estimate
        self.outputMax = outputMax
        self.isFree = isFree
    }

    deinit { settle(.aborted, nil) }

    func started(_ start: GenerationStart) {
        state.withLock { state in
            state.hasStarted = true
            state.model = start.model.name
            state.promptTokens = start.promptTokens.map { Int64(min(max(0, $0), 1 << 40)) } ?? state.promptTokens
            state.cachedTokens = start.cachedTokens.map { Int64(min(max(0, $0), 1 << 40)) } ?? state.cachedTokens
        }
    }

    /// More was written: about one token.
    func wrote(bytes: Int) {
        let due: Int64? = state.withLock { state in
            if state.firstPiece == nil { state.firstPiece = desk.clock.ticks() - record.at }
            state.pieces += 1
            state.bytes += Int64(bytes)
            guard !demands.isEmpty, state.pieces - state.chargedTokens >= Self.piecesMax else { return nil }
            defer { state.chargedTokens = state.pieces }
            return state.pieces - state.chargedTokens
        }
        guard let due else { return }
        desk.limits.charge(due, of: .outputTokens, demands)
        let cost = price.cost(inputTokens: 0, outputTokens: due).nanos
        state.withLock { $0.chargedCost += cost }
        desk.limits.charge(cost, of: .cost, demands)
    }

    func finished(_ end: GenerationEnd) {
        if let timings = end.timings {
            let waited = Int64(timings.queue / .milliseconds(1))
            desk.limits.note(record.dimensions.model, isOverloaded: waited > AdaptiveRate.waitMax)
        }
        // An answer that was given before costs nothing again.
        settle(.finished, end.reuse == nil ? Used(end) : Used(input: 0))
    }

    /// As much was read as was foreseen.
    func finished() { settle(.finished, Used(input: estimate.likely)) }

    /// What was read and not answered with text.
    func finished(promptTokens: Int) { settle(.finished, Used(input: Int64(min(max(0, promptTokens), 1 << 40)))) }

    func failed(_ error: any Error) {
        if let error = error as? ServiceError {
            switch error.code {
            case .overloaded, .rateLimited, .modelUnavailable:
                desk.limits.note(record.dimensions.model, isOverloaded: true)
            default: break
            }
            // A name that nobody serves is not to become a line of its own.
            if error.code == .modelNotFound { state.withLock { $0.model = "" } }
        }
        settle(error is CancellationError ? .aborted : .failed, nil)
    }

    private var price: ModelPrice {
        desk.prices.price(of: state.withLock { $0.model } ?? record.dimensions.model)
    }

    /// What was used, as it was told.
    private struct Used {
        var input: Int64
        var cached: Int64 = 0
        var output: Int64 = 0
        var reasoning: Int64 = 0
        var engineTime: Int64 = 0

        /// Whatever a server says; sums of more would not fit.
        private static let tokensMax = 1 << 40

        init(input: Int64) { self.input = input }

        init(_ end: GenerationEnd) {
            func bounded(_ count: Int) -> Int64 { Int64(min(max(0, count), Self.tokensMax)) }
            input = bounded(end.usage.promptTokens)
            cached = bounded(end.usage.cachedTokens)
            output = bounded(end.usage.completionTokens)
            reasoning = bounded(end.usage.reasoningTokens)
            if let timings = end.timings {
                let spent = (timings.prefill + timings.decode) / .microseconds(1)
                engineTime = Int64(min(max(0, spent), Double(Self.tokensMax)))
            }
        }
    }

    private func settle(_ outcome: UsageRecord.Outcome, _ told: Used?) {
        guard isOver.claim() else { return }
        let state = state.withLock(\.self)
        let read = told ?? written(state)
        let used = isFree ? Used(input: 0) : read
        let price = desk.prices.price(of: state.model ?? record.dimensions.model)
        let cost = price.cost(
            inputTokens: used.input, cachedTokens: used.cached, outputTokens: used.output,
            engineMicroseconds: used.engineTime
        ).nanos
        if !demands.isEmpty {
            desk.limits.charge(read.input - estimate.likely, of: .inputTokens, demands)
            desk.limits.charge(used.output - state.chargedTokens, of: .outputTokens, demands)
            desk.limits.charge(cost - state.chargedCost, of: .cost, demands)
        }
        if let reservation {
            desk.accounts.settle(
                BudgetSettlement(reservation: reservation, cost: cost, tokens: used.input + used.output))
        }
        var record = record
        if let model = state.model, model != record.dimensions.model { record.dimensions.model = model }
        record.outcome = outcome
        record.firstPiece = state.firstPiece
        record.amounts = UsageAmounts(
            requests: 1, failures: outcome == .failed ? 1 : 0, inputTokens: used.input, cachedTokens: used.cached,
            outputTokens: used.output, reasoningTokens: used.reasoning, cost: cost,
            engineMicroseconds: used.engineTime)
        desk.note(record, began: self.record.at)
    }

    /// What a broken answer has used: nothing before it began; then its prompt, and about a token for each piece or each four
    /// bytes, whichever is more.
    private func written(_ state: State) -> Used {
        guard state.hasStarted || state.pieces > 0 else { return Used(input: 0) }
        var used = Used(input: state.promptTokens ?? estimate.likely)
        used.cached = state.cachedTokens
        used.output = min(max(state.pieces, (state.bytes + 3) / 4), outputMax ?? .max)
        return used
    }
}
