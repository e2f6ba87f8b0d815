/// What is kept of models beside their records: how they were used, and what was measured of them on this machine.
/// Implemented by `Records` in the database.
public protocol ModelStatistics: Sendable {
    /// What was used under a name; `nil` when nothing was.
    func usage(of model: String) async throws -> ModelUsage?
    /// Everything that was used, the last used first.
    func usage(countMax: Int) async throws -> [(model: String, usage: ModelUsage)]
    /// Adds what was used since the last time, by the name that a model is served under.
    func add(_ usage: [String: ModelUsage]) async throws
    /// The measurements of a model, newest first.
    func benchmarks(of name: ModelName) async throws -> [ModelBenchmark]
    /// Keeps a measurement.
    func add(_ benchmark: ModelBenchmark, to name: ModelName) async throws
}
