public import Jobs
import JSONText
public import Storage

/// Jobs in the database.
public struct JobTable: JobStore {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// The migrations of this table. Numbers 20 to 29.
    public static let migrations = [
        Migration(
            id: 20, name: "jobs",
            sql: """
                CREATE TABLE jobs (
                    id TEXT PRIMARY KEY, kind TEXT NOT NULL, parameters TEXT NOT NULL, key TEXT,
                    priority BIGINT NOT NULL, created BIGINT NOT NULL, state TEXT NOT NULL, revision BIGINT NOT NULL,
                    attempts BIGINT NOT NULL, interruptions BIGINT NOT NULL, not_before BIGINT, started BIGINT,
                    ended BIGINT, owner TEXT, lease_until BIGINT, cancel_requested BIGINT NOT NULL,
                    done BIGINT NOT NULL, total BIGINT, unit TEXT NOT NULL, stage TEXT NOT NULL, log TEXT NOT NULL,
                    checkpoint TEXT, result TEXT, failure TEXT);
                CREATE INDEX jobs_by_state ON jobs (state, id);
                CREATE UNIQUE INDEX jobs_by_key ON jobs (key) WHERE state IN ('queued', 'running', 'interrupted');
                """)
    ]

    /// The states of jobs that are not finished, as SQL.
    private static let unfinished = "('queued', 'running', 'interrupted')"

    public func add(_ record: JobRecord, unfinishedMax: Int) async throws -> JobAdmission {
        try await database.transaction { transaction in
            if let key = record.key {
                let same = try await transaction.query(
                    as: JobRow.self, "SELECT * FROM jobs WHERE key = $1 AND state IN \(Self.unfinished)", [.text(key)])
                if let first = same.first { return .joined(first.record) }
            }
            let count = try await transaction.query(
                "SELECT COUNT(*) AS count FROM jobs WHERE state IN \(Self.unfinished)"
            ).first?.decodeOnly(Int.self)
            if let count, count >= unfinishedMax { return .full(count) }
            let columns = JobRow.values(of: record)
            let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
            try await transaction.execute(
                "INSERT INTO jobs (\(columns.map(\.name).joined(separator: ", "))) VALUES (\(places))",
                columns.map(\.value))
            return .added
        }
    }

    public func find(_ id: JobID) async throws -> JobRecord? {
        try await database.query(as: JobRow.self, "SELECT * FROM jobs WHERE id = $1", [.text(id.text)]).first?.record
    }

    public func list(_ filter: JobFilter) async throws -> [JobRecord] {
        var conditions: [String] = []
        var parameters: [SQLValue] = []
        func bind(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        if !filter.states.isEmpty {
            let states = filter.states.map { bind(.text($0.rawValue)) }.joined(separator: ", ")
            conditions.append("state IN (\(states))")
        }
        if let kind = filter.kind { conditions.append("kind = \(bind(.text(kind)))") }
        if let before = filter.before { conditions.append("id < \(bind(.text(before.text)))") }
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        return try await database.query(
            as: JobRow.self, "SELECT * FROM jobs \(condition) ORDER BY id DESC LIMIT \(filter.countMax)", parameters
        ).map(\.record)
    }

    public func tickets() async throws -> [JobTicket] {
        try await database.query(
            """
            SELECT id, kind, priority, state, not_before, owner, lease_until FROM jobs
            WHERE state IN \(Self.unfinished) ORDER BY id
            """
        ).map { row in
            JobTicket(
                id: JobID(try row.decode("id")), kind: try row.decode("kind"), priority: try row.decode("priority"),
                state: try JobRow.state(row), notBefore: try JobRow.moment(row, "not_before"),
                lease: try JobRow.lease(row))
        }
    }

    public func replace(_ record: JobRecord, expecting revision: Int64) async throws -> Bool {
        let columns = JobRow.values(of: record)
        let changes = columns.enumerated().map { "\($1.name) = $\($0 + 1)" }.joined(separator: ", ")
        do throws(StorageError) {
            let outcome = try await database.execute(
                "UPDATE jobs SET \(changes) WHERE id = $\(columns.count + 1) AND revision = $\(columns.count + 2)",
                columns.map(\.value) + [.text(record.id.text), .integer(revision)])
            return outcome.changes == 1
        } catch {
            if error.code == .constraint(.unique) { throw JobKeyTaken() }
            throw error
        }
    }

    public func remove(_ id: JobID) async throws -> Bool {
        try await database.execute(
            "DELETE FROM jobs WHERE id = $1 AND state NOT IN \(Self.unfinished)", [.text(id.text)]
        ).changes == 1
    }

    public func removeFinished(keeping countMax: Int, endedAfter moment: JobMoment) async throws -> Int {
        try await database.execute(
            """
            DELETE FROM jobs WHERE state NOT IN \(Self.unfinished) AND (ended < $1 OR id NOT IN
            (SELECT id FROM jobs WHERE state NOT IN \(Self.unfinished) ORDER BY id DESC LIMIT $2))
            """, [.integer(moment.rawValue), .int(countMax)]
        ).changes
    }
}
