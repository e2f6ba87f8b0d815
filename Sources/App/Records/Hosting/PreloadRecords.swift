public import Hosting
public import Storage
import Vocabulary

/// At which times of the week models are to be there, in the database. Migration 36 of the memory plan.
public struct PreloadRecords: Sendable {
    static let migrations = [
        Migration(
            id: 36, name: "preload schedules",
            sql: .shared(
                """
                CREATE TABLE preload_schedules (
                    place BIGINT PRIMARY KEY, model TEXT NOT NULL, days TEXT NOT NULL, start_minute BIGINT NOT NULL,
                    end_minute BIGINT NOT NULL)
                """))
    ]

    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    /// Keeps these schedules, and no others.
    public func replace(with schedules: [PreloadSchedule]) async throws {
        try await database.transaction { transaction in
            try await transaction.execute("DELETE FROM preload_schedules")
            for (place, schedule) in schedules.enumerated() {
                try await transaction.execute(
                    """
                    INSERT INTO preload_schedules (place, model, days, start_minute, end_minute)
                    VALUES ($1, $2, $3, $4, $5)
                    """,
                    [
                        .int(place), .text(schedule.model.name),
                        .text(schedule.days.sorted().map(String.init).joined(separator: " ")), .int(schedule.start),
                        .int(schedule.end),
                    ])
            }
        }
    }

    /// All schedules, in their order. What does not make sense, because somebody else wrote it, is left out.
    public func all() async throws -> [PreloadSchedule] {
        try await database.query("SELECT model, days, start_minute, end_minute FROM preload_schedules ORDER BY place")
            .compactMap { row in
                let days: String = try row.decode("days")
                return PreloadSchedule(
                    model: ModelID(try row.decode("model")),
                    days: Set(days.split(separator: " ").compactMap { Int($0) }),
                    start: Int(try row.decode(Int64.self, "start_minute")),
                    end: Int(try row.decode(Int64.self, "end_minute")))
            }
    }
}
