import Foundation
import LlamaRuntime

/// Times bare `llama_decode`: some sequences, one token each a step, logits computed and nothing done with them. It is
/// what an engine's step is compared with. Prints `{"step_ms": …}`, the mean over the steps.
do {
    let plan = try DecodePlan(Array(CommandLine.arguments.dropFirst()))
    LlamaLog.send { _, _ in }
    let milliseconds = try plan.meanStepMilliseconds()
    try FileHandle.standardOutput.write(contentsOf: Data("{\"step_ms\":\(milliseconds)}\n".utf8))
} catch {
    FileHandle.standardError.write(Data("bench-decode: \(error)\n".utf8))
    exit(64)
}
