import Configuration
import Foundation
import Launch

/// `nexus engine`: becomes `nexus-engine`.
enum EngineCommand {
    static let command = Command(
        "engine", "Run one engine worker: a GGUF model with OpenAI's API, on a Unix socket or a port.",
        takesConfiguration: false)

    /// Replaces this process. Returns only when that failed.
    static func replaceProcess(with arguments: [String]) -> ExitCode {
        let program = Installation.engineProgram
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        execv(program, &pointers)
        let reason = String(cString: strerror(errno))
        for pointer in pointers { free(pointer) }
        StandardStream.error.write(
            "nexus engine: \(program) could not be started: \(reason).\n"
                + "It is built with the llama.cpp runtime: run `make build`.\n")
        return .failure
    }
}
