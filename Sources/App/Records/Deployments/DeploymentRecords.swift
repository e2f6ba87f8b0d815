public import Hosting
import JSONText
public import Storage

/// Deployments and their versions in the database. Migrations 30 to 39 are its own.
///
/// Each change is one transaction: after a crash a deployment has one active version, whole.
public struct DeploymentRecords: DeploymentStore {
    static let migrations = [
        Migration(
            id: 30, name: "deployments",
            sql: .shared(
                """
                CREATE TABLE deployments (
                    name TEXT PRIMARY KEY, origin TEXT NOT NULL, created_at BIGINT NOT NULL, is_stopped BIGINT NOT NULL,
                    configured TEXT);
                CREATE TABLE deployment_versions (
                    deployment TEXT NOT NULL, number BIGINT NOT NULL, created_at BIGINT NOT NULL, state TEXT NOT NULL,
                    note TEXT NOT NULL, reason TEXT, spec TEXT NOT NULL, PRIMARY KEY (deployment, number))
                """))
    ]

    private let database: Database
    /// Seals what must not stand in the database as it is; `nil` seals nothing.
    private let secrets: DeploymentSecrets?

    public init(_ database: Database, secrets: DeploymentSecrets? = nil) {
        self.database = database
        self.secrets = secrets
    }

    /// Seals what was written before there was a key.
    public func sealAll() async throws {
        guard let secrets else { return }
        try await database.transaction { transaction in
            for (table, name, column) in [
                ("deployment_versions", "deployment", "spec"), ("deployments", "name", "configured"),
            ] {
                let rows = try await transaction.query(
                    "SELECT DISTINCT \(name) AS name, \(column) AS text FROM \(table) WHERE \(column) IS NOT NULL")
                for row in rows {
                    let (owner, before): (String, String) = (try row.decode("name"), try row.decode("text"))
                    let after = secrets.sealedAnyhow(try JSONValue.parse(before), of: owner).text
                    guard after != before else { continue }
                    try await transaction.execute(
                        "UPDATE \(table) SET \(column) = $1 WHERE \(name) = $2 AND \(column) = $3",
                        [.text(after), .text(owner), .text(before)])
                }
            }
        }
    }

    public func deployments() async throws -> [DeploymentRecord] {
        try await database.read { transaction in
            var records = try await transaction.query(
                "SELECT name, origin, created_at, is_stopped, configured FROM deployments ORDER BY created_at, name"
            ).map(record)
            let versions = try await transaction.query(
                "SELECT deployment, number, created_at, state, note, reason, spec FROM deployment_versions "
                    + "ORDER BY deployment, number")
            for row in versions {
                let name: String = try row.decode("deployment")
                guard let place = records.firstIndex(where: { $0.name == name }) else { continue }
                records[place].versions.append(try version(row, of: name))
            }
            return records
        }
    }

    public func add(_ record: DeploymentRecord) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                "INSERT INTO deployments (name, origin, created_at, is_stopped, configured) VALUES ($1, $2, $3, $4, $5)",
                [
                    .text(record.name), .text(record.origin.rawValue), .integer(record.createdAt),
                    .bool(record.isStopped), record.configured.map { .text(text($0, of: record.name)) } ?? .null,
                ])
            for version in record.versions { try await insert(version, of: record.name, transaction) }
        }
    }

    public func remove(_ name: String) async throws {
        try await database.transaction { transaction in
            try await transaction.execute("DELETE FROM deployment_versions WHERE deployment = $1", [.text(name)])
            try await transaction.execute("DELETE FROM deployments WHERE name = $1", [.text(name)])
        }
    }

    public func add(_ version: DeploymentVersion, to name: String) async throws {
        try await database.transaction { try await insert(version, of: name, $0) }
    }

    public func activate(_ number: Int, of name: String) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                "UPDATE deployment_versions SET state = 'superseded' WHERE deployment = $1 AND state = 'active'",
                [.text(name)])
            try await transaction.execute(
                "UPDATE deployment_versions SET state = 'active', reason = NULL WHERE deployment = $1 AND number = $2",
                [.text(name), .int(number)])
        }
    }

    public func fail(_ number: Int, of name: String, reason: String) async throws {
        try await database.execute(
            "UPDATE deployment_versions SET state = 'failed', reason = $3 WHERE deployment = $1 AND number = $2",
            [.text(name), .int(number), .text(reason)])
    }

    public func setStopped(_ isStopped: Bool, of name: String) async throws {
        try await database.execute(
            "UPDATE deployments SET is_stopped = $2 WHERE name = $1", [.text(name), .bool(isStopped)])
    }

    public func setConfigured(_ spec: DeploymentSpec, of name: String) async throws {
        try await database.execute(
            "UPDATE deployments SET configured = $2 WHERE name = $1", [.text(name), .text(text(spec, of: name))])
    }

    // MARK: Rows

    private func insert(
        _ version: DeploymentVersion, of name: String, _ transaction: Transaction
    ) async throws {
        try await transaction.execute(
            "INSERT INTO deployment_versions (deployment, number, created_at, state, note, reason, spec) "
                + "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                .text(name), .int(version.number), .integer(version.createdAt), .text(version.state.rawValue),
                .text(version.note), version.reason.map(SQLValue.text) ?? .null, .text(text(version.spec, of: name)),
            ])
    }

    private func record(_ row: Row) throws -> DeploymentRecord {
        let configured: String? = try row.decode("configured")
        let origin: String = try row.decode("origin")
        let name: String = try row.decode("name")
        return DeploymentRecord(
            name: name, origin: DeploymentOrigin(rawValue: origin) ?? .api,
            createdAt: try row.decode("created_at"), isStopped: try row.decode("is_stopped"),
            configured: try configured.map { try spec($0, of: name) })
    }

    private func version(_ row: Row, of name: String) throws -> DeploymentVersion {
        let state: String = try row.decode("state")
        return DeploymentVersion(
            number: try row.decode("number"), spec: try spec(try row.decode("spec"), of: name),
            note: try row.decode("note"),
            createdAt: try row.decode("created_at"), state: DeploymentVersionState(rawValue: state) ?? .failed,
            reason: try row.decode("reason"))
    }

    private func text(_ spec: DeploymentSpec, of name: String) -> String {
        let configuration = spec.json(isShown: false)
        return (secrets?.sealed(configuration, of: name) ?? configuration).text
    }

    private func spec(_ text: String, of name: String) throws -> DeploymentSpec {
        let configuration = try JSONValue.parse(text)
        return try DeploymentSpec(reading: JSONField(secrets?.opened(configuration, of: name) ?? configuration))
    }
}
