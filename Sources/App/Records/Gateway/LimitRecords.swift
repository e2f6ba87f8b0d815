public import Gateway
public import Storage

/// Limits, budgets and prices as they were set, and the meters that survive a restart.
public struct LimitRecords: SharedLimits {
    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    // MARK: Limits

    public func rules() async throws -> [LimitRule] {
        try await database.query("SELECT * FROM limit_rules ORDER BY place, id").map { row in
            let (kind, amount): (String, Int64) = (try row.decode("kind"), try row.decode("amount"))
            let pace: LimitPace
            if let window = LimitWindow(rawValue: kind) {
                pace = .window(amount: amount, window)
            } else {
                pace = .bucket(capacity: amount, refill: try row.decode("refill"), per: try row.decode("per"))
            }
            guard let scope = LimitScope(rawValue: try row.decode("scope")),
                let resource = LimitResource(rawValue: try row.decode("resource"))
            else { throw StorageError(.corrupt, "a limit has a scope or a resource that is unknown") }
            return try LimitRule(
                id: try row.decode("id"), scope: scope, subject: try row.decode("subject"),
                model: try row.decode("model"), resource: resource, pace: pace,
                isAdaptive: try row.decode(Int64.self, "adaptive") != 0)
        }
    }

    /// Replaces all of them.
    public func set(_ rules: [LimitRule]) async throws {
        try await database.transaction { transaction in
            try await transaction.execute("DELETE FROM limit_rules")
            for (place, rule) in rules.enumerated() {
                let (kind, refill, per): (String, Int64, Int64) =
                    switch rule.pace {
                    case .bucket(_, let refill, let per): ("bucket", refill, per)
                    case .window(_, let window): (window.rawValue, 0, 0)
                    }
                try await transaction.execute(
                    """
                    INSERT INTO limit_rules (id, place, scope, subject, model, resource, kind, amount, refill, per,
                        adaptive) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                    """,
                    [
                        .text(rule.id), .int(place), .text(rule.scope.rawValue),
                        rule.subject.map(SQLValue.text) ?? .null, rule.model.map(SQLValue.text) ?? .null,
                        .text(rule.resource.rawValue), .text(kind), .integer(rule.pace.capacity), .integer(refill),
                        .integer(per), .integer(rule.isAdaptive ? 1 : 0),
                    ])
            }
        }
    }

    /// The meters that were kept, a bounded number.
    public func meters(countMax: Int) async throws -> [(key: LimitKey, meter: LimitMeter)] {
        try await database.query(
            "SELECT * FROM limit_meters ORDER BY at DESC LIMIT $1", [.int(countMax)]
        ).map { row in
            (
                LimitKey(rule: try row.decode("rule"), subject: try row.decode("subject")),
                LimitMeter(
                    level: try row.decode("level"), remainder: try row.decode("remainder"), at: try row.decode("at"))
            )
        }
    }

    /// Writes meters that have changed.
    ///
    /// - Parameters:
    ///   - meters: each with its key.
    ///   - before: meters that have not changed since then are removed; milliseconds since 1970.
    /// - Throws: `StorageError`.
    public func keep(_ meters: [(key: LimitKey, meter: LimitMeter)], removing before: Int64? = nil) async throws {
        guard !meters.isEmpty || before != nil else { return }
        try await database.transaction(.readCommitted, durability: .process) { transaction in
            let sorted = meters.sorted { ($0.key.rule, $0.key.subject) < ($1.key.rule, $1.key.subject) }
            for (key, meter) in sorted {
                try await Self.write(meter, key, transaction)
            }
            if let before {
                try await transaction.execute("DELETE FROM limit_meters WHERE at < $1", [.integer(before)])
            }
        }
    }

    /// Takes what a request needs of all limits, or nothing of any, in one transaction: the same for all nodes.
    ///
    /// - Parameters:
    ///   - demands: one for each limit, each of another meter.
    ///   - isForced: whether to take without asking: what was used is used.
    ///   - now: milliseconds since 1970.
    /// - Returns: whether it may begin.
    /// - Throws: `StorageError`.
    public func take(_ demands: [LimitDemand], isForced: Bool, now: Int64) async throws -> LimitVerdict {
        let sorted = demands.sorted { ($0.key.rule, $0.key.subject) < ($1.key.rule, $1.key.subject) }
        return try await database.transaction(.readCommitted) { transaction in
            var book = LimitBook(countMax: max(1, demands.count))
            for demand in sorted {
                guard let meter = try await lock(demand, now: now, transaction) else { continue }
                book.restore(meter, for: demand.key, rule: demand.rule, now: now)
            }
            let verdict: LimitVerdict
            if isForced {
                book.charge(demands, now: now)
                verdict = LimitVerdict(refusal: nil, standings: [])
            } else {
                verdict = book.take(demands, now: now)
            }
            guard verdict.refusal == nil else { return verdict }
            for demand in sorted where demand.charge != 0 {
                guard let meter = book.meter(of: demand.key) else { continue }
                try await Self.write(meter, demand.key, transaction)
            }
            return verdict
        }
    }

    private func lock(_ demand: LimitDemand, now: Int64, _ transaction: Transaction) async throws -> LimitMeter? {
        let place: [SQLValue] = [.text(demand.key.rule), .text(demand.key.subject)]
        if database.dialect == .postgres {
            // A row must be there to be locked.
            let fresh = LimitMeter(fresh: demand.rule.pace, now: now)
            try await transaction.execute(
                """
                INSERT INTO limit_meters (rule, subject, level, remainder, at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT DO NOTHING
                """, place + [.integer(fresh.level), .integer(fresh.remainder), .integer(fresh.at)])
        }
        let rows = try await transaction.query(
            "SELECT level, remainder, at FROM limit_meters WHERE rule = $1 AND subject = $2"
                + (database.dialect == .postgres ? " FOR UPDATE" : ""), place)
        return try rows.first.map { row in
            LimitMeter(
                level: try row.decode("level"), remainder: try row.decode("remainder"), at: try row.decode("at"))
        }
    }

    private static func write(_ meter: LimitMeter, _ key: LimitKey, _ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO limit_meters (rule, subject, level, remainder, at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (rule, subject) DO UPDATE SET
                level = excluded.level, remainder = excluded.remainder, at = excluded.at
            """,
            [
                .text(key.rule), .text(key.subject), .integer(meter.level), .integer(meter.remainder),
                .integer(meter.at),
            ])
    }

    // MARK: Budgets and prices

    public func budgets() async throws -> [Budget] {
        try await database.query("SELECT * FROM budgets ORDER BY id").map { row in
            guard let scope = LimitScope(rawValue: try row.decode("scope")),
                let unit = BudgetUnit(rawValue: try row.decode("unit")),
                let period = BudgetPeriod(rawValue: try row.decode("period"))
            else { throw StorageError(.corrupt, "a budget has a scope, a unit or a period that is unknown") }
            return try Budget(
                id: try row.decode("id"), scope: scope, subject: try row.decode("subject"), unit: unit,
                amount: try row.decode("amount"), period: period, isHard: try row.decode(Int64.self, "hard") != 0)
        }
    }

    /// Sets one, in place of the one with the same id.
    public func set(_ budget: Budget) async throws {
        try await database.execute(
            """
            INSERT INTO budgets (id, scope, subject, unit, amount, period, hard) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, subject = excluded.subject, unit = excluded.unit,
                amount = excluded.amount, period = excluded.period, hard = excluded.hard
            """,
            [
                .text(budget.id), .text(budget.scope.rawValue), budget.subject.map(SQLValue.text) ?? .null,
                .text(budget.unit.rawValue), .integer(budget.amount), .text(budget.period.rawValue),
                .integer(budget.isHard ? 1 : 0),
            ])
    }

    /// - Returns: whether there was one.
    /// - Throws: `StorageError`.
    public func removeBudget(_ id: String) async throws -> Bool {
        try await database.execute("DELETE FROM budgets WHERE id = $1", [.text(id)]).changes > 0
    }

    public func prices() async throws -> [PriceTable.Entry] {
        try await database.query("SELECT * FROM model_prices ORDER BY model").map { row in
            PriceTable.Entry(
                model: try row.decode("model"),
                price: ModelPrice(
                    input: try row.decode("input"), cachedInput: try row.decode("cached_input"),
                    output: try row.decode("output"), engineSecond: try row.decode("engine_second")))
        }
    }

    /// Replaces all of them.
    public func set(_ prices: [PriceTable.Entry]) async throws {
        try await database.transaction { transaction in
            try await transaction.execute("DELETE FROM model_prices")
            for entry in prices {
                try await transaction.execute(
                    """
                    INSERT INTO model_prices (model, input, cached_input, output, engine_second)
                    VALUES ($1, $2, $3, $4, $5)
                    """,
                    [
                        .text(entry.model), .integer(entry.price.input), .integer(entry.price.cachedInput),
                        .integer(entry.price.output), .integer(entry.price.engineSecond),
                    ])
            }
        }
    }
}
