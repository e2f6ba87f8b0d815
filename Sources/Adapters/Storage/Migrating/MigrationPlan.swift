/// A step that the database says was applied.
struct AppliedMigration: Sendable, Equatable, RowDecodable {
    let id: Int64
    let name: String
    let checksum: String

    init(id: Int64, name: String, checksum: String) {
        self.id = id
        self.name = name
        self.checksum = checksum
    }

    init(row: Row) throws(StorageError) {
        id = try row.decode("id")
        name = try row.decode("name")
        checksum = try row.decode("checksum")
    }
}

/// Decides which steps are still to be applied. Pure.
enum MigrationPlan {
    /// - Parameters:
    ///   - migrations: the program's steps.
    ///   - applied: the database's steps, ordered by their number.
    ///   - dialect: for the checksums.
    /// - Returns: the steps to apply, in order.
    /// - Throws: `.migration` when the two histories do not fit together.
    static func pending(
        _ migrations: [Migration], after applied: [AppliedMigration], dialect: Dialect
    ) throws(StorageError) -> [Migration] {
        for (earlier, later) in zip(migrations, migrations.dropFirst()) where earlier.id >= later.id {
            throw StorageError(.migration, "migration \(later.id) is listed after \(earlier.id)")
        }
        for done in applied {
            guard let known = migrations.first(where: { $0.id == done.id }) else {
                throw StorageError(
                    .migration,
                    "the database has migration \(done.id) '\(done.name)', which this program does not know; "
                        + "it was made by a newer version")
            }
            guard known.checksum(for: dialect) == done.checksum else {
                throw StorageError(
                    .migration, "migration \(done.id) '\(done.name)' was changed after it had been applied")
            }
        }
        let newest = applied.last?.id ?? .min
        let doneIDs = Set(applied.map(\.id))
        let pending = migrations.filter { !doneIDs.contains($0.id) }
        if let late = pending.first, late.id < newest {
            throw StorageError(
                .migration, "migration \(late.id) '\(late.name)' is missing although \(newest) was applied")
        }
        return pending
    }
}
