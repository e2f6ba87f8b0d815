import Foundation
import Inference
import LlamaRuntime
import Telemetry
import Testing

@testable import EngineWorker

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// What half of the cells costs, with the real model: how well the next tokens of a text are foretold after positions were
/// dropped by attention, and after the oldest ones were dropped. Prints what it measures.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CompressionMeasureTests {
    private static let contextTokens = 384
    private static let foretold = 64

    /// How the tokens after a context were foretold.
    private struct Outcome {
        var cells = 0
        /// Mean of the negative logarithms of the tokens' probabilities.
        var loss = 0.0
        /// The likeliest token at each place.
        var likeliest: [Int] = []

        func agreement(with other: Outcome) -> Double {
            Double(zip(likeliest, other.likeliest).count { $0 == $1 }) / Double(likeliest.count)
        }
    }

    private func outcome(
        of tokens: ArraySlice<Int32>, _ runtime: LlamaEngineRuntime, _ policy: CompressionPolicy?
    ) throws -> Outcome {
        _ = runtime.forget(0, from: 0)
        let tokens = Array(tokens)
        func append(_ positions: Range<Int>, everyRow: Bool = false) {
            for position in positions {
                _ = runtime.append(
                    token: tokens[position], position: position, sequence: 0,
                    wantsLogits: everyRow || position == positions.upperBound - 1)
            }
        }
        let context = Self.contextTokens
        append(0..<context - CompressionPolicy.window)
        try runtime.decode()
        append(context - CompressionPolicy.window..<context)
        let seen = try runtime.decodeObserving()
        if let policy {
            let weights = try #require(seen.weights(of: try runtime.positions(of: 0)))
            #expect(weights.map(\.position) == Array(0..<context))
            for range in policy.dropped(of: weights) { runtime.forget(0, range: range) }
        }
        var outcome = Outcome(cells: try runtime.positions(of: 0).count)
        for position in context..<context + Self.foretold {
            append(position..<position + 1)
            try runtime.decode()
            let next = Int(tokens[position + 1])
            try runtime.withLogits(row: 0) { logits in
                let largest = logits.max() ?? 0
                let sum = logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }
                outcome.loss += (log(sum) - Double(logits[next] - largest)) / Double(Self.foretold)
                outcome.likeliest.append(logits.indices.max { logits[$0] < logits[$1] } ?? 0)
            }
        }
        return outcome
    }

    private func measure(_ name: String, _ text: String) throws {
        let arguments = try commandLine(
            "-m \(root.appending(path: "Models/tiny-chat.gguf").path) -t 1 -np 1 -c 1024 --kv-compress 192")
        let loaded = try LoadedModel(arguments, logger: Logger(label: "test", sink: .none))
        var options = LlamaContext.Options(cells: 1_024, sequencesMax: 2, batchTokensMax: 512, threads: 1)
        options.flashAttention = .off
        options.observesAttention = true
        let runtime = try LlamaEngineRuntime(
            model: loaded.model, options: options, contextTokens: 1_024, hasCells: true,
            adapters: LoadedAdapters(
                model: loaded.model, modelPath: arguments.modelPath, logger: Logger(label: "test", sink: .none)))
        #expect(runtime.shape.observedRowsMax == 512)
        let tokens = try loaded.tokenizer.tokens(of: text, addsSpecial: false, parsesSpecial: true)
        let step = Self.contextTokens + Self.foretold + 1
        let starts = Array(stride(from: 0, through: tokens.count - step, by: step / 2).prefix(8))
        #expect(starts.count >= 4, "\(tokens.count) tokens are too few")
        var sums = Array(repeating: (cells: 0, loss: 0.0, agreement: 0.0), count: 3)
        for start in starts {
            let window = tokens[start..<start + step]
            let policies: [CompressionPolicy?] = [
                nil, CompressionPolicy(budget: Self.contextTokens / 2),
                CompressionPolicy(budget: Self.contextTokens / 2, measure: .recency),
            ]
            let all = try policies.map { try outcome(of: window, runtime, $0) }
            for (index, one) in all.enumerated() {
                sums[index].cells += one.cells
                sums[index].loss += one.loss / Double(starts.count)
                sums[index].agreement += one.agreement(with: all[0]) / Double(starts.count)
            }
        }
        let lines = zip(["all", "half by attention", "half by recency"], sums).map { label, sum in
            "\(name), \(label): \(sum.cells / starts.count) cells, perplexity \(exp(sum.loss)), "
                + "agreement \(sum.agreement)"
        }
        FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
        #expect(sums[0].cells == 2 * sums[1].cells && sums[1].cells == sums[2].cells)
        // Coarse bounds: they catch positions that are mixed up, not a choice that could be better.
        #expect(sums[1].loss < sums[0].loss + 0.25)
        #expect(sums[1].agreement > 0.6)
        #expect(sums[1].agreement > sums[2].agreement, "attention chooses no better than recency")
    }

    @Test func `half of the cells after a text that the model was not trained on`() throws {
        let text = try String(contentsOf: root.appending(path: "LICENSE"), encoding: .utf8)
        try measure("licence", text)
    }

    @Test func `half of the cells in a conversation of the kind that the model knows`() throws {
        let names = ["Mara", "Tom", "Lena", "Otto", "Ida", "Paul", "Rosa", "Finn"]
        let cities = ["France", "Spain", "Italy", "Japan", "Egypt", "Norway", "Peru", "Kenya"]
        var text = "<|im_start|>user\nMy name is Greta.<|im_end|>\n<|im_start|>assistant\nHello Greta!<|im_end|>\n"
        for turn in 0..<64 {
            let name = names[turn % 8]
            let question = [
                "What is \(turn % 9) + \(turn % 7)?", "What is the capital of \(cities[turn / 3 % 8])?",
                "Tell me a story about \(name).", "What is my name?",
            ][turn % 4]
            let answer = [
                "\(turn % 9) + \(turn % 7) = \(turn % 9 + turn % 7).", "I think that I know it.",
                "Once upon a time \(name) found a key. \(name) opened a door and was happy.", "Your name is Greta.",
            ][turn % 4]
            text += "<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n\(answer)<|im_end|>\n"
        }
        try measure("conversation", text)
    }
}
