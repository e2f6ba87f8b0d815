/// One part of a reservation: so much of one account.
public struct BudgetHold: Sendable, Equatable {
    public let account: BudgetAccountKey
    public let unit: BudgetUnit
    /// What may be used in the account's period.
    public let limit: Int64
    public let isHard: Bool
    public var amount: Int64

    /// What one request adds to an account at most where nothing refuses it: 70,000 of the currency. Sums of a hundred
    /// thousand such requests still fit.
    public static let amountMax: Int64 = 1 << 46

    public init(account: BudgetAccountKey, unit: BudgetUnit, limit: Int64, isHard: Bool, amount: Int64) {
        self.account = account
        self.unit = unit
        self.limit = limit
        self.isHard = isHard
        self.amount = amount
    }
}

/// What a request asks to be kept for it before it begins.
public struct BudgetReservation: Sendable, Equatable {
    /// Unique among all that ever were.
    public let id: String
    /// The process that answers for it.
    public let owner: String
    public let holds: [BudgetHold]

    public init(id: String, owner: String, holds: [BudgetHold]) {
        self.id = id
        self.owner = owner
        self.holds = holds
    }
}

/// What a request has used in the end.
public struct BudgetSettlement: Sendable, Equatable {
    public let reservation: BudgetReservation
    /// Billionths of the currency.
    public let cost: Int64
    public let tokens: Int64

    public init(reservation: BudgetReservation, cost: Int64, tokens: Int64) {
        self.reservation = reservation
        self.cost = cost
        self.tokens = tokens
    }

    /// Never below 0 nor above `BudgetHold.amountMax`, whatever a server says it has used.
    public func amount(of unit: BudgetUnit) -> Int64 {
        min(max(0, unit == .cost ? cost : tokens), BudgetHold.amountMax)
    }
}

/// How an attempt to reserve ended.
public enum BudgetAnswer: Sendable, Equatable {
    /// With the accounts as they are now, in the order of the holds.
    case reserved([BudgetAccount])
    /// Nothing was kept: this hold did not fit.
    case refused(BudgetHold, BudgetAccount)
}

/// Where accounts are kept, exactly: a database or Redis, shared by all nodes.
public protocol BudgetStore: Sendable {
    /// Where its work is done best; `nil`: anywhere.
    var executor: (any TaskExecutor)? { get }

    /// Keeps what is asked for, each whole or not at all, in order, in one transaction. A hard hold fits when what was spent,
    /// what is held and it together stay within its limit.
    ///
    /// - Parameters:
    ///   - reservations: to be kept.
    ///   - expiry: after this the owner counts as dead, in seconds since 1970; `nil`: as was told before.
    /// - Returns: one for each.
    /// - Throws: when the store cannot tell; then nothing was kept.
    func reserve(_ reservations: [BudgetReservation], expiry: Int64?) async throws -> [BudgetAnswer]

    /// Replaces what is held by what was used. One that is not held any more is left alone, so that it may be tried again.
    func settle(_ settlements: [BudgetSettlement]) async throws

    /// Tells that the owner lives.
    func prolong(owner: String, expiry: Int64) async throws

    /// Settles what dead owners hold, at the whole amount, because nobody knows how much of it was used.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970; whoever expired before is dead.
    ///   - alone: the only owner that can live; `nil` when there may be other nodes.
    /// - Returns: how many reservations.
    /// - Throws: when the store cannot be reached.
    func recover(now: Int64, alone: String?) async throws -> Int

    /// The accounts of a period, whoever has one.
    func accounts(of budget: String, periodStart: Int64, countMax: Int) async throws -> [(
        subject: String, account: BudgetAccount
    )]
}

extension BudgetStore {
    public var executor: (any TaskExecutor)? { nil }
}

/// How a batch of reservations is answered from the accounts as they are: pure, so that every store decides alike.
public struct BudgetArithmetic: Sendable {
    public private(set) var accounts: [BudgetAccountKey: BudgetAccount]

    public init(_ accounts: [BudgetAccountKey: BudgetAccount]) { self.accounts = accounts }

    public mutating func reserve(_ reservation: BudgetReservation) -> BudgetAnswer {
        for hold in reservation.holds where hold.isHard {
            let account = accounts[hold.account] ?? BudgetAccount()
            guard hold.amount <= hold.limit - account.spent - account.reserved else { return .refused(hold, account) }
        }
        return .reserved(
            reservation.holds.map { hold in
                accounts[hold.account, default: BudgetAccount()].reserved += hold.amount
                return accounts[hold.account] ?? BudgetAccount()
            })
    }
}
