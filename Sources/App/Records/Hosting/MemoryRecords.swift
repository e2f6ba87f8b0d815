public import Hosting
public import Storage

/// What predictions of memory have to be multiplied by, in the database. Migrations 34 and 35 of the memory plan.
public struct MemoryRecords: Sendable {
    static let migrations = [
        Migration(
            id: 34, name: "memory of workers",
            sql: .shared(
                """
                CREATE TABLE memory_corrections (
                    model TEXT NOT NULL, settings TEXT NOT NULL, ratio DOUBLE PRECISION NOT NULL, samples BIGINT NOT NULL,
                    measured BIGINT NOT NULL, predicted BIGINT NOT NULL, at BIGINT NOT NULL,
                    PRIMARY KEY (model, settings))
                """)),
        Migration(
            id: 35, name: "hours of use",
            sql: .shared(
                """
                CREATE TABLE model_hours (
                    model TEXT NOT NULL, hour BIGINT NOT NULL, requests BIGINT NOT NULL, PRIMARY KEY (model, hour))
                """)),
    ]

    /// Corrections that are kept; those that were not learned from for the longest time go.
    public static let correctionsMax = 2_000

    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    /// Keeps what was learned of a model with its settings, in the place of what was known.
    ///
    /// - Parameters:
    ///   - correction: as it is now.
    ///   - key: model and settings.
    ///   - measured: bytes of the last sample.
    ///   - predicted: bytes without correction.
    ///   - at: microseconds since 1970.
    /// - Throws: `StorageError`.
    public func keep(
        _ correction: MemoryCorrection, of key: MemoryKey, measured: UInt64, predicted: UInt64, at: Int64
    ) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                INSERT INTO memory_corrections (model, settings, ratio, samples, measured, predicted, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (model, settings) DO UPDATE SET
                    ratio = excluded.ratio, samples = excluded.samples, measured = excluded.measured,
                    predicted = excluded.predicted, at = excluded.at
                """,
                [
                    .text(key.model), .text(key.settings), .real(correction.ratio), .int(correction.count),
                    .integer(Int64(clamping: measured)), .integer(Int64(clamping: predicted)), .integer(at),
                ])
            try await transaction.execute(
                """
                DELETE FROM memory_corrections WHERE at < (
                    SELECT COALESCE(MIN(at), 0) FROM (
                        SELECT at FROM memory_corrections ORDER BY at DESC LIMIT $1) AS newest)
                """, [.int(Self.correctionsMax)])
        }
    }

    /// Everything that was learned.
    public func corrections() async throws -> [MemoryKey: MemoryCorrection] {
        let rows = try await database.query("SELECT model, settings, ratio, samples FROM memory_corrections")
        var found: [MemoryKey: MemoryCorrection] = [:]
        for row in rows {
            let key = MemoryKey(model: try row.decode("model"), settings: try row.decode("settings"))
            found[key] = MemoryCorrection(
                ratio: try row.decode("ratio"), count: Int(try row.decode(Int64.self, "samples")))
        }
        return found
    }
}
