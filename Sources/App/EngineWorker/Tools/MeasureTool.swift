import Configuration
import Foundation
import GGUF
import JSONText
import LlamaRuntime
import Vocabulary

/// `nexus-engine measure`: how well a model foretells a text, how fast it is, and how far from another one.
struct MeasureTool: Sendable {
    private static let base = CommandOption<String>(
        "base", .path("FILE"), "The model to compare with, such as the one that this was made from.")

    static let command = Command(
        "measure", "Perplexity on a text, distance from another model, size and speed, as JSON.",
        operands: [Operand("model", .one, "A GGUF file that writes text."), Operand("text", .one, "A text file.")],
        options: [
            base.declared, ImatrixTool.window.declared, ImatrixTool.windowsMax.declared, EngineTools.threads.declared,
        ], takesConfiguration: false)

    /// Tokens that are computed one by one to find the speed of writing.
    private static let singlesMax = 65

    private let model: String
    private let base: String?
    private let text: String
    private let window: Int
    private let windowsMax: Int
    private let threads: Int

    init(_ parsed: ParsedCommand) {
        (model, text) = (parsed.operands[0], parsed.operands[1])
        base = parsed[Self.base]
        window = parsed[ImatrixTool.window] ?? 512
        windowsMax = parsed[ImatrixTool.windowsMax] ?? 64
        threads = EngineTools.threadCount(parsed)
    }

    func run() throws {
        LlamaLog.send { _, _ in }
        let words = try EngineTools.text(text)
        let loaded = try EngineTools.load(model)
        let parts = try TextWindows(words, for: loaded, length: window, countMax: windowsMax)
        let meter = try LikelihoodMeter(loaded, window: window, threads: threads)
        var result: JSONObject = [:]
        if let base {
            let other = try EngineTools.load(base)
            guard try TextWindows(words, for: other, length: window, countMax: windowsMax) == parts,
                other.vocabularyCount == loaded.vocabularyCount
            else {
                throw ServiceError(
                    .invalidValue, "\(model) and \(base) do not have the same vocabulary.",
                    hint: "Compare a model with the one that it was made from.")
            }
            let reference = try LikelihoodMeter(other, window: window, threads: threads)
            var divergence = Divergence()
            try each(parts) { part in
                try reference.compute(part, scored: parts.scored)
                try meter.compute(part, scored: parts.scored)
                try meter.score(part, scored: parts.scored, against: reference, &divergence)
            }
            result["model"] = .object(try report(model, meter, parts))
            result["base"] = .object(try report(base, reference, parts))
            result["divergence"] = [
                "mean_nats": .number(divergence.mean), "quantile_99_nats": .number(divergence.quantile(0.99)),
                "largest_nats": .number(divergence.largest),
                "same_likeliest": .number(divergence.agreement),
            ]
        } else {
            try each(parts) { part in
                try meter.compute(part, scored: parts.scored)
                try meter.score(part, scored: parts.scored)
            }
            result["model"] = .object(try report(model, meter, parts))
        }
        result["text"] = .string(URL(fileURLWithPath: text).lastPathComponent)
        (result["chunks"], result["chunk_size"]) = (.whole(parts.windows.count), .whole(window))
        (result["scored"], result["threads"]) = (.whole(meter.likelihood.count), .whole(threads))
        ToolEvents.result(result)
    }

    private func each(_ parts: TextWindows, _ body: ([Int32]) throws -> Void) throws {
        for (number, part) in parts.windows.enumerated() {
            ToolEvents.progress(
                done: UInt64(number), total: UInt64(parts.windows.count), unit: "chunks", stage: "measuring")
            try body(part)
        }
    }

    private func report(_ path: String, _ meter: LikelihoodMeter, _ parts: TextWindows) throws -> JSONObject {
        let file = try EngineTools.header(path)
        let summary = file.summary
        let singles = parts.windows[0].prefix(Self.singlesMax)
        let seconds = try meter.timeSingles(singles) / .seconds(1)
        return [
            "path": .string(path), "type": summary.quantization.map { .string($0) } ?? .null,
            "bytes": .integer(Int64(clamping: file.byteCount)),
            "tensor_bytes": .integer(Int64(clamping: summary.tensorBytes)),
            "bits_per_weight": .number(Double(summary.tensorBytes) * 8 / Double(max(1, summary.parameterCount))),
            "perplexity": .number(meter.likelihood.perplexity),
            "perplexity_error": .number(meter.likelihood.perplexityError),
            "prompt_tokens_per_second": .number(Double(meter.batchTokens) / (meter.batchTime / .seconds(1))),
            "tokens_per_second": .number(Double(singles.count - 1) / seconds),
        ]
    }
}
