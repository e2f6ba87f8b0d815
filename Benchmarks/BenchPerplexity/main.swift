import Foundation
import LlamaRuntime

/// How well a model foretells a text with the key-value cache in given number formats. Prints
/// `{"perplexity": …, "scored": …, "state_bytes_per_token": …}`.
do {
    let plan = try PerplexityPlan(Array(CommandLine.arguments.dropFirst()))
    LlamaLog.send { _, _ in }
    let result = try plan.run()
    let line =
        "{\"perplexity\":\(result.perplexity),\"scored\":\(result.scored),"
        + "\"state_bytes_per_token\":\(result.stateBytesPerToken)}\n"
    try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
} catch {
    FileHandle.standardError.write(Data("bench-perplexity: \(error)\n".utf8))
    exit(64)
}
