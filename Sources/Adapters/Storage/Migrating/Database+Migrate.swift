extension Database {
    /// Brings the schema up to date: applies the steps that the database has not seen, all in one transaction, so that it
    /// ends with all of them or as it was.
    ///
    /// Any number of processes may call this at once; one applies the steps and the others find them done. Before an SQLite
    /// database that already holds something is changed, it is copied beside itself.
    ///
    /// - Throws: `.migration` when a released step was changed, when the database knows steps that the program does not, or
    ///   when a step fails; the message names it.
    @discardableResult
    public func migrate(_ migrations: [Migration]) async throws -> MigrationReport {
        try refuseNesting()
        // A glance without a lock decides whether a snapshot is worth making; the plan is made again under the lock.
        let isDue = try await !MigrationPlan.pending(migrations, after: appliedBefore(), dialect: dialect).isEmpty
        guard isDue else { return MigrationReport(applied: [], snapshotPath: nil) }
        let snapshotPath = try await takeSnapshot()
        // Read committed: after waiting for the lock, the steps of the process that held it must be seen.
        let applied = try await transaction(.readCommitted) { transaction in
            try await self.apply(migrations, in: transaction)
        }
        return MigrationReport(applied: applied, snapshotPath: snapshotPath)
    }

    /// An arbitrary number that names the lock among all advisory locks of a PostgreSQL database ("nexus" in ASCII).
    private static let advisoryLock: Int64 = 0x6e65_7875_73

    private static let historyColumns = "SELECT id, name, checksum FROM schema_migrations ORDER BY id"

    private func apply(_ migrations: [Migration], in transaction: Transaction) async throws -> [Int64] {
        if dialect == .postgres {
            try await transaction.execute("SELECT pg_advisory_xact_lock($1)", [.integer(Self.advisoryLock)])
        }
        try await transaction.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations
            (id BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)
            """)
        let applied = try await transaction.query(as: AppliedMigration.self, Self.historyColumns)
        let pending = try MigrationPlan.pending(migrations, after: applied, dialect: dialect)
        for migration in pending { try await apply(migration, in: transaction) }
        return pending.map(\.id)
    }

    private func apply(_ migration: Migration, in transaction: Transaction) async throws {
        do throws(StorageError) {
            try await transaction.runScript(migration.sql.text(for: dialect))
            let microseconds =
                switch dialect {
                case .sqlite: "CAST((julianday('now') - 2440587.5) * 86400000000 AS BIGINT)"
                case .postgres: "CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)"
                }
            try await transaction.execute(
                "INSERT INTO schema_migrations (id, name, checksum, applied_at) VALUES ($1, $2, $3, \(microseconds))",
                [.integer(migration.id), .text(migration.name), .text(migration.checksum(for: dialect))])
        } catch {
            if error.code.isTransient || error.code == .cancelled || error.code == .connection { throw error }
            throw StorageError(
                .migration, "migration \(migration.id) '\(migration.name)' failed: \(error.message)",
                detail: error.detail)
        }
    }

    /// The steps that were applied, read without a lock.
    private func appliedBefore() async throws(StorageError) -> [AppliedMigration] {
        let name =
            switch dialect {
            case .sqlite: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'"
            case .postgres: "SELECT 'found' AS name WHERE to_regclass('schema_migrations') IS NOT NULL"
            }
        guard try await !query(name).isEmpty else { return [] }
        return try await query(as: AppliedMigration.self, Self.historyColumns)
    }

    private func takeSnapshot() async throws(StorageError) -> String? {
        let session = try await writers.acquire()
        defer { writers.release(session) }
        return try await session.takeSnapshot()
    }
}
