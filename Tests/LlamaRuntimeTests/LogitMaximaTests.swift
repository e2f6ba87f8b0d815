import Foundation
import TestModels
import Testing

@testable import LlamaRuntime

/// The largest logit of each block is found while logits are computed, as `scripts/llama.cpp/matrix-turns.patch` has it.
@Suite struct LogitMaximaTests {
    private static let starter = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path
    private static let block = 64

    /// Whether this processor has the kernels that find them.
    private static func hasKernels() throws -> Bool {
        try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).contains("avx512_vnni")
    }

    private func context(_ model: LlamaModel, sequences: Int, threads: Int) throws -> LlamaContext {
        try LlamaContext(
            model: model,
            options: LlamaContext.Options(cells: 512, sequencesMax: sequences, batchTokensMax: 64, threads: threads))
    }

    /// Decodes a token for each of some sequences.
    private func rows(_ context: LlamaContext, _ tokens: [Int32], at position: Int32) throws -> [Int32] {
        context.clearBatch()
        let rows = tokens.enumerated().map { sequence, token in
            context.append(token: token, position: position, sequence: Int32(sequence), wantsLogits: true)
        }
        try context.decode()
        return rows
    }

    @Test(arguments: [1, 2, 3, 4, 7], [1, 2])
    func `the largest logits of a wide vocabulary are known, and are those of the logits`(
        sequences: Int, threads: Int
    ) async throws {
        let hasKernels = try Self.hasKernels()
        try await RewrittenModel.withVocabularies(6, of: Self.starter) { path in
            let model = try LlamaModel(path: path)
            let (narrow, wide) = (
                try context(try LlamaModel(path: Self.starter), sequences: sequences, threads: 1),
                try context(model, sequences: sequences, threads: threads)
            )
            let blocks = model.vocabularyCount / Self.block
            for step in 0..<6 {
                let tokens = (0..<sequences).map { Int32(300 + 40 * $0 + step) }
                let (known, found) = (
                    try rows(narrow, tokens, at: Int32(step)), try rows(wide, tokens, at: Int32(step))
                )
                for (first, row) in zip(known, found) {
                    let expected = try narrow.withLogits(row: first) { unsafe Array($0) }
                    let logits = try wide.withLogits(row: row) { unsafe Array($0) }
                    // Threads take the rows of a wide matrix in turns: none is left out, and none is done twice.
                    let different = logits.indices.filter { logits[$0] != expected[$0 % expected.count] }
                    #expect(different.isEmpty, "logits \(different.prefix(8)) of step \(step)")
                    let maxima = unsafe wide.logitMaxima(row: row).map { unsafe Array($0) }
                    #expect((maxima != nil) == hasKernels)
                    let largest = (0..<blocks).map { logits[$0 * Self.block..<($0 + 1) * Self.block].max() }
                    if let maxima { #expect(maxima == largest.compactMap(\.self)) }
                }
            }
        }
    }

    @Test func `few logits, or many rows, are looked at by whoever needs them`() async throws {
        let small = try context(try LlamaModel(path: Self.starter), sequences: 1, threads: 1)
        let row = try rows(small, [300], at: 0)[0]
        #expect(unsafe small.logitMaxima(row: row) == nil)
        try await RewrittenModel.withVocabularies(6, of: Self.starter) { path in
            let wide = try context(try LlamaModel(path: path), sequences: 1, threads: 1)
            // More rows than sequences: a prompt all of whose tokens are scored.
            wide.clearBatch()
            let rows = (0..<5).map {
                wide.append(token: 300 + $0, position: $0, sequence: 0, wantsLogits: true)
            }
            try wide.decode()
            for row in rows { #expect(unsafe wide.logitMaxima(row: row) == nil) }
            // What was known of the step before is not taken for what is known of this one.
            wide.clearBatch()
            let last = wide.append(token: 310, position: 5, sequence: 0, wantsLogits: true)
            try wide.decode()
            #expect(try unsafe (wide.logitMaxima(row: last) != nil) == Self.hasKernels())
        }
    }
}
