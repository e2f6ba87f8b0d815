import JSONText
public import ModelCatalog
import Storage

extension CatalogRecords: ModelStatistics {
    /// Adds what was used since the last time, all in one transaction.
    ///
    /// - Parameter usage: by the name that a model is served under.
    /// - Throws: `StorageError`.
    public func add(_ usage: [String: ModelUsage]) async throws {
        guard !usage.isEmpty else { return }
        try await database.transaction { transaction in
            // In one order always, so that two writers do not wait for each other.
            for (model, used) in usage.sorted(by: { $0.key < $1.key }) {
                try await transaction.execute(
                    """
                    INSERT INTO model_usage
                    (model, requests, prompt_tokens, completion_tokens, failures, last_used_at)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (model) DO UPDATE SET
                        requests = model_usage.requests + excluded.requests,
                        prompt_tokens = model_usage.prompt_tokens + excluded.prompt_tokens,
                        completion_tokens = model_usage.completion_tokens + excluded.completion_tokens,
                        failures = model_usage.failures + excluded.failures,
                        last_used_at = CASE WHEN excluded.last_used_at > model_usage.last_used_at
                            THEN excluded.last_used_at ELSE model_usage.last_used_at END
                    """,
                    [
                        .text(model), .integer(used.requests), .integer(used.promptTokens),
                        .integer(used.completionTokens), .integer(used.failures), .integer(used.lastUsedAt),
                    ])
            }
        }
    }

    /// What was used under a name; `nil` when nothing was.
    public func usage(of model: String) async throws -> ModelUsage? {
        try await database.query("SELECT * FROM model_usage WHERE model = $1", [.text(model)])
            .first.map(ModelUsage.init(row:))
    }

    /// Everything that was used, the last used first.
    ///
    /// - Parameter countMax: of models.
    /// - Returns: names as they were served, with their usage.
    /// - Throws: `StorageError`.
    public func usage(countMax: Int) async throws -> [(model: String, usage: ModelUsage)] {
        try await database.query(
            "SELECT * FROM model_usage ORDER BY last_used_at DESC, model LIMIT $1", [.int(countMax)]
        ).map { row in (try row.decode(String.self, "model"), try ModelUsage(row: row)) }
    }

    /// Keeps a measurement; the oldest of the model go when there are too many.
    public func add(_ benchmark: ModelBenchmark, to name: ModelName) async throws {
        let place: [SQLValue] = [.text(name.base), .text(name.tag)]
        try await database.transaction { transaction in
            try await transaction.execute(
                "INSERT INTO model_benchmarks (base, tag, at, kind, document) VALUES ($1, $2, $3, $4, $5)",
                place + [
                    .integer(benchmark.at), .text(benchmark.kind), .text(JSONValue.object(benchmark.values).text),
                ])
            try await transaction.execute(
                """
                DELETE FROM model_benchmarks WHERE base = $1 AND tag = $2 AND id NOT IN (
                    SELECT id FROM model_benchmarks WHERE base = $1 AND tag = $2 ORDER BY id DESC LIMIT $3)
                """, place + [.int(ModelBenchmark.countMax)])
        }
    }

    /// The measurements of a model, newest first, with the speeds that ``SpeedRecords`` keeps for predictions.
    public func benchmarks(of name: ModelName) async throws -> [ModelBenchmark] {
        let kept = try await database.query(
            "SELECT at, kind, document FROM model_benchmarks WHERE base = $1 AND tag = $2 ORDER BY id DESC",
            [.text(name.base), .text(name.tag)]
        ).map { row in
            let document: String = try row.decode("document")
            let values: JSONObject
            do {
                values = try JSONValue.parse(document).object ?? JSONObject()
            } catch {
                throw StorageError(.corrupt, "a measurement in the catalogue is no JSON")
            }
            return ModelBenchmark(at: try row.decode("at"), kind: try row.decode("kind"), values: values)
        }
        let speeds = try await speeds(of: name)
        return (kept + speeds).sorted { $0.at > $1.at }
    }

    private func speeds(of name: ModelName) async throws -> [ModelBenchmark] {
        try await database.query(
            """
            SELECT at, engine, threads, prompt_tokens, generated_tokens, prompt_speed, generation_speed
            FROM speed_runs WHERE model = $1 ORDER BY at DESC, prompt_tokens LIMIT $2
            """, [.text(name.description), .int(ModelBenchmark.countMax)]
        ).map { row in
            ModelBenchmark(
                at: try row.decode("at"), kind: "speed",
                values: [
                    "engine": .string(try row.decode("engine")), "threads": .integer(try row.decode("threads")),
                    "prompt_tokens": .integer(try row.decode("prompt_tokens")),
                    "generated_tokens": .integer(try row.decode("generated_tokens")),
                    "prompt_tokens_per_second": .number(try row.decode("prompt_speed")),
                    "tokens_per_second": .number(try row.decode("generation_speed")),
                ])
        }
    }
}
