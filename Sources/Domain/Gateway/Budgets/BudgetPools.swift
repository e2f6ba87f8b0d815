/// What this process has taken of accounts in advance, and what its requests use of that. Pure.
///
/// A pool is one account's leases: reservations in the store with one hold each, which survive this process and count as used
/// when it dies. Requests reserve and settle in the pool; the store learns from time to time what was spent, when new leases
/// take the place of old ones. Nothing is let in that the store has not kept for this process, so that several nodes are as
/// exact as one. A pool is hardly larger than what was held and spent of it at once a moment ago, at most by half.
struct BudgetPools {
    private struct Pool {
        var unit: BudgetUnit
        var leases: [BudgetReservation] = []
        /// What the leases hold.
        var granted: Int64 = 0
        /// Of that, what running requests hold.
        var held: Int64 = 0
        /// Of that, what was used and the store does not know yet.
        var spent: Int64 = 0
        /// The most that was held and spent since the store was told last.
        var peak: Int64 = 0
        /// Requests since then.
        var takes = 0
        /// The account when the store told it last, leases included.
        var known = BudgetAccount()
        /// Of the budget, when somebody asked last; `nil` where nothing is refused.
        var limit: Int64?

        /// Less than nothing when requests have used more than they had reserved.
        var free: Int64 { granted - held - spent }

        /// The account as it is now: what is free here is nobody's.
        var account: BudgetAccount {
            BudgetAccount(spent: known.spent + spent, reserved: known.reserved - spent - free)
        }

        func fits(_ hold: BudgetHold, free: Int64) -> Bool {
            free >= hold.amount
                && (!hold.isHard || hold.amount <= hold.limit - account.spent - account.reserved)
        }

        mutating func take(_ amount: Int64) {
            held += amount
            peak = max(peak, held + spent)
            takes += 1
        }

        mutating func settle(_ amount: Int64, used: Int64) {
            held -= amount
            spent += used
            peak = max(peak, held + spent)
        }

        /// Parts with all leases, and with what was spent as far as one settlement can tell it.
        mutating func handBack() -> [BudgetSettlement] {
            guard !leases.isEmpty else { return [] }
            let told = min(spent, BudgetHold.amountMax)
            known.spent += told
            known.reserved -= granted
            spent -= told
            granted = 0
            defer { leases = [] }
            return leases.enumerated().map { place, lease in
                BudgetSettlement(reservation: lease, cost: place == 0 ? told : 0, tokens: place == 0 ? told : 0)
            }
        }

        /// What is wanted until the store is told again.
        func wanted(inAdvance: Bool) -> Int64 {
            let spare = limit.map { max(0, $0 - account.spent - account.reserved) / BudgetPools.advancePart } ?? .max
            let wanted = inAdvance && takes >= BudgetPools.takesMin ? held + min(peak - held, spare) : held
            // More than one settlement can tell: a lease has to stay for the rest.
            return spent > BudgetHold.amountMax ? max(1, wanted) : wanted
        }
    }

    private var pools: [BudgetAccountKey: Pool] = [:]
    /// Reservations that are not settled yet.
    private var running: Set<String> = []

    /// At most this part of what is left of a budget is taken in advance, so that nodes do not hold from each other what they
    /// do not need. Near the limit it is nothing.
    private static let advancePart: Int64 = 32

    /// Fewer requests between two tellings are not worth taking anything in advance for.
    private static let takesMin = 4

    var isEmpty: Bool { pools.isEmpty }

    /// Whether the store has refused something since it was told last: others may wait for what is free here.
    private(set) var isTight = false

    // MARK: Requests

    /// Reserves from the pools: whole or not at all.
    ///
    /// - Returns: the accounts in the order of the holds; `nil` when a pool does not suffice.
    mutating func take(_ reservation: BudgetReservation) -> [BudgetAccount]? {
        let fits = reservation.holds.allSatisfy { hold in
            pools[hold.account].map { $0.fits(hold, free: $0.free) } ?? false
        }
        guard fits else { return nil }
        running.insert(reservation.id)
        return reservation.holds.map { hold in
            guard let place = pools.index(forKey: hold.account) else { return BudgetAccount() }
            pools.values[place].take(hold.amount)
            return pools.values[place].account
        }
    }

    /// Replaces what a request holds by what it has used. Does nothing when it was settled before.
    mutating func settle(_ settlement: BudgetSettlement) {
        guard running.remove(settlement.reservation.id) != nil else { return }
        for hold in settlement.reservation.holds {
            guard let place = pools.index(forKey: hold.account) else { continue }
            pools.values[place].settle(hold.amount, used: settlement.amount(of: hold.unit))
        }
    }

    /// The account as this process knows it, where it has a pool of it.
    func account(_ key: BudgetAccountKey) -> BudgetAccount? { pools[key]?.account }

    /// An account that was just read from the store, with what the store does not know yet.
    func current(_ account: BudgetAccount, _ key: BudgetAccountKey) -> BudgetAccount {
        guard let pool = pools[key] else { return account }
        return BudgetAccount(
            spent: account.spent + pool.spent, reserved: max(0, account.reserved - pool.spent - pool.free))
    }

    // MARK: Asking the store

    /// What is missing for all of these together, with something in advance where the budget is far from used up.
    func missing(for reservations: [BudgetReservation]) -> [BudgetHold] {
        var needs: [BudgetAccountKey: BudgetHold] = [:]
        for hold in reservations.lazy.flatMap(\.holds) {
            var need = hold
            need.amount += needs[hold.account]?.amount ?? 0
            needs[hold.account] = need
        }
        return needs.values.compactMap { need in
            var need = need
            if let pool = pools[need.account] {
                need.amount += min(pool.peak / 2, advance(need, pool)) - max(0, pool.free)
            }
            return need.amount > 0 ? need : nil
        }.sorted { $0.account < $1.account }
    }

    /// What is missing for each of these in turn: exactly, so that the last of a budget can be used.
    func missingSingly(for reservations: [BudgetReservation]) -> [BudgetHold] {
        var free: [BudgetAccountKey: Int64] = [:]
        var missing: [BudgetHold] = []
        for hold in reservations.lazy.flatMap(\.holds) {
            let pool = pools[hold.account]
            let here = free[hold.account] ?? max(0, pool?.free ?? 0)
            if let pool, pool.fits(hold, free: here) {
                free[hold.account] = here - hold.amount
            } else {
                var lack = hold
                // A limit that was lowered is the store's to refuse.
                lack.amount = here >= hold.amount ? hold.amount : hold.amount - here
                free[hold.account] = 0
                missing.append(lack)
            }
        }
        return missing
    }

    private func advance(_ hold: BudgetHold, _ pool: Pool) -> Int64 {
        guard hold.isHard else { return .max }
        return max(0, hold.limit - pool.known.spent - pool.known.reserved) / Self.advancePart
    }

    /// The store has kept a lease.
    mutating func add(_ lease: BudgetReservation, _ account: BudgetAccount) {
        guard let hold = lease.holds.first else { return }
        var pool = pools.removeValue(forKey: hold.account) ?? Pool(unit: hold.unit)
        pool.leases.append(lease)
        pool.granted += hold.amount
        pool.known = account
        pool.limit = hold.isHard ? hold.limit : nil
        pools[hold.account] = pool
    }

    /// The store has refused a lease.
    mutating func refused(_ hold: BudgetHold, _ account: BudgetAccount) {
        pools[hold.account]?.known = account
        isTight = true
    }

    // MARK: Telling the store

    /// What is to be done for the store to know all: leases that nobody needs are handed back, others give place to new ones.
    ///
    /// - Parameter keeping: whether something may be kept for requests to come.
    /// - Returns: leases to hand back, and the holds of leases to take before the others can go.
    mutating func tell(keeping: Bool) -> (back: [BudgetSettlement], renewals: [BudgetHold]) {
        isTight = false
        var back: [BudgetSettlement] = []
        var renewals: [BudgetHold] = []
        for (key, var pool) in pools {
            let wanted = pool.wanted(inAdvance: keeping)
            pool.peak = pool.held
            pool.takes = 0
            if wanted == 0 {
                back += pool.handBack()
            } else if pool.spent > 0 || pool.granted / 2 > wanted {
                renewals.append(
                    BudgetHold(
                        account: key, unit: pool.unit, limit: pool.limit ?? 0, isHard: pool.limit != nil,
                        amount: wanted))
            }
            pools[key] = pool.leases.isEmpty && pool.held == 0 ? nil : pool
        }
        return (back, renewals.sorted { $0.account < $1.account })
    }

    /// The store has kept a lease that takes the place of all others of its account.
    ///
    /// - Returns: the others, to hand back.
    mutating func renew(_ lease: BudgetReservation, _ account: BudgetAccount) -> [BudgetSettlement] {
        guard let hold = lease.holds.first, let pool = pools[hold.account] else { return [] }
        var emptied = pool
        let back = emptied.handBack()
        pools[hold.account] = emptied
        add(
            lease,
            BudgetAccount(
                spent: account.spent + pool.spent - emptied.spent, reserved: account.reserved - pool.granted))
        return back
    }
}
