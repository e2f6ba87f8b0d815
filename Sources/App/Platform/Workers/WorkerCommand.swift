import Configuration
import Processes

/// How a worker process is started for a model.
struct WorkerCommand: Sendable {
    /// Path of `nexus-engine`.
    let program: String
    let environment: [String: String]

    /// The command for one model.
    ///
    /// - Parameters:
    ///   - model: what to serve and how.
    ///   - path: the model file.
    ///   - socket: where the worker is to listen.
    /// - Returns: what to start.
    func command(for model: ModelConfiguration, path: String, socket: String) -> ProcessCommand {
        let engine = model.engine
        var arguments = [
            "--model", path, "--alias", model.name, "--socket", socket, "--parallel", String(engine.parallel),
            "--batch-size", String(engine.batchTokens), "--queue-max", String(engine.queueMax), "--log-format", "json",
        ]
        switch model.kind {
        case .text: break
        case .embeddings: arguments.append("--embeddings")
        case .reranking: arguments.append("--reranking")
        }
        func add(_ name: String, _ value: (some CustomStringConvertible)?) {
            if let value { arguments += [name, value.description] }
        }
        // Every sequence can be full at the same time, as far as llama.cpp can count.
        add("--ctx-seq", engine.contextTokens)
        add("--ctx-size", engine.contextTokens.map { min($0 * engine.parallel, Int(Int32.max)) })
        add("--threads", engine.threads)
        add("--temp", model.sampling.temperature)
        add("--top-k", model.sampling.topK)
        add("--top-p", model.sampling.topP)
        add("--min-p", model.sampling.minP)
        add("--seed", model.sampling.seed)
        add("--note", model.note)
        if case .file(_, let projector) = model.source { add("--mmproj", projector) }
        // An engine that aborts would write all of its weights into a core file.
        return ProcessCommand(program, arguments, environment: environment, coreMax: 0)
    }
}
