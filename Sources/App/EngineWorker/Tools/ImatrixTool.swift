import Configuration
import Foundation
import GGUF
import JSONText
import LlamaRuntime
import Vocabulary

/// `nexus-engine imatrix`: finds out on a text which columns of the weights matter most.
struct ImatrixTool: Sendable {
    static let window = CommandOption<Int>(
        "chunk-size", .integer(in: 16...32_768), "Tokens of each piece of the text. 512 by default.")
    static let windowsMax = CommandOption<Int>(
        "chunks", .integer(in: 1...1_000_000), "Pieces at most. All by default.")
    private static let takesOutput = CommandOption<Bool>(
        "process-output", .flag, "Collect for the output weights, too.")

    static let command = Command(
        "imatrix", "Make an importance matrix from a text. Tells its progress as JSON lines.",
        operands: [
            Operand("model", .one, "A GGUF file that writes text."), Operand("text", .one, "A text file."),
            Operand("output", .one, "Where the matrix is to be."),
        ],
        options: [window.declared, windowsMax.declared, EngineTools.threads.declared, takesOutput.declared],
        takesConfiguration: false)

    private let model: String
    private let text: String
    private let output: String
    private let window: Int
    private let windowsMax: Int
    private let threads: Int
    private let takesOutput: Bool

    init(_ parsed: ParsedCommand) {
        (model, text, output) = (parsed.operands[0], parsed.operands[1], parsed.operands[2])
        window = parsed[Self.window] ?? 512
        windowsMax = parsed[Self.windowsMax] ?? .max
        threads = EngineTools.threadCount(parsed)
        takesOutput = parsed[Self.takesOutput]
    }

    func run(_ unfinished: Unfinished) throws {
        LlamaLog.send { _, _ in }
        let began = ContinuousClock.now
        let file = try OutputFile(output)
        unfinished.set(file)
        let loaded = try EngineTools.load(model)
        let parts = try TextWindows(try EngineTools.text(text), for: loaded, length: window, countMax: windowsMax)
        let collector = try ActivationCollector(takesOutput: takesOutput)
        let meter = try LikelihoodMeter(loaded, window: window, threads: threads, collector: collector)
        for (number, part) in parts.windows.enumerated() {
            ToolEvents.progress(
                done: UInt64(number), total: UInt64(parts.windows.count), unit: "chunks", stage: "collecting")
            // All rows, because the last layer computes no others.
            try meter.compute(part, scored: parts.scored, wantsAll: true)
            try meter.score(part, scored: parts.scored)
        }
        let matrix = ImportanceMatrix(
            entries: try collector.entries(), datasets: [URL(fileURLWithPath: text).lastPathComponent],
            chunkCount: parts.windows.count, chunkSize: window)
        guard !matrix.entries.isEmpty else {
            throw ServiceError(.engineFailed, "Nothing was seen of the model's weights.")
        }
        try file.empty()
        try matrix.file().write { try file.write($0) }
        try file.commit()
        unfinished.set(nil)
        ToolEvents.result([
            "path": .string(output), "entries": .whole(matrix.entries.count), "chunks": .whole(matrix.chunkCount),
            "chunk_size": .whole(window), "perplexity": .number(meter.likelihood.perplexity),
            "unused_experts": .whole(matrix.entries.values.reduce(0) { $0 + $1.counts.count { $0 == 0 } }),
            "seconds": .number((ContinuousClock.now - began) / .seconds(1)),
        ])
    }
}
