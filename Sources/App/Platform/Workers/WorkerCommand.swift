import Configuration
import Hosting
import Processes

/// How a worker process is started for a model.
struct WorkerCommand: Sendable {
    /// Path of `nexus-engine`.
    let program: String
    let environment: [String: String]

    /// The command for one worker.
    ///
    /// - Parameters:
    ///   - settings: what to serve and how.
    ///   - purpose: what the model is for.
    ///   - name: under which it answers.
    ///   - path: the model file.
    ///   - remark: for people.
    ///   - socket: where the worker is to listen.
    /// - Returns: what to start.
    func command(
        for settings: EngineSettings, purpose: ModelPurpose, name: String, path: String, remark: String?,
        socket: String
    ) -> ProcessCommand {
        let parallel = settings.parallel ?? EngineParameters().parallel
        var arguments = [
            "--model", path, "--alias", name, "--socket", socket, "--parallel", String(parallel), "--batch-size",
            String(settings.batchTokens ?? EngineParameters().batchTokens), "--queue-max",
            String(settings.queueMax ?? EngineParameters().queueMax), "--log-format", "json",
        ]
        switch purpose {
        case .text: break
        case .embeddings: arguments.append("--embeddings")
        case .reranking: arguments.append("--reranking")
        }
        func add(_ name: String, _ value: (some CustomStringConvertible)?) {
            if let value { arguments += [name, value.description] }
        }
        // Every sequence can be full at the same time, as far as llama.cpp can count.
        add("--ctx-seq", settings.contextTokens)
        add("--ctx-size", settings.contextTokens.map { min($0 * parallel, Int(Int32.max)) })
        add("--threads", settings.threads)
        add("--temp", settings.sampling.temperature)
        add("--top-k", settings.sampling.topK)
        add("--top-p", settings.sampling.topP)
        add("--min-p", settings.sampling.minP)
        add("--seed", settings.sampling.seed)
        add("--note", remark)
        add("--mmproj", settings.projector)
        // An engine that aborts would write all of its weights into a core file.
        return ProcessCommand(
            program, arguments + settings.arguments, environment: environment, coreMax: 0)
    }
}
