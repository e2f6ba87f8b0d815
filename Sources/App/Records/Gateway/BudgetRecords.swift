public import Gateway
public import Storage

/// Accounts of budgets in the database, exact on SQLite and PostgreSQL and for any number of nodes.
///
/// On PostgreSQL the accounts of a batch are locked row by row in one order; SQLite has one writer. What is reserved and
/// settled survives the end of the process; a power cut may cost what happened since the ledger was written last, half a
/// second.
public struct BudgetRecords: BudgetStore {
    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    public var executor: (any TaskExecutor)? { database.writerExecutor }

    public func reserve(_ reservations: [BudgetReservation], expiry: Int64?) async throws -> [BudgetAnswer] {
        guard let owner = reservations.first?.owner else { return [] }
        return try await database.transaction(.readCommitted, durability: .process) { transaction in
            let keys = Set(reservations.flatMap { $0.holds.map(\.account) }).sorted()
            let before = try await lock(keys, transaction)
            var arithmetic = BudgetArithmetic(before)
            let answers = reservations.map { arithmetic.reserve($0) }
            let kept = zip(reservations, answers).filter { if case .reserved = $0.1 { true } else { false } }.map(\.0)
            guard !kept.isEmpty else { return answers }
            if let expiry { try await prolong(owner, expiry, transaction) }
            try await insert(kept, transaction)
            for (key, account) in arithmetic.accounts.sorted(by: { $0.key < $1.key }) where before[key] != account {
                try await add(spent: 0, reserved: account.reserved - (before[key]?.reserved ?? 0), to: key, transaction)
            }
            return answers
        }
    }

    public func settle(_ settlements: [BudgetSettlement]) async throws {
        try await database.transaction(.readCommitted, durability: .process) { transaction in
            var changes: [BudgetAccountKey: (spent: Int64, reserved: Int64)] = [:]
            let held = try await held(settlements.map(\.reservation.id), transaction)
            for settlement in settlements {
                for hold in settlement.reservation.holds {
                    let key = HoldKey(reservation: settlement.reservation.id, account: hold.account)
                    guard let amount = held[key] else { continue }
                    changes[hold.account, default: (0, 0)].spent += settlement.amount(of: hold.unit)
                    changes[hold.account, default: (0, 0)].reserved -= amount
                }
            }
            for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
                try await add(spent: change.spent, reserved: change.reserved, to: key, transaction)
            }
            try await remove(settlements.map(\.reservation.id), transaction)
        }
    }

    public func prolong(owner: String, expiry: Int64) async throws {
        try await database.transaction(.readCommitted) { try await prolong(owner, expiry, $0) }
    }

    public func recover(now: Int64, alone: String?) async throws -> Int {
        try await database.transaction(.readCommitted) { transaction in
            let dead = try await transaction.query(
                "SELECT owner, expires_at FROM budget_owners ORDER BY owner" + forUpdate
            ).filter { row in
                let owner: String = try row.decode("owner")
                if let alone { return owner != alone }
                return try row.decode(Int64.self, "expires_at") < now
            }
            var count = 0
            for row in dead {
                let owner: String = try row.decode("owner")
                let rows = try await transaction.query(
                    """
                    SELECT budget, subject, period_start, SUM(amount) AS amount, COUNT(*) AS number FROM budget_holds
                    WHERE owner = $1 GROUP BY budget, subject, period_start ORDER BY budget, subject, period_start
                    """, [.text(owner)])
                for row in rows {
                    let amount: Int64 = try row.decode("amount")
                    try await add(spent: amount, reserved: -amount, to: try BudgetAccountKey(row: row), transaction)
                    count += try row.decode(Int.self, "number")
                }
                try await transaction.execute("DELETE FROM budget_holds WHERE owner = $1", [.text(owner)])
                try await transaction.execute("DELETE FROM budget_owners WHERE owner = $1", [.text(owner)])
            }
            return count
        }
    }

    public func accounts(of budget: String, periodStart: Int64, countMax: Int) async throws -> [(
        subject: String, account: BudgetAccount
    )] {
        try await database.query(
            """
            SELECT subject, spent, reserved FROM budget_accounts WHERE budget = $1 AND period_start = $2
            ORDER BY spent + reserved DESC, subject LIMIT $3
            """, [.text(budget), .integer(periodStart), .int(countMax)]
        ).map { row in
            (
                try row.decode(String.self, "subject"),
                BudgetAccount(spent: try row.decode("spent"), reserved: try row.decode("reserved"))
            )
        }
    }

    // MARK: Parts

    private struct HoldKey: Hashable {
        let reservation: String
        let account: BudgetAccountKey
    }

    private static let insertHolds = SQLRows(
        "INSERT INTO budget_holds (reservation, budget, subject, period_start, amount, owner) VALUES", columns: 6)
    private static let selectHolds = SQLRows(
        "SELECT reservation, budget, subject, period_start, amount FROM budget_holds WHERE reservation IN",
        columns: nil, end: " ORDER BY reservation")
    private static let lockHolds = SQLRows(
        "SELECT reservation, budget, subject, period_start, amount FROM budget_holds WHERE reservation IN",
        columns: nil, end: " ORDER BY reservation FOR UPDATE")
    private static let deleteHolds = SQLRows("DELETE FROM budget_holds WHERE reservation IN", columns: nil)

    private var forUpdate: String { database.dialect == .postgres ? " FOR UPDATE" : "" }
    /// The accounts as they are, held against others until the transaction ends. Those that are not there are made.
    private func lock(
        _ keys: [BudgetAccountKey], _ transaction: Transaction
    ) async throws -> [BudgetAccountKey: BudgetAccount] {
        var accounts: [BudgetAccountKey: BudgetAccount] = [:]
        for key in keys {
            let place: [SQLValue] = [.text(key.budget), .text(key.subject), .integer(key.periodStart)]
            let select =
                "SELECT spent, reserved FROM budget_accounts WHERE budget = $1 AND subject = $2 AND period_start = $3"
                + forUpdate
            var rows = try await transaction.query(select, place)
            if rows.isEmpty {
                try await transaction.execute(
                    """
                    INSERT INTO budget_accounts (budget, subject, period_start, spent, reserved)
                    VALUES ($1, $2, $3, 0, 0) ON CONFLICT DO NOTHING
                    """, place)
                rows = try await transaction.query(select, place)
            }
            guard let row = rows.first else { throw StorageError(.unexpected, "an account vanished") }
            accounts[key] = BudgetAccount(spent: try row.decode("spent"), reserved: try row.decode("reserved"))
        }
        return accounts
    }

    private func add(
        spent: Int64, reserved: Int64, to key: BudgetAccountKey, _ transaction: Transaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE budget_accounts SET spent = spent + $4, reserved = reserved + $5
            WHERE budget = $1 AND subject = $2 AND period_start = $3
            """,
            [
                .text(key.budget), .text(key.subject), .integer(key.periodStart), .integer(spent), .integer(reserved),
            ])
    }

    private func insert(_ reservations: [BudgetReservation], _ transaction: Transaction) async throws {
        let rows: [[SQLValue]] = reservations.flatMap { reservation in
            reservation.holds.map { hold in
                [
                    .text(reservation.id), .text(hold.account.budget), .text(hold.account.subject),
                    .integer(hold.account.periodStart), .integer(hold.amount), .text(reservation.owner),
                ]
            }
        }
        for (text, part) in Self.insertHolds.statements(for: rows.count) {
            try await transaction.execute(text, rows[part].flatMap(\.self))
        }
    }

    private func held(_ ids: [String], _ transaction: Transaction) async throws -> [HoldKey: Int64] {
        var held: [HoldKey: Int64] = [:]
        let statements = database.dialect == .postgres ? Self.lockHolds : Self.selectHolds
        for (text, part) in statements.statements(for: ids.count) {
            let rows = try await transaction.query(text, ids[part].map { .text($0) })
            for row in rows {
                let key = HoldKey(reservation: try row.decode("reservation"), account: try BudgetAccountKey(row: row))
                held[key] = try row.decode("amount")
            }
        }
        return held
    }

    private func remove(_ ids: [String], _ transaction: Transaction) async throws {
        for (text, part) in Self.deleteHolds.statements(for: ids.count) {
            try await transaction.execute(text, ids[part].map { .text($0) })
        }
    }

    private func prolong(_ owner: String, _ expiry: Int64, _ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO budget_owners (owner, expires_at) VALUES ($1, $2)
            ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at
            """, [.text(owner), .integer(expiry)])
    }
}

extension BudgetAccountKey {
    fileprivate init(row: Row) throws {
        self.init(
            budget: try row.decode("budget"), subject: try row.decode("subject"),
            periodStart: try row.decode("period_start"))
    }
}
