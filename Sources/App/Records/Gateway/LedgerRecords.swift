public import Gateway
public import Storage

/// The usage ledger in the database: a line for each request, and sums by hour, day and week.
public struct LedgerRecords: Sendable {
    /// Lines of single requests are kept for 31 days.
    public static let recordsKept: Int64 = 31 * 86_400
    private static let dimensions = UsageDimensions.fields.map { "\"\($0.name)\"" }
    private static let amounts = UsageAmounts.fields.map(\.name)

    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    /// Writes a batch, in one transaction.
    ///
    /// - Parameters:
    ///   - batch: what was used since the last time.
    ///   - durability: what it survives.
    /// - Throws: `StorageError`; then nothing of it was written.
    public func add(_ batch: UsageBook.Batch, durability: Durability = .power) async throws {
        guard !batch.isEmpty else { return }
        // In one order always, so that two writers do not wait for each other.
        let sums = Self.sums(of: batch).sorted { $0.key < $1.key }
        try await database.transaction(.readCommitted, durability: durability) { transaction in
            for (text, part) in Self.insertRecords.statements(for: batch.records.count) {
                var values: [SQLValue] = []
                values.reserveCapacity(part.count * Self.recordColumns.count)
                for record in batch.records[part] { record.append(to: &values) }
                try await transaction.execute(text, values)
            }
            for (key, amounts) in sums {
                try await transaction.execute(
                    Self.upsert,
                    [.text(key.span.rawValue), .integer(key.start)]
                        + UsageDimensions.fields.map { .text(key.dimensions[keyPath: $0.place]) }
                        + UsageAmounts.fields.map { .integer(amounts[keyPath: $0.place]) })
            }
        }
    }

    /// Removes what is older than is kept.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: `StorageError`.
    public func trim(now: Int64) async throws {
        try await database.execute(
            "DELETE FROM usage_records WHERE at < $1", [.integer((now - Self.recordsKept) * 1_000_000)])
        for span in UsageSpan.allCases {
            try await database.execute(
                "DELETE FROM usage_sums WHERE span = $1 AND start_at < $2",
                [.text(span.rawValue), .integer(now - span.keptMax)])
        }
    }

    /// Sums by what was asked, latest first, then by cost and tokens.
    public func sums(_ query: UsageQuery) async throws -> [UsageRow] {
        let known = UsageDimensions.fields.map(\.name)
        let groups = query.groups.filter(known.contains)
        // Sums over all of the time come from the days, and from hours where the time does not begin or end with a day.
        let isWhole = query.from % 86_400 == 0 && query.to % 86_400 == 0
        let span = query.span ?? (isWhole ? .day : .hour)
        var parameters: [SQLValue] = [.text(span.rawValue), .integer(query.from), .integer(query.to)]
        var conditions = "span = $1 AND start_at >= $2 AND start_at < $3"
        for (name, value) in query.filters.sorted(by: { $0.key < $1.key }) where known.contains(name) {
            parameters.append(.text(value))
            conditions += " AND \"\(name)\" = $\(parameters.count)"
        }
        let columns = (query.span == nil ? [] : ["start_at"]) + groups.map { "\"\($0)\"" }
        parameters.append(.int(min(max(1, query.limit), UsageQuery.rowsMax)))
        let rows = try await database.query(
            "SELECT " + (columns + Self.amounts.map { "COALESCE(SUM(\($0)), 0) AS \($0)" }).joined(separator: ", ")
                + " FROM usage_sums WHERE \(conditions)"
                + (columns.isEmpty ? "" : " GROUP BY " + columns.joined(separator: ", ")) + " ORDER BY "
                + ((query.span == nil ? [] : ["start_at DESC"])
                + ["SUM(cost_nanos) DESC", "SUM(input_tokens) + SUM(output_tokens) DESC"]
                + groups.map { "\"\($0)\"" }).joined(separator: ", ")
                + " LIMIT $\(parameters.count)", parameters)
        return try rows.map { row in
            var amounts = UsageAmounts()
            for field in UsageAmounts.fields { amounts[keyPath: field.place] = try row.decode(field.name) }
            return UsageRow(
                start: query.span == nil ? nil : try row.decode(Int64.self, "start_at"),
                groups: try groups.map { try row.decode(String.self, $0) }, amounts: amounts)
        }
    }

    /// Lines of single requests, newest first.
    ///
    /// - Parameters:
    ///   - filters: by the name of a dimension, or `request`.
    ///   - before: microseconds since 1970; `nil` begins with the newest.
    ///   - countMax: lines at most.
    /// - Returns: as they were added.
    /// - Throws: `StorageError`.
    public func records(filters: [String: String], before: Int64?, countMax: Int) async throws -> [UsageRecord] {
        var parameters: [SQLValue] = [.integer(before ?? .max)]
        var conditions = "at < $1"
        let known = UsageDimensions.fields.map(\.name) + ["request"]
        for (name, value) in filters.sorted(by: { $0.key < $1.key }) where known.contains(name) {
            parameters.append(.text(value))
            conditions += " AND \"\(name)\" = $\(parameters.count)"
        }
        parameters.append(.int(countMax))
        return try await database.query(
            "SELECT * FROM usage_records WHERE \(conditions) ORDER BY at DESC, request LIMIT $\(parameters.count)",
            parameters
        ).map(UsageRecord.init(row:))
    }

    // MARK: Parts

    private struct SumKey: Hashable, Comparable {
        let span: UsageSpan
        let start: Int64
        let dimensions: UsageDimensions

        static func < (left: SumKey, right: SumKey) -> Bool { left.order.lexicographicallyPrecedes(right.order) }
        private var order: [String] {
            [span.rawValue, String(start)] + UsageDimensions.fields.map { dimensions[keyPath: $0.place] }
        }
    }

    private static func sums(of batch: UsageBook.Batch) -> [SumKey: UsageAmounts] {
        // By the hour first: a batch has few of them, and they make up days and weeks.
        var hours: [SumKey: UsageAmounts] = [:]
        func add(_ amounts: UsageAmounts, at moment: Int64, _ dimensions: UsageDimensions) {
            let key = SumKey(span: .hour, start: UsageSpan.hour.start(of: moment), dimensions: dimensions)
            hours[key, default: UsageAmounts()] += amounts
        }
        // Records that follow each other are often of one caller: these are summed up before anything is looked up.
        var run: (start: Int64, dimensions: UsageDimensions, amounts: UsageAmounts)?
        for record in batch.records {
            let start = UsageSpan.hour.start(of: record.at)
            if let last = run, last.start == start, last.dimensions == record.dimensions {
                run?.amounts += record.amounts
            } else {
                if let run { add(run.amounts, at: run.start * 1_000_000, run.dimensions) }
                run = (start, record.dimensions, record.amounts)
            }
        }
        if let run { add(run.amounts, at: run.start * 1_000_000, run.dimensions) }
        for (key, amounts) in batch.sums { add(amounts, at: key.hour * 1_000_000, key.dimensions) }
        var sums: [SumKey: UsageAmounts] = [:]
        for (hour, amounts) in hours {
            for span in UsageSpan.allCases {
                let key = SumKey(
                    span: span, start: span.start(of: hour.start * 1_000_000), dimensions: hour.dimensions)
                sums[key, default: UsageAmounts()] += amounts
            }
        }
        return sums
    }

    private static let upsert: String = {
        let columns = ["span", "start_at"] + dimensions + amounts
        return "INSERT INTO usage_sums (" + columns.joined(separator: ", ") + ") VALUES "
            + "(" + columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ") + ") ON CONFLICT (span, start_at, "
            + dimensions.joined(separator: ", ") + ") DO UPDATE SET "
            + amounts.map { "\($0) = usage_sums.\($0) + excluded.\($0)" }.joined(separator: ", ")
    }()

    private static let recordColumns =
        ["request", "at"] + dimensions
        + [
            "outcome", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_nanos",
            "engine_microseconds", "first_piece", "duration",
        ]

    private static let insertRecords = SQLRows(
        "INSERT INTO usage_records (" + recordColumns.joined(separator: ", ") + ") VALUES", columns: recordColumns.count
    )
}

extension UsageRecord {
    /// Adds the values of a row, in the order of the columns; the dimensions in that of `UsageDimensions.fields`. One by one,
    /// because there is a row for each request.
    fileprivate func append(to values: inout [SQLValue]) {
        values.append(.text(request))
        values.append(.integer(at))
        let dimensions = self.dimensions
        values.append(.text(dimensions.tenant))
        values.append(.text(dimensions.team))
        values.append(.text(dimensions.user))
        values.append(.text(dimensions.key))
        values.append(.text(dimensions.model))
        values.append(.text(dimensions.endpoint))
        values.append(.text(dimensions.tag))
        values.append(.text(outcome.rawValue))
        values.append(.integer(amounts.inputTokens))
        values.append(.integer(amounts.cachedTokens))
        values.append(.integer(amounts.outputTokens))
        values.append(.integer(amounts.reasoningTokens))
        values.append(.integer(amounts.cost))
        values.append(.integer(amounts.engineMicroseconds))
        values.append(firstPiece.map(SQLValue.integer) ?? .null)
        values.append(.integer(duration))
    }

    fileprivate init(row: Row) throws {
        var dimensions = UsageDimensions()
        for field in UsageDimensions.fields { dimensions[keyPath: field.place] = try row.decode(field.name) }
        let word: String = try row.decode("outcome")
        let outcome = Outcome(rawValue: word) ?? .failed
        self.init(
            request: try row.decode("request"), at: try row.decode("at"), dimensions: dimensions, outcome: outcome,
            amounts: UsageAmounts(
                requests: outcome == .refused ? 0 : 1, failures: outcome == .failed ? 1 : 0,
                refusals: outcome == .refused ? 1 : 0, inputTokens: try row.decode("input_tokens"),
                cachedTokens: try row.decode("cached_tokens"), outputTokens: try row.decode("output_tokens"),
                reasoningTokens: try row.decode("reasoning_tokens"), cost: try row.decode("cost_nanos"),
                engineMicroseconds: try row.decode("engine_microseconds")),
            firstPiece: try row.decode("first_piece"), duration: try row.decode("duration"))
    }
}
