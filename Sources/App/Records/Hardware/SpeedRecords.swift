public import Hardware
public import Storage

/// How fast models ran on this machine, in the database. Migrations 50 to 59 are its own.
public struct SpeedRecords: Sendable {
    static let migrations = [
        Migration(
            id: 50, name: "measured speeds",
            sql: .shared(
                """
                CREATE TABLE speed_runs (
                    model TEXT NOT NULL, engine TEXT NOT NULL, threads BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,
                    at BIGINT NOT NULL, generated_tokens BIGINT NOT NULL, prompt_speed DOUBLE PRECISION NOT NULL,
                    generation_speed DOUBLE PRECISION NOT NULL, weight_bytes DOUBLE PRECISION NOT NULL,
                    weights DOUBLE PRECISION NOT NULL, layers DOUBLE PRECISION NOT NULL,
                    cache_bytes DOUBLE PRECISION NOT NULL, attention_operations DOUBLE PRECISION NOT NULL,
                    PRIMARY KEY (model, engine, threads, prompt_tokens))
                """))
    ]

    private let database: Database
    /// Runs that are kept; the oldest go.
    public static let countMax = 1_000

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    /// Keeps a run; a newer one of the same model, engine, threads and prompt takes its place.
    ///
    /// - Parameters:
    ///   - run: sound, as `SpeedMeasurement.isSound` says.
    ///   - at: microseconds since 1970.
    /// - Throws: `StorageError`.
    public func add(_ run: SpeedMeasurement, at: Int64) async throws {
        precondition(run.isSound, "only sound runs are kept")
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                INSERT INTO speed_runs (model, engine, threads, prompt_tokens, at, generated_tokens, prompt_speed,
                    generation_speed, weight_bytes, weights, layers, cache_bytes, attention_operations)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT (model, engine, threads, prompt_tokens) DO UPDATE SET
                    at = excluded.at, generated_tokens = excluded.generated_tokens,
                    prompt_speed = excluded.prompt_speed, generation_speed = excluded.generation_speed,
                    weight_bytes = excluded.weight_bytes, weights = excluded.weights, layers = excluded.layers,
                    cache_bytes = excluded.cache_bytes, attention_operations = excluded.attention_operations
                """,
                [
                    .text(run.model), .text(run.engine), .int(run.threads), .int(run.promptTokens), .integer(at),
                    .int(run.generatedTokens), .real(run.promptSpeed), .real(run.generationSpeed),
                    .real(run.cost.weightBytes), .real(run.cost.weights), .real(run.cost.layers),
                    .real(run.cost.cacheBytes), .real(run.cost.attentionOperations),
                ])
            try await transaction.execute(
                """
                DELETE FROM speed_runs WHERE at < (
                    SELECT COALESCE(MIN(at), 0) FROM (
                        SELECT at FROM speed_runs ORDER BY at DESC LIMIT $1) AS newest)
                """, [.int(Self.countMax)])
        }
    }

    /// The newest runs, newest first.
    public func newest(countMax: Int = countMax) async throws -> [SpeedMeasurement] {
        try await database.query(
            "SELECT * FROM speed_runs ORDER BY at DESC, model, prompt_tokens LIMIT $1", [.int(countMax)]
        ).map { row in
            SpeedMeasurement(
                model: try row.decode("model"),
                cost: TokenCost(
                    weightBytes: try row.decode("weight_bytes"), weights: try row.decode("weights"),
                    layers: try row.decode("layers"), cacheBytes: try row.decode("cache_bytes"),
                    attentionOperations: try row.decode("attention_operations")),
                promptTokens: Int(try row.decode(Int64.self, "prompt_tokens")),
                promptSpeed: try row.decode("prompt_speed"),
                generatedTokens: Int(try row.decode(Int64.self, "generated_tokens")),
                generationSpeed: try row.decode("generation_speed"),
                threads: Int(try row.decode(Int64.self, "threads")), engine: try row.decode("engine"))
        }
    }
}
