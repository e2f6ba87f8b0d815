import Access
import Configuration
import Records
import Storage
import Telemetry

/// What everything else stands on: the database, who may do what, secrets, the audit trail, the catalogue. Open before
/// the other parts are made, and closed after all of them have ended.
struct BaseParts: Sendable {
    let database: Database
    let trust: TrustPart
    let secrets: SecretsPart
    let access: AccessPart
    /// What happens to workers, on its way into the database.
    let events: WorkerEvents
    /// Who uses a model's files; told later, when there are deployments.
    let uses: DeploymentUses
    let catalog: CatalogPart
    private let recording: Task<Void, Never>
    private let auditing: Task<Void, Never>
    private let cataloguing: Task<Void, Never>

    /// Opens them, the database first.
    ///
    /// - Throws: when the database or what is kept in it cannot be opened; nothing is open then.
    init(_ configuration: Configuration, logger: Logger) async throws {
        database = try await Self.openDatabase(configuration, logger: logger)
        let trust = TrustPart(database: database, configuration: configuration, logger: logger.labelled("trust"))
        do {
            secrets = try SecretsPart(
                configuration, database: database, audit: trust.audit, logger: logger.labelled("secrets"))
            access = try await AccessPart.open(
                configuration, database: database, sealer: secrets.sealer, logger: logger.labelled("access")
            ) {
                trust.audit.note($0.auditEntry)
            }
        } catch {
            await database.close()
            throw error
        }
        let events = WorkerEvents(database: database, logger: logger.labelled("storage"))
        uses = DeploymentUses()
        let catalog = CatalogPart(
            database: database, configuration: configuration, uses: uses.modelUses, logger: logger.labelled("catalog"))
        recording = Task { await events.run() }
        auditing = Task { await trust.run() }
        await catalog.prepare()
        cataloguing = Task { await catalog.run() }
        self.trust = trust
        self.events = events
        self.catalog = catalog
    }

    private static func openDatabase(_ configuration: Configuration, logger: Logger) async throws -> Database {
        let database: Database
        switch configuration.storage {
        case .embedded:
            database = try await Database.open(SQLiteSettings(path: configuration.dataDir + "/nexus.db"))
        case .postgres(let url):
            database = try await Database.open(PostgresSettings(connectionText: url.revealed))
        }
        let report = try await database.migrate(WorkerEvents.migrations + Migrations.all)
        if let snapshot = report.snapshotPath {
            logger.notice("database migrated; the file from before is kept", ["snapshot": .string(snapshot)])
        }
        return database
    }

    /// Writes what is still to be written, and closes the database.
    ///
    /// - Parameter wasServing: whether the audit trail is to tell that a server has stopped.
    func close(wasServing: Bool) async {
        events.finish()
        catalog.finish()
        trust.finish(wasServing: wasServing)
        await auditing.value
        await recording.value
        await cataloguing.value
        await access.close()
        await database.close()
    }
}
