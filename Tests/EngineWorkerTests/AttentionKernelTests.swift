import Foundation
import LlamaRuntime
import TestRandomness
import Testing

@testable import EngineWorker

/// The attention kernel is llama.cpp's, changed by `scripts/llama.cpp/attention-tiles.patch` and `attention-visible.patch`: batches
/// of every size, of one and of many sequences, must give what attention without that kernel gives.
@Suite(.serialized) struct AttentionKernelTests {
    /// Logits of the last row of each sequence, after a batch of `rows` rows divided among the sequences.
    private func logits(
        _ model: LlamaModel, _ attention: FlashAttention, rows: Int, sequences: Int, depth: Int, threads: Int
    ) throws -> [Float] {
        var options = LlamaContext.Options(cells: 2048, sequencesMax: 16, batchTokensMax: 256, threads: threads)
        options.flashAttention = attention
        options.keyType = .f32
        options.valueType = .f32
        let context = try LlamaContext(model: model, options: options)
        var random = SeededRandom(seed: 5)
        func append(count: Int, from position: Int, sequence: Int) -> Int32 {
            var row: Int32 = 0
            for index in 0..<count {
                row = context.append(
                    token: Int32.random(in: 3..<200, using: &random), position: Int32(position + index),
                    sequence: Int32(sequence), wantsLogits: index == count - 1)
            }
            return row
        }
        for sequence in 0..<sequences {
            context.clearBatch()
            _ = append(count: depth, from: 0, sequence: sequence)
            try context.decode()
        }
        // The same rows after whatever went before.
        random = SeededRandom(seed: 6)
        context.clearBatch()
        let last = (0..<sequences).map { sequence in
            append(count: rows / sequences, from: depth, sequence: sequence)
        }
        try context.decode()
        return try last.flatMap { row in try context.withLogits(row: row) { Array($0) } }
    }

    /// The largest difference that the kernel makes to a logit, and the largest logit.
    private func difference(
        _ kind: TinyModel, rows: Int, sequences: Int, depth: Int, threads: Int
    ) async throws -> (difference: Float, largest: Float) {
        try await kind.withFile { path in
            let model = try LlamaModel(path: path)
            let plain = try logits(model, .off, rows: rows, sequences: sequences, depth: depth, threads: threads)
            let tiled = try logits(model, .on, rows: rows, sequences: sequences, depth: depth, threads: threads)
            return (zip(plain, tiled).map { abs($0 - $1) }.max() ?? .infinity, plain.map(abs).max() ?? 0)
        }
    }

    @Test(arguments: [TinyModel.slidingWindow, .hybrid], [9, 12, 31, 63, 64, 65, 66, 129, 200])
    func `rows of one sequence have the same logits in tiles`(kind: TinyModel, rows: Int) async throws {
        for threads in [1, 3] {
            let found = try await difference(kind, rows: rows, sequences: 1, depth: 150, threads: threads)
            // Keys and values are rounded to f16 on the way; what one more or one less key does is larger.
            #expect(found.difference < found.largest * 4e-3, "\(found)")
        }
    }

    @Test(arguments: [TinyModel.slidingWindow, .hybrid], [(8, 1), (16, 2), (48, 3), (64, 16), (128, 16), (16, 16)])
    func `rows of few and of many sequences have the same logits`(kind: TinyModel, shape: (rows: Int, sequences: Int))
        async throws
    {
        let found = try await difference(kind, rows: shape.rows, sequences: shape.sequences, depth: 40, threads: 2)
        // Upstream's way for single rows adds in f16, too.
        #expect(found.difference < found.largest * 2e-2, "\(found)")
    }

    /// Logits of a row of each of two sequences after 150 others, which lie in the middle of a cache that many others fill,
    /// or at its beginning.
    private func logits(_ model: LlamaModel, type: CacheType, beside others: Int, threads: Int) throws -> [[Float]] {
        var options = LlamaContext.Options(cells: 2048, sequencesMax: 16, batchTokensMax: 256, threads: threads)
        options.flashAttention = .on
        (options.keyType, options.valueType) = (type, type)
        let context = try LlamaContext(model: model, options: options)
        func decode(_ tokens: [(token: Int32, position: Int, sequence: Int)]) throws -> [Int32] {
            context.clearBatch()
            let rows = tokens.map {
                context.append(
                    token: $0.token, position: Int32($0.position), sequence: Int32($0.sequence), wantsLogits: true)
            }
            try context.decode()
            return rows
        }
        for other in 0..<others { _ = try decode((0..<200).map { (Int32(300 + $0), $0, 2 + other) }) }
        // Keys of both lie in turns, and not at equal distances.
        for position in 0..<150 {
            _ = try decode([(Int32(310 + position), position, 0)])
            if position % 3 != 0 { _ = try decode([(Int32(320 + position), position - position / 3 - 1, 1)]) }
        }
        for other in 0..<others { _ = try decode((200..<230).map { (Int32(300 + $0), $0, 2 + other) }) }
        let alone = try decode([(777, 150, 0)])[0]
        let first = try context.withLogits(row: alone) { Array($0) }
        let both = try decode([(778, 151, 0), (779, 100, 1)])
        return try [first] + both.map { row in try context.withLogits(row: row) { Array($0) } }
    }

    @Test(arguments: [CacheType.f16, .f32, .q8_0], [1, 2, 3])
    func `rows have the same logits wherever in the cache their keys lie`(type: CacheType, threads: Int) throws {
        let starter = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path
        let model = try LlamaModel(path: starter)
        let alone = try logits(model, type: type, beside: 0, threads: 1)
        let among = try logits(model, type: type, beside: 6, threads: threads)
        for (one, other) in zip(alone, among) {
            let difference = zip(one, other).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < (one.map(abs).max() ?? 0) * 2e-2, "\(difference)")
        }
    }

    @Test func `sixteen keys more make a larger difference than the tolerance`() async throws {
        try await TinyModel.hybrid.withFile { path in
            let model = try LlamaModel(path: path)
            let some = try logits(model, .on, rows: 64, sequences: 1, depth: 150, threads: 1)
            let more = try logits(model, .on, rows: 64, sequences: 1, depth: 166, threads: 1)
            let difference = zip(some, more).map { abs($0 - $1) }.max() ?? 0
            #expect(difference > 0.1, "\(difference)")
        }
    }
}
