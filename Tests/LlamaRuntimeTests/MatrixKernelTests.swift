import Foundation
import GGUF
import TestRandomness
import Testing

@testable import LlamaRuntime

/// Products of matrices are llama.cpp's, changed by `scripts/llama.cpp/matrix-rows.patch` and `vector-rows.patch`: each number of
/// columns has a kernel of its own, and all must give what the weights mean.
@Suite(.serialized) struct MatrixKernelTests {
    /// The committed starter model, whose weights are trained.
    private static let starter = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

    /// The starter model with its weights stored as `type`, and the same weights as numbers of 32 bits.
    private func withModels(
        _ type: String, _ body: (_ stored: LlamaModel, _ meant: LlamaModel) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "kernels-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (stored, meant) = (folder.appending(path: "stored.gguf").path, folder.appending(path: "meant.gguf").path)
        let quantizer = ModelQuantizer(log: QuantizerLog())
        var options = ModelQuantizer.Options(type: try #require(QuantizationType(type)), threads: 2)
        options.isPure = true
        try quantizer.quantize(Self.starter, to: stored, options)
        try quantizer.quantize(
            stored, to: meant, ModelQuantizer.Options(type: try #require(QuantizationType("F32")), threads: 2))
        try body(try LlamaModel(path: stored), try LlamaModel(path: meant))
    }

    /// Logits of one token each of sequences with different tokens before it, `columns` of them in each batch.
    private func logits(_ model: LlamaModel, sequences: Int, columns: Int, threads: Int) throws -> [[Float]] {
        let context = try LlamaContext(
            model: model,
            options: LlamaContext.Options(
                cells: 1024, sequencesMax: sequences, batchTokensMax: 64, threads: threads))
        var random = SeededRandom(seed: 11)
        for sequence in 0..<sequences {
            context.clearBatch()
            for position in 0..<4 {
                _ = context.append(
                    token: Int32.random(in: 300..<1000, using: &random), position: Int32(position),
                    sequence: Int32(sequence), wantsLogits: false)
            }
            try context.decode()
        }
        var found: [[Float]] = []
        for first in stride(from: 0, to: sequences, by: columns) {
            context.clearBatch()
            let rows = (first..<min(first + columns, sequences)).map { sequence in
                context.append(
                    token: Int32(300 + sequence), position: 4, sequence: Int32(sequence), wantsLogits: true)
            }
            try context.decode()
            found += try rows.map { row in try context.withLogits(row: row) { unsafe Array($0) } }
        }
        return found
    }

    /// The largest difference of two lists of logits, as a part of the largest logit.
    private func difference(_ one: [[Float]], _ other: [[Float]]) -> Float {
        let largest = one.joined().map(abs).max() ?? 0
        let differences = zip(one.joined(), other.joined()).map { abs($0 - $1) / largest }
        return differences.contains { $0.isNaN } ? .infinity : differences.max() ?? .infinity
    }

    @Test(arguments: ["Q8_0", "Q4_0", "F16"])
    func `logits are those of the numbers that the weights mean, however many are computed together`(
        type: String
    ) throws {
        try withModels(type) { stored, meant in
            let wanted = try logits(meant, sequences: 33, columns: 1, threads: 1)
            for columns in [1, 2, 3, 4, 5, 7, 8, 33] {
                for threads in [1, 2, 3] {
                    let found = try logits(stored, sequences: 33, columns: columns, threads: threads)
                    // What is multiplied with weights is rounded to bytes on the way.
                    let difference = difference(wanted, found)
                    #expect(difference < 0.02, "\(columns) columns, \(threads) threads: \(difference)")
                }
            }
        }
    }

    @Test func `another type of the same weights makes a larger difference than the tolerance`() throws {
        try withModels("Q4_0") { _, rough in
            try withModels("Q8_0") { _, fine in
                let one = try logits(rough, sequences: 4, columns: 4, threads: 1)
                let other = try logits(fine, sequences: 4, columns: 4, threads: 1)
                #expect(difference(one, other) > 0.04)
            }
        }
    }
}
