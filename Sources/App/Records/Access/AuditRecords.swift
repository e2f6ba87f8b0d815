public import Access
import JSONText
public import Storage

/// The audit trail in the database. Migrations 75 to 79 are its own and the sealed secrets'.
///
/// The database itself refuses to change or remove entries, whoever asks with SQL: by triggers. A person with the file, or
/// with the rights of the table's owner, can still do it; the chain of hashes then tells.
public struct AuditRecords: AuditStore {
    static let migrations = [
        Migration(
            id: 75, name: "audit trail",
            sql: .each(
                sqlite: table + """
                    ;
                    CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
                    BEGIN SELECT RAISE(ABORT, 'entries of the audit trail are not changed'); END;
                    CREATE TRIGGER audit_entries_last BEFORE DELETE ON audit_entries
                    BEGIN SELECT RAISE(ABORT, 'entries of the audit trail are not removed'); END;
                    """,
                postgres: table + """
                    ;
                    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $body$
                    BEGIN RAISE EXCEPTION 'entries of the audit trail are neither changed nor removed'; END; $body$;
                    CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
                        FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
                    CREATE TRIGGER audit_entries_last BEFORE TRUNCATE ON audit_entries
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
                    """))
    ]

    private static let table = """
        CREATE TABLE audit_entries (
            sequence BIGINT PRIMARY KEY, at BIGINT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
            "user" TEXT, hash TEXT NOT NULL, line TEXT NOT NULL);
        CREATE INDEX audit_entries_by_action ON audit_entries (action, sequence);
        CREATE INDEX audit_entries_by_user ON audit_entries ("user", sequence);
        CREATE INDEX audit_entries_by_time ON audit_entries (at)
        """

    private let database: Database

    public init(_ database: Database) { self.database = database }

    public func append(_ link: @Sendable (AuditHead) -> [AuditRecord]) async throws {
        // Each statement sees what is committed, so that what follows the lock sees what was written before it.
        try await database.transaction(.readCommitted) { transaction in
            if database.dialect == .postgres {
                try await transaction.execute("LOCK TABLE audit_entries IN EXCLUSIVE MODE")
            }
            let head = try await Self.head(
                transaction.query("SELECT sequence, hash FROM audit_entries ORDER BY sequence DESC LIMIT 1"))
            for record in link(head) {
                try await transaction.execute(
                    "INSERT INTO audit_entries (sequence, at, action, outcome, \"user\", hash, line) "
                        + "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    [
                        .integer(record.sequence), .integer(record.entry.at), .text(record.entry.action.rawValue),
                        .text(record.entry.outcome.rawValue), record.entry.actor.map { .text($0.user) } ?? .null,
                        .text(record.hash), .text(record.line),
                    ])
            }
        }
    }

    public func lines(_ filter: AuditFilter) async throws -> [String] {
        var conditions: [String] = []
        var values: [SQLValue] = []
        func demand(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            values.append(value)
            conditions.append("\(condition) $\(values.count)")
        }
        demand("action =", filter.action.map(SQLValue.text))
        demand("outcome =", filter.outcome.map { .text($0.rawValue) })
        demand("\"user\" =", filter.user.map(SQLValue.text))
        demand("sequence <", filter.before.map(SQLValue.integer))
        demand("at >=", filter.from.map(SQLValue.integer))
        values.append(.int(filter.countMax))
        let rows = try await database.query(
            "SELECT line FROM audit_entries"
                + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
                + " ORDER BY sequence DESC LIMIT $\(values.count)", values)
        return try rows.map { try $0.decode(String.self, "line") }
    }

    public func forEachLine(after sequence: Int64, _ body: (String) async throws -> Void) async throws {
        try await database.forEachRow(
            "SELECT sequence, at, action, outcome, \"user\", hash, line FROM audit_entries WHERE sequence > $1 "
                + "ORDER BY sequence", [.integer(sequence)]
        ) { row in
            let line: String = try row.decode("line")
            try Self.check(row, line)
            try await body(line)
        }
    }

    public func head() async throws -> AuditHead {
        try await Self.head(
            database.query("SELECT sequence, hash FROM audit_entries ORDER BY sequence DESC LIMIT 1"))
    }

    private static func head(_ rows: [Row]) throws -> AuditHead {
        guard let row = rows.first else { return .origin }
        return AuditHead(sequence: try row.decode("sequence"), hash: try row.decode("hash"))
    }

    /// The columns must say what the line says: they are what records are found by.
    private static func check(_ row: Row, _ line: String) throws {
        let sequence: Int64 = try row.decode("sequence")
        // A line that is no JSON is found by who verifies it.
        guard let record = parsed(line) else { return }
        let user: String? = try row.decode("user")
        guard record["sequence"]?.integer == sequence, record["at"]?.integer == (try row.decode(Int64.self, "at")),
            record["action"]?.string == (try row.decode(String.self, "action")),
            record["outcome"]?.string == (try row.decode(String.self, "outcome")),
            record["hash"]?.string == (try row.decode(String.self, "hash")), record["actor"]?["user"]?.string == user
        else { throw AuditFault.indexed(sequence) }
    }

    private static func parsed(_ line: String) -> JSONValue? {
        do { return try JSONValue.parse(Array(line.utf8)) } catch { return nil }
    }
}
