internal import Synchronization

/// Meters that several nodes share.
public protocol SharedLimits: Sendable {
    /// Takes what a request needs of all limits, or nothing of any, in one piece.
    ///
    /// - Parameters:
    ///   - demands: one for each limit, each of another meter.
    ///   - isForced: whether to take without asking: what was used is used.
    ///   - now: milliseconds since 1970.
    /// - Returns: whether it may begin, and how the limits stand afterwards.
    /// - Throws: when the meters cannot be reached.
    func take(_ demands: [LimitDemand], isForced: Bool, now: Int64) async throws -> LimitVerdict
}

/// Decides whether requests may begin, and counts what they use: one short lock where this process counts alone.
///
/// Where nodes share their meters and these cannot be reached, this process counts alone until they can: a limit that is too
/// wide for a while harms less than a gateway that answers nobody.
public final class LimitDesk: Sendable {
    private struct State {
        var policy: LimitPolicy
        var defaults: LimitPolicy
        var book: LimitBook
        var rates: [String: AdaptiveRate] = [:]
        /// What was used and is not told to the other nodes yet.
        var untold: [LimitKey: LimitDemand] = [:]

        func demands(of caller: LimitCaller, _ amounts: LimitAmounts, isDefaulted: Bool) -> [LimitDemand] {
            let permille = rates[caller.model]?.permille ?? 1_000
            var demands = policy.demands(of: caller, amounts, permille: permille)
            if isDefaulted { demands += defaults.demands(of: caller, amounts, permille: permille) }
            return demands
        }
    }

    /// Models whose rates are told apart.
    private static let ratesMax = 1_024
    private let state: Mutex<State>
    private let shared: (any SharedLimits)?
    private let now: @Sendable () -> Int64
    private let failed: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - policy: the limits that were set.
    ///   - defaults: further ones, for callers whom `isLimitedByDefault` names.
    ///   - countMax: meters of this process.
    ///   - shared: where nodes count together; `nil` counts here.
    ///   - now: milliseconds since 1970.
    ///   - failed: told when the shared meters cannot be reached.
    public init(
        policy: LimitPolicy, defaults: LimitPolicy = LimitPolicy([]), countMax: Int = 100_000,
        shared: (any SharedLimits)? = nil, now: @escaping @Sendable () -> Int64,
        failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        state = Mutex(State(policy: policy, defaults: defaults, book: LimitBook(countMax: countMax)))
        self.shared = shared
        self.now = now
        self.failed = failed
    }

    public var policy: LimitPolicy { state.withLock { $0.policy } }
    public var defaults: LimitPolicy { state.withLock { $0.defaults } }

    /// Whether a request of this caller would meet any limit.
    public func limits(_ caller: LimitCaller, isDefaulted: Bool) -> Bool {
        state.withLock { !$0.policy.rules.isEmpty || (isDefaulted && !$0.defaults.rules.isEmpty) }
    }

    /// Sets other limits. Meters whose pace stays the same keep their count.
    public func set(_ policy: LimitPolicy) {
        state.withLock { state in
            state.policy = policy
            let rules = (policy.rules + state.defaults.rules).map { ($0.id, $0) }
            state.book.keep(Dictionary(rules, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Takes what a request needs to begin, or nothing.
    ///
    /// - Parameters:
    ///   - caller: who asks for which model.
    ///   - amounts: what it needs.
    ///   - isDefaulted: whether the default limits hold for this caller.
    /// - Returns: whether it may begin, and its meters for `charge`.
    public func take(
        _ caller: LimitCaller, _ amounts: LimitAmounts, isDefaulted: Bool
    ) async -> (verdict: LimitVerdict, demands: [LimitDemand]) {
        guard let shared else { return takeHere(caller, amounts, isDefaulted: isDefaulted) }
        let now = now()
        let demands = state.withLock { $0.demands(of: caller, amounts, isDefaulted: isDefaulted) }
        guard !demands.isEmpty else { return (LimitVerdict(refusal: nil, standings: []), []) }
        do {
            return (try await shared.take(demands, isForced: false, now: now), demands)
        } catch {
            failed(error)
        }
        return (state.withLock { $0.book.take(demands, now: now) }, demands)
    }

    /// The same without waiting, where this process counts alone; `nil` where nodes count together.
    ///
    /// - Parameters:
    ///   - caller: who asks for which model.
    ///   - amounts: what it needs.
    ///   - isDefaulted: whether the default limits hold for this caller.
    /// - Returns: whether it may begin, and its meters for `charge`.
    public func takeNow(
        _ caller: LimitCaller, _ amounts: LimitAmounts, isDefaulted: Bool
    ) -> (verdict: LimitVerdict, demands: [LimitDemand])? {
        shared == nil ? takeHere(caller, amounts, isDefaulted: isDefaulted) : nil
    }

    private func takeHere(
        _ caller: LimitCaller, _ amounts: LimitAmounts, isDefaulted: Bool
    ) -> (verdict: LimitVerdict, demands: [LimitDemand]) {
        let now = now()
        return state.withLock { state in
            let demands = state.demands(of: caller, amounts, isDefaulted: isDefaulted)
            guard !demands.isEmpty else { return (LimitVerdict(refusal: nil, standings: []), []) }
            return (state.book.take(demands, now: now), demands)
        }
    }

    /// Counts more of a resource, or gives back what is negative. Returns at once.
    ///
    /// - Parameters:
    ///   - amount: how much.
    ///   - resource: of what.
    ///   - demands: what `take` returned for the request.
    public func charge(_ amount: Int64, of resource: LimitResource, _ demands: [LimitDemand]) {
        guard amount != 0, demands.contains(where: { $0.rule.resource == resource }) else { return }
        let now = now()
        state.withLock { state in
            for demand in demands where demand.rule.resource == resource {
                let charge = LimitDemand(
                    key: demand.key, rule: demand.rule, need: 0,
                    charge: amount + (shared == nil ? 0 : state.untold[demand.key]?.charge ?? 0),
                    permille: demand.permille)
                if shared == nil { state.book.charge([charge], now: now) } else { state.untold[demand.key] = charge }
            }
        }
    }

    /// Tells the other nodes what was used since the last time.
    public func tell() async {
        guard let shared else { return }
        let untold = state.withLock { state in
            defer { state.untold = [:] }
            return state.untold
        }
        guard !untold.isEmpty else { return }
        do {
            _ = try await shared.take(Array(untold.values), isForced: true, now: now())
        } catch {
            failed(error)
            // What may have been told must not be told twice; what was not is counted here, where requests go meanwhile.
            let now = now()
            state.withLock { $0.book.charge(Array(untold.values), now: now) }
        }
    }

    // MARK: Overload

    /// Told how a model's server answered: whether it is overloaded, or a request waited too long.
    public func note(_ model: String, isOverloaded: Bool) {
        let now = now()
        state.withLock { state in
            guard state.rates[model] != nil || (isOverloaded && state.rates.count < Self.ratesMax) else { return }
            if isOverloaded {
                state.rates[model, default: AdaptiveRate()].overloaded(now: now)
            } else {
                state.rates[model]?.served(now: now)
            }
        }
    }

    /// How much of its rate a model gets now, of 1,000.
    public func permille(of model: String) -> Int64 { state.withLock { $0.rates[model]?.permille ?? 1_000 } }

    // MARK: Restarts

    /// The long meters that changed since the last call.
    public func takeChanged() -> [(key: LimitKey, meter: LimitMeter)] { state.withLock { $0.book.takeChanged() } }

    /// Takes in what survived a restart.
    public func restore(_ meters: [(key: LimitKey, meter: LimitMeter)]) {
        let now = now()
        state.withLock { state in
            let rules = Dictionary(
                (state.policy.rules + state.defaults.rules).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }
            )
            for (key, meter) in meters {
                guard let rule = rules[key.rule] else { continue }
                state.book.restore(meter, for: key, rule: rule, now: now)
            }
        }
    }

    /// How the meters of a caller stand, without taking anything. What other nodes counted is not in it.
    public func standings(of caller: LimitCaller, isDefaulted: Bool) async -> [LimitStanding] {
        await take(caller, LimitAmounts(), isDefaulted: isDefaulted).verdict.standings
    }
}
