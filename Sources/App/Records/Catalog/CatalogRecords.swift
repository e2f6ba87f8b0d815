public import ModelCatalog
public import Storage

/// The model catalogue in the database. An example of how a store is written: SQL that both databases understand, every
/// change in one transaction, and values of Domain's types at its door.
public struct CatalogRecords: CatalogStoring {
    let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    public func page(_ query: CatalogQuery) async throws -> CatalogPage {
        let selection = CatalogSelection(query)
        return try await database.read { transaction in
            let total = try await transaction.query(selection.count, selection.parameters)
            let rows = try await transaction.query(selection.page, selection.parameters + selection.range)
            var records: [ModelRecord] = []
            var usage: [ModelName: ModelUsage] = [:]
            for row in rows {
                let (record, used) = try await Self.record(row, in: transaction)
                records.append(record)
                usage[record.name] = used
            }
            return CatalogPage(records: records, usage: usage, total: Int(try total[0].decodeOnly(Int64.self)))
        }
    }

    public func model(_ name: ModelName) async throws -> (record: ModelRecord, texts: ModelTexts)? {
        try await database.read { try await Self.model(name, in: $0) }
    }

    public func change(
        _ name: ModelName, _ edit: @Sendable (ModelRecord?) throws -> CatalogEdit
    ) async throws -> ModelRecord? {
        try await database.transaction { transaction in
            let kept = try await Self.model(name, in: transaction)?.record
            let result = try edit(kept)
            var record = kept
            switch result.outcome {
            case .keep: break
            case .write(let changed, let texts):
                precondition(changed.name == name, "an edit keeps the name")
                try await Self.write(changed, texts: texts, isNew: kept == nil, in: transaction)
                record = changed
            case .remove:
                try await Self.remove(name, in: transaction)
                record = nil
            }
            for event in result.events { try await Self.write(event, in: transaction) }
            return record
        }
    }

    public func events(_ query: CatalogEventQuery) async throws -> [CatalogEvent] {
        var conditions: [String] = []
        var parameters: [SQLValue] = []
        if let model = query.model {
            parameters += [.text(model.base), .text(model.tag)]
            conditions.append("base = $1 AND tag = $2")
        }
        if let before = query.before {
            parameters.append(.integer(before))
            conditions.append("id < $\(parameters.count)")
        }
        if let after = query.after {
            parameters.append(.integer(after))
            conditions.append("id > $\(parameters.count)")
        }
        parameters.append(.int(query.limit))
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let order = query.after == nil ? "DESC" : "ASC"
        let rows = try await database.query(
            "SELECT * FROM model_events\(filter) ORDER BY id \(order) LIMIT $\(parameters.count)", parameters)
        return try rows.compactMap(CatalogEvent.init(row:))
    }

    public func trimEvents(keeping countMax: Int) async throws {
        try await database.execute(
            "DELETE FROM model_events WHERE id <= (SELECT COALESCE(MAX(id), 0) FROM model_events) - $1",
            [.int(countMax)])
    }

    // MARK: Reading

    private static func model(
        _ name: ModelName, in transaction: Transaction
    ) async throws -> (record: ModelRecord, texts: ModelTexts)? {
        let rows = try await transaction.query(
            "SELECT * FROM models WHERE base = $1 AND tag = $2", [.text(name.base), .text(name.tag)])
        guard let row = rows.first else { return nil }
        return (try await record(row, in: transaction).record, try ModelTexts(row: row))
    }

    /// A record from its row, with its files, labels and usage.
    private static func record(
        _ row: Row, in transaction: Transaction
    ) async throws -> (record: ModelRecord, usage: ModelUsage?) {
        var record = try ModelRecord(row: row)
        let name: [SQLValue] = [.text(record.name.base), .text(record.name.tag)]
        record.files = try await transaction.query(
            "SELECT * FROM model_files WHERE base = $1 AND tag = $2 ORDER BY position", name
        ).map(ModelFile.init(row:))
        record.opinion.tags = try await transaction.query(
            "SELECT label FROM model_tags WHERE base = $1 AND tag = $2 ORDER BY position", name
        ).map { row in try row.decodeOnly(String.self) }
        let usage = try await transaction.query(
            "SELECT * FROM model_usage WHERE model = $1", [.text(record.name.description)]
        ).first.map(ModelUsage.init(row:))
        return (record, usage)
    }

    // MARK: Writing

    private static func write(
        _ record: ModelRecord, texts: ModelTexts?, isNew: Bool, in transaction: Transaction
    ) async throws {
        let columns = try record.columns
        let names = columns.map(\.name) + (texts == nil && !isNew ? [] : ["texts"])
        let values = columns.map(\.value) + (texts == nil && !isNew ? [] : [(texts ?? ModelTexts()).sqlValue])
        let places = names.indices.map { "$\($0 + 1)" }
        let updates = names.dropFirst(2).map { "\($0) = excluded.\($0)" }
        if isNew {
            try await transaction.execute(
                """
                INSERT INTO models (\(names.joined(separator: ", "))) VALUES (\(places.joined(separator: ", ")))
                ON CONFLICT (base, tag) DO UPDATE SET \(updates.joined(separator: ", "))
                """, values)
        } else {
            let assignments = names.indices.dropFirst(2).map { "\(names[$0]) = \(places[$0])" }
            try await transaction.execute(
                "UPDATE models SET \(assignments.joined(separator: ", ")) WHERE base = $1 AND tag = $2", values)
        }
        try await writeParts(of: record, in: transaction)
    }

    private static func writeParts(of record: ModelRecord, in transaction: Transaction) async throws {
        let name: [SQLValue] = [.text(record.name.base), .text(record.name.tag)]
        try await transaction.execute("DELETE FROM model_files WHERE base = $1 AND tag = $2", name)
        for (position, file) in record.files.enumerated() {
            try await transaction.execute(
                """
                INSERT INTO model_files
                (base, tag, position, path, role, byte_count, modified_at, device, inode, sha256)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """, name + [.int(position)] + file.columns)
        }
        try await transaction.execute("DELETE FROM model_tags WHERE base = $1 AND tag = $2", name)
        for (position, label) in record.opinion.tags.enumerated() {
            try await transaction.execute(
                "INSERT INTO model_tags (base, tag, label, position) VALUES ($1, $2, $3, $4)",
                name + [.text(label), .int(position)])
        }
    }

    /// Its events stay: what became of a model may be asked when it is gone.
    private static func remove(_ name: ModelName, in transaction: Transaction) async throws {
        for table in ["models", "model_files", "model_tags", "model_benchmarks"] {
            try await transaction.execute(
                "DELETE FROM \(table) WHERE base = $1 AND tag = $2", [.text(name.base), .text(name.tag)])
        }
    }

    private static func write(_ event: CatalogEvent, in transaction: Transaction) async throws {
        var before: String?
        var after: String?
        if case .change(_, let from, let to) = event.what { (before, after) = (from.text, to.text) }
        try await transaction.execute(
            """
            INSERT INTO model_events (at, base, tag, name, state_before, state_after, deployment, detail)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .integer(event.at), .text(event.model.base), .text(event.model.tag), .text(event.what.name),
                SQLValue(before), SQLValue(after), SQLValue(event.deployment),
                SQLValue(event.detail.map { String($0.prefix(CatalogEvent.detailBytesMax)) }),
            ])
    }
}
