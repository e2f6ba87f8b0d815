import JSONText
import Jobs
import Processes
import Vocabulary

/// Runs one of the engine's tools as a child process: `nexus-engine quantize`, `imatrix`, `measure`. They tell their progress
/// and their result as lines of JSON on standard output, and talk to people on standard error.
struct EngineTool: Sendable {
    let launcher: ProcessLauncher
    /// Path of `nexus-engine`.
    let program: String
    let environment: [String: String]

    /// How long a tool may take to tidy up when it is told to end.
    private static let grace = Duration.seconds(10)
    /// Two long paths and some words.
    private static let lineBytesMax = 64 << 10

    /// Runs a tool to its end. Cancelling the caller's task ends it, and returns when its process is gone.
    ///
    /// - Parameters:
    ///   - arguments: the tool's name and what follows it.
    ///   - job: hears of progress, and keeps what is written to standard error.
    /// - Returns: the members of its result.
    /// - Throws: the `ServiceError` that it told, or one that says how it ended; `CancellationError`.
    func run(_ arguments: [String], for job: JobContext) async throws -> JSONObject {
        var command = ProcessCommand(program, arguments, environment: environment, coreMax: 0)
        command.output.lineBytesMax = Self.lineBytesMax
        let child: ChildProcess
        do {
            child = try await launcher.start(command)
        } catch {
            throw ServiceError(
                .notSupported, "The engine's program cannot be started: \(error.reason).",
                hint: "Models are quantised and measured by nexus-engine, which is built with the llama.cpp runtime.")
        }
        var told = Told()
        for await line in child.output {
            switch line.stream {
            case .output: if let progress = told.take(line.text) { job.report(progress) }
            case .error: if !line.text.isEmpty { job.log(line.text) }
            }
        }
        if Task.isCancelled {
            await child.terminate(grace: Self.grace)
            throw CancellationError()
        }
        let exit = await child.exit()
        if let error = told.error { throw error }
        guard exit == .status(0), let result = told.result else {
            throw ServiceError(
                .engineFailed, "The engine's program ended with \(exit) before it was done.",
                hint: "Was there too little memory? The job's log has its last words.",
                detail: child.output.last.map(\.text).joined(separator: "\n"))
        }
        return result
    }

    /// What the lines said until now.
    struct Told {
        private(set) var result: JSONObject?
        private(set) var error: ServiceError?

        /// Reads a line.
        ///
        /// - Parameter line: of standard output.
        /// - Returns: the progress that it told, if it did.
        mutating func take(_ line: String) -> JobProgress? {
            guard let value = Self.parsed(line) else { return nil }
            switch value["event"]?.string {
            case "progress":
                return JobProgress(
                    done: value["done"]?.integer ?? 0, total: value["total"]?.integer,
                    unit: value["unit"]?.string ?? "", stage: value["stage"]?.string ?? "")
            case "result":
                var members = value.object ?? [:]
                members["event"] = nil
                result = members
            case "error":
                error = ServiceError(
                    ServiceError.Code(rawValue: value["code"]?.string ?? ServiceError.Code.engineFailed.rawValue),
                    value["message"]?.string ?? "The engine's program failed.", hint: value["hint"]?.string)
            default: break
            }
            return nil
        }

        /// A library may write to standard output, too.
        private static func parsed(_ line: String) -> JSONValue? {
            do { return try JSONValue.parse(line) } catch { return nil }
        }
    }
}
