public import Gateway
import JSONText
public import Storage

/// Versions of the routing table in the database. Migrations 85 to 89 are its own.
///
/// A version is one row, whole: after a crash the newest one is what was acknowledged.
public struct RoutingRecords: RoutingStore {
    static let migrations = [
        Migration(
            id: 85, name: "routing versions",
            sql: .shared(
                """
                CREATE TABLE routing_versions (
                    number BIGINT PRIMARY KEY, created_at BIGINT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL,
                    document TEXT NOT NULL)
                """))
    ]

    private let database: Database

    public init(_ database: Database) { self.database = database }

    public func versions() async throws -> [RoutingVersion] {
        try await database.query(
            "SELECT number, created_at, author, note, document FROM routing_versions ORDER BY number"
        ).map { row in
            let document: String = try row.decode("document")
            return RoutingVersion(
                number: try row.decode("number"),
                table: try RoutingTable(reading: JSONField(try JSONValue.parse(document))),
                note: try row.decode("note"), author: try row.decode("author"), createdAt: try row.decode("created_at"))
        }
    }

    public func add(_ version: RoutingVersion, keptMax: Int) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                "INSERT INTO routing_versions (number, created_at, author, note, document) VALUES ($1, $2, $3, $4, $5)",
                [
                    .int(version.number), .integer(version.createdAt), .text(version.author), .text(version.note),
                    .text(version.table.json.text),
                ])
            try await transaction.execute(
                "DELETE FROM routing_versions WHERE number <= $1", [.int(version.number - max(1, keptMax))])
        }
    }
}
