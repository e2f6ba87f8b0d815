import JSONText
import Storage
import Telemetry

/// What happened to workers, kept in the database: the newest events answer "why was it slow at noon?".
struct WorkerEvents: Sendable {
    /// Events that wait to be written; beyond it the oldest are dropped, as the log has them too.
    private static let waitingMax = 1_024
    /// Events that are kept per database; older ones are removed at start.
    private static let keptMax = 10_000

    static let migrations = [
        Migration(
            id: 1, name: "worker events",
            sql: .each(
                sqlite: """
                    CREATE TABLE worker_events (
                        id INTEGER PRIMARY KEY, at BIGINT NOT NULL, model TEXT NOT NULL, name TEXT NOT NULL, detail TEXT)
                    """,
                postgres: """
                    CREATE TABLE worker_events (
                        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at BIGINT NOT NULL, model TEXT NOT NULL,
                        name TEXT NOT NULL, detail TEXT)
                    """))
    ]

    private let database: Database
    private let logger: Logger
    private let incoming: AsyncStream<(UnixTime, WorkerSupervisor.Event)>
    private let sender: AsyncStream<(UnixTime, WorkerSupervisor.Event)>.Continuation

    init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
        (incoming, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingMax))
    }

    /// Takes an event; never waits.
    func report(_ event: WorkerSupervisor.Event) { sender.yield((.now(), event)) }

    /// No more events will come; `run` ends when all are written.
    func finish() { sender.finish() }

    /// Writes events as they come. A database that fails costs these records and a log line, never an answer.
    func run() async {
        await trim()
        for await (time, event) in incoming {
            do {
                try await database.execute(
                    "INSERT INTO worker_events (at, model, name, detail) VALUES ($1, $2, $3, $4)",
                    [
                        .integer(time.nanoseconds / 1_000), .text(event.model), .text(event.name),
                        event.detail.map(SQLValue.text) ?? .null,
                    ])
            } catch {
                logger.error("a worker event could not be kept", [.error: .error(error)])
            }
        }
    }

    private func trim() async {
        do {
            try await database.execute(
                "DELETE FROM worker_events WHERE id <= (SELECT COALESCE(MAX(id), 0) FROM worker_events) - $1",
                [.int(Self.keptMax)])
        } catch {
            logger.error("old worker events could not be removed", [.error: .error(error)])
        }
    }

    /// The newest events of a model, newest first.
    func newest(of model: String, countMax: Int) async throws -> JSONValue {
        let rows = try await database.query(
            "SELECT at, name, detail FROM worker_events WHERE model = $1 ORDER BY id DESC LIMIT $2",
            [.text(model), .int(countMax)])
        return .array(
            try rows.map { row in
                let at: Int64 = try row.decode("at")
                let name: String = try row.decode("name")
                let detail: String? = try row.decode("detail")
                return [
                    "at": .string(UnixTime(nanoseconds: at * 1_000).rfc3339), "event": .string(name),
                    "detail": detail.map(JSONValue.string) ?? .null,
                ]
            })
    }
}
