import Vocabulary

/// What the slots hold, and what waits to be done with it.
struct SlotHoldings {
    /// The tokens that were computed for the last request that ended in a slot.
    struct Holding {
        let tokens: [Int32]
        let scope: CacheScope
    }

    /// By slot.
    var holdings: [Int: Holding] = [:]
    /// Slots whose last sequence lost a part of its positions, so that nothing can go on from it.
    var compressed: Set<Int> = []
    /// For slots that are busy, oldest first.
    var orders: [SlotOrder] = []

    /// Orders that may wait.
    static let ordersMax = 64
}

/// Saving, restoring and erasing what slots hold.
extension EngineLoop {
    /// Takes an order; it is carried out before the next request starts.
    mutating func take(_ order: SlotOrder) {
        guard slotHoldings.orders.count < SlotHoldings.ordersMax else {
            return order.refuse(.overloaded(retryAfter: .seconds(1)))
        }
        slotHoldings.orders.append(order)
    }

    /// Carries out the orders whose slots are free.
    mutating func performSlotOrders() {
        guard !slotHoldings.orders.isEmpty else { return }
        let orders = slotHoldings.orders
        slotHoldings.orders = orders.filter { !freeSlots.contains($0.slot) }
        for order in orders where freeSlots.contains(order.slot) {
            switch order {
            case .read(let slot, let answer): answer(read(slot))
            case .replace(let slot, let state, let answer): answer(replace(slot, state))
            case .erase(let slot, let answer): answer(.success(erase(slot)))
            }
        }
    }

    /// Notes what a sequence leaves in its slot when it ends.
    mutating func note(_ sequence: RunningSequence) {
        guard !sequence.isIsolated else { return }
        if sequence.dropped > 0 {
            slotHoldings.compressed.insert(sequence.slot)
        } else {
            slotHoldings.compressed.remove(sequence.slot)
        }
        slotHoldings.holdings[sequence.slot] = sequence.lease.map { lease in
            .init(tokens: Array(sequence.generation.tokens.prefix(sequence.computed)), scope: lease.scope)
        }
    }

    /// How many tokens of a prompt a request may take from the cache. One that names its slot, in an engine whose slots are
    /// saved and restored by hand, takes what that slot holds and nothing else.
    func reusable(by request: AdmittedRequest) -> Int {
        guard options.slotsAreKept, let slot = request.scheduling.slot else { return .max }
        guard let holding = slotHoldings.holdings[slot], holding.scope == request.scope else { return 0 }
        return zip(holding.tokens, request.prompt).prefix { $0 == $1 }.count
    }

    private mutating func read(_ slot: Int) -> Result<ShelvedState, ServiceError> {
        guard !slotHoldings.compressed.contains(slot) else { return .failure(.compressed(slot)) }
        let nothing = ShelvedState(tenant: nil, tokens: [], start: 0, state: [])
        guard let holding = slotHoldings.holdings[slot] else { return .success(nothing) }
        let lease = cache.attachAll(holding.tokens, scope: holding.scope, to: slot, now: .now)
        let count = lease.node.end
        defer { cache.detach(lease, sequence: slot, computed: count) }
        guard count > 0 else { return .success(nothing) }
        do {
            let state = try runtime.state(of: slot)
            return .success(
                ShelvedState(
                    tenant: holding.scope.tenant, adapters: holding.scope.adapters,
                    tokens: Array(holding.tokens.prefix(count)), start: 0, state: state))
        } catch {
            return .failure(Self.failure(error))
        }
    }

    private mutating func replace(_ slot: Int, _ held: ShelvedState) -> Result<Void, ServiceError> {
        let count = held.tokens.count
        let scope = CacheScope(tenant: held.tenant, adapters: held.adapters)
        guard cache.makeRoom(count) else { return .failure(.noRoomToHold(count)) }
        guard runtime.restore(held.state, to: slot) else {
            runtime.forget(slot, from: 0)
            return .failure(
                ServiceError(.invalidValue, "The model does not take what was saved.", parameter: "filename"))
        }
        cache.useCells(count)
        var lease = cache.emptyLease(scope)
        cache.commit(held.tokens, computed: count, of: slot, &lease, now: .now)
        let isHeld = lease.node.end == count
        cache.detach(lease, sequence: slot, computed: count)
        cache.trimIdle()
        guard isHeld else { return .failure(.noRoomToHold(count)) }
        slotHoldings.compressed.remove(slot)
        slotHoldings.holdings[slot] = .init(tokens: held.tokens, scope: scope)
        return .success(())
    }

    private mutating func erase(_ slot: Int) -> Int {
        slotHoldings.compressed.remove(slot)
        guard let holding = slotHoldings.holdings.removeValue(forKey: slot) else { return 0 }
        cache.erase(holding.tokens, scope: holding.scope)
        return holding.tokens.count
    }
}

extension ServiceError {
    fileprivate static func compressed(_ slot: Int) -> ServiceError {
        ServiceError(
            .conflict, "What slot \(slot) held was compressed (--kv-compress), and nothing can go on from it.",
            hint: "Send requests whose slots are to be saved with nexus.kv_compress: false.", parameter: "id_slot")
    }

    fileprivate static func noRoomToHold(_ count: Int) -> ServiceError {
        ServiceError(
            .conflict, "There is no room for the \(count) tokens that are to be restored.",
            hint: "Try again when less is running, or raise --ctx-size or --cache-ram.", parameter: "id_slot")
    }
}
