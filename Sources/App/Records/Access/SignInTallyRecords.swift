public import Access
public import Storage
public import Telemetry

/// Failed sign-ins in the database, for all processes that share it.
public struct SignInTallyRecords: SignInTallyStore {
    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(_ database: Database) { self.database = database }

    public func tallies(of keys: [[UInt8]]) async throws -> [[UInt8]: SignInTally] {
        try await database.read { transaction in
            var found: [[UInt8]: SignInTally] = [:]
            for key in keys {
                let rows = try await transaction.query(
                    "SELECT failures, last FROM access_failures WHERE key = $1", [.blob(key)])
                for row in rows { found[key] = try Self.tally(row) }
            }
            return found
        }
    }

    public func change(
        _ keys: [[UInt8]], _ decide: @Sendable ([[UInt8]: SignInTally]) throws -> [[UInt8]: SignInTally]
    ) async throws {
        // In one order for all, so that none waits for another one that waits for it.
        let keys = Set(keys).sorted { $0.lexicographicallyPrecedes($1) }
        // A power cut may take the last moments: it takes those who guess longer to make one.
        try await database.transaction(.readCommitted, durability: .process) { transaction in
            var found: [[UInt8]: SignInTally] = [:]
            for key in keys {
                // Written to be locked, whether it was there or not.
                let rows = try await transaction.query(
                    """
                    INSERT INTO access_failures (key, failures, last) VALUES ($1, 0, 0)
                    ON CONFLICT (key) DO UPDATE SET failures = access_failures.failures RETURNING failures, last
                    """, [.blob(key)])
                let tally = try rows.first.map(Self.tally)
                if let tally, tally.failures > 0 { found[key] = tally }
            }
            let wanted = try decide(found)
            for key in keys {
                guard let tally = wanted[key] else {
                    try await transaction.execute("DELETE FROM access_failures WHERE key = $1", [.blob(key)])
                    continue
                }
                try await transaction.execute(
                    "UPDATE access_failures SET failures = $2, last = $3 WHERE key = $1",
                    [.blob(key), .int(tally.failures), AccessRows.value(tally.last)])
            }
        }
    }

    public func trim(before moment: UnixTime, keeping countMax: Int) async throws {
        try await database.transaction(.readCommitted, durability: .process) { transaction in
            try await transaction.execute(
                "DELETE FROM access_failures WHERE last < $1", [AccessRows.value(moment)])
            try await transaction.execute(
                """
                DELETE FROM access_failures WHERE last <= (
                    SELECT last FROM access_failures ORDER BY last DESC LIMIT 1 OFFSET $1)
                """, [.int(countMax)])
        }
    }

    private static func tally(_ row: Row) throws -> SignInTally {
        SignInTally(failures: try row.decode("failures"), last: try AccessRows.time(row, "last"))
    }
}
