public import Storage

/// In which hours each model was asked, in the database: what the use of models is learned from.
public struct UsageHours: Sendable {
    /// Hours that are kept: eight weeks. What is older counts almost nothing for the pattern.
    public static let hoursMax: Int64 = 8 * 168
    /// Names that are kept; more come only from somebody who makes them up.
    public static let modelsMax = 1_024

    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    /// Adds requests, and removes hours that are too old.
    ///
    /// - Parameters:
    ///   - requests: by model, and by the hour since 1970.
    ///   - present: the hour that it is.
    /// - Throws: `StorageError`.
    public func add(_ requests: [String: [Int64: Int64]], present: Int64) async throws {
        guard !requests.isEmpty else { return }
        try await database.transaction { transaction in
            // In one order always, so that two writers do not wait for each other.
            for (model, hours) in requests.sorted(by: { $0.key < $1.key }) {
                for (hour, count) in hours.sorted(by: { $0.key < $1.key }) {
                    try await transaction.execute(
                        """
                        INSERT INTO model_hours (model, hour, requests) VALUES ($1, $2, $3)
                        ON CONFLICT (model, hour) DO UPDATE SET requests = model_hours.requests + excluded.requests
                        """, [.text(model), .integer(hour), .integer(count)])
                }
            }
            try await transaction.execute(
                "DELETE FROM model_hours WHERE hour < $1", [.integer(present - Self.hoursMax)])
        }
    }

    /// Requests by model, and by the hour since 1970.
    public func all() async throws -> [String: [Int64: Int64]] {
        var found: [String: [Int64: Int64]] = [:]
        for row in try await database.query("SELECT model, hour, requests FROM model_hours ORDER BY model, hour") {
            let model: String = try row.decode("model")
            guard found[model] != nil || found.count < Self.modelsMax else { break }
            found[model, default: [:]][try row.decode("hour")] = try row.decode(Int64.self, "requests")
        }
        return found
    }
}
