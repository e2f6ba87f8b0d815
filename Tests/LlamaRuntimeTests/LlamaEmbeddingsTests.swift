import Foundation
import GGUF
import TestModels
import TestRandomness
import Testing

@testable import LlamaRuntime

/// The committed starter model: a causal LLaMA.
private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

/// A sequence of tokens gets the same vectors whatever shares the batch with it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LlamaEmbeddingsTests {
    private static let poolings: [VectorPooling] = [.unpooled, .mean, .cls, .last]
    /// Of sequences that share batches; some longer than a micro batch.
    private static let lengths = [5, 37, 12, 60, 1, 23, 90, 2]

    private func context(
        _ model: LlamaModel, _ pooling: VectorPooling?, microBatch: Int = 512, threads: Int = 1
    ) throws -> LlamaEmbeddings {
        var options = LlamaEmbeddings.Options(sequenceTokensMax: 120, batchTokensMax: 512, threads: threads)
        options.pooling = pooling
        options.microBatchTokensMax = microBatch
        return try LlamaEmbeddings(model: model, options: options)
    }

    private func sequences(_ model: LlamaModel, seed: UInt64) -> [[Int32]] {
        var random = SeededRandom(seed: seed)
        return Self.lengths.map { length in
            (0..<length).map { _ in Int32.random(in: 4..<Int32(model.vocabularyCount), using: &random) }
        }
    }

    /// Compares directions, and the numbers of vectors of length 1.
    private func expectSame(
        _ left: [[Float]], _ right: [[Float]], within tolerance: Float = 1e-4, _ comment: Comment
    ) {
        #expect(left.count == right.count, comment)
        for (left, right) in zip(left, right) {
            let (left, right) = (unit(left), unit(right))
            #expect(cosine(left, right) >= 0.9999, comment)
            let furthest = zip(left, right).map { abs($0 - $1) }.max() ?? 1
            #expect(furthest <= tolerance, comment)
        }
    }

    private func unit(_ vector: [Float]) -> [Float] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
    }

    private func cosine(_ left: [Float], _ right: [Float]) -> Float {
        zip(unit(left), unit(right)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private func mean(_ rows: [[Float]]) -> [Float] {
        rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Float(rows.count) }
    }

    /// All sequences together, forwards and backwards, and each alone.
    private func expectBatchIsSingle(
        _ context: LlamaEmbeddings, _ sequences: [[Int32]], within tolerance: Float = 1e-4, _ comment: Comment
    ) throws {
        let alone = try sequences.map { try context.vectors(of: [$0])[0] }
        let together = try context.vectors(of: sequences)
        let backwards = try context.vectors(of: sequences.reversed())
        for index in sequences.indices {
            expectSame(together[index], alone[index], within: tolerance, comment)
            expectSame(backwards[sequences.count - 1 - index], alone[index], within: tolerance, comment)
            #expect(alone[index].count == (context.pooling == .unpooled ? sequences[index].count : 1))
            #expect(alone[index].allSatisfy { $0.count == context.vectorLength })
        }
    }

    @Test(arguments: poolings, [512, 32])
    func `a causal model's batch equals its texts alone`(pooling: VectorPooling, microBatch: Int) throws {
        let model = try LlamaModel(path: tinyChat)
        let context = try context(model, pooling, microBatch: microBatch)
        #expect(context.isCausal && context.pooling == pooling)
        // Weights of 8 bits: where a sum in another order rounds to the next of 256 steps, one number of a token's vector
        // moves by a thousandth. Some 13 of 460 tokens do.
        try expectBatchIsSingle(
            context, sequences(model, seed: 1), within: pooling == .unpooled ? 2e-3 : 1e-4,
            "\(pooling), micro batches of \(microBatch)")
    }

    @Test(arguments: poolings) func `an encoder's batch equals its texts alone`(pooling: VectorPooling) async throws {
        try await RandomEncoder.withFile(ranks: false) { path in
            let model = try LlamaModel(path: path)
            // Encoders are never cut: the micro batch grows.
            let context = try context(model, pooling, microBatch: 16)
            #expect(!context.isCausal && context.pooling == pooling)
            try expectBatchIsSingle(context, sequences(model, seed: 2), "\(pooling)")
        }
    }

    @Test(arguments: poolings) func `a model with a cache that reads both ways is an encoder, too`(
        pooling: VectorPooling
    ) async throws {
        // The starter model told to look ahead: nonsense, but the machinery is that of embedding models made from LLaMA.
        try await RewrittenModel.withCopy(of: tinyChat, changes: ["llama.attention.causal": .bool(false)]) { path in
            let model = try LlamaModel(path: path)
            let context = try context(model, pooling, microBatch: 16)
            #expect(!context.isCausal && context.pooling == pooling)
            try expectBatchIsSingle(context, sequences(model, seed: 6), within: 2e-3, "\(pooling)")
        }
    }

    @Test func `threads change nothing`() throws {
        let model = try LlamaModel(path: tinyChat)
        let sequences = sequences(model, seed: 7)
        let one = try context(model, .mean).vectors(of: sequences)
        let two = try context(model, .mean, threads: 2).vectors(of: sequences)
        for (left, right) in zip(one, two) { expectSame(left, right, "two threads") }
    }

    @Test func `a head's scores in a batch equal those of each pair alone`() async throws {
        try await RandomEncoder.withFile(ranks: true) { path in
            let model = try LlamaModel(path: path)
            let context = try context(model, nil)
            #expect(context.pooling == .rank && context.vectorLength == 1)
            let sequences = sequences(model, seed: 3)
            let together = try context.vectors(of: sequences).map { $0[0][0] }
            let alone = try sequences.map { try context.vectors(of: [$0])[0][0][0] }
            for (left, right) in zip(together, alone) { #expect(abs(left - right) <= 1e-4) }
            // Random weights, but not a constant.
            #expect((alone.max() ?? 0) - (alone.min() ?? 0) > 0.01)
        }
    }

    @Test(arguments: [VectorPooling.mean, .cls, .last]) func `pooled vectors are those of tokens, pooled`(
        pooling: VectorPooling
    ) async throws {
        try await RandomEncoder.withFile(ranks: false) { encoder in
            for path in [tinyChat, encoder] {
                let model = try LlamaModel(path: path)
                let sequences = sequences(model, seed: 4)
                let tokens = try context(model, .unpooled).vectors(of: sequences)
                let pooled = try context(model, pooling, microBatch: 32).vectors(of: sequences)
                for (rows, vector) in zip(tokens, pooled) {
                    let expected: [Float] =
                        switch pooling {
                        case .cls: rows[0]
                        case .last: rows[rows.count - 1]
                        default: mean(rows)
                        }
                    expectSame(vector, [expected], "\(pooling) of \(path)")
                }
            }
        }
    }

    @Test func `the file's pooling is taken where nothing is said`() async throws {
        let causal = try context(try LlamaModel(path: tinyChat), nil)
        #expect(causal.pooling == .unpooled)
        try await RandomEncoder.withFile(ranks: false) { path in
            let encoder = try context(try LlamaModel(path: path), nil)
            #expect(encoder.pooling == .mean)
        }
    }

    @Test func `what is no batch is refused, and the context lives on`() throws {
        let model = try LlamaModel(path: tinyChat)
        let context = try context(model, .mean)
        let good = try context.vectors(of: [[5, 6, 7]])
        let vocabulary = Int32(model.vocabularyCount)
        let bad: [[[Int32]]] = [
            [], [[]], [[5], []], [[Int32](repeating: 5, count: 121)], [[vocabulary]], [[-1]],
            [[Int32]](repeating: [5], count: 65), [[Int32]](repeating: [Int32](repeating: 5, count: 120), count: 5),
        ]
        for sequences in bad {
            let error = #expect(throws: LlamaError.self) { try context.vectors(of: sequences) }
            #expect(error?.code == .embedding)
        }
        #expect(try context.vectors(of: [[5, 6, 7]]) == good)
    }

    @Test(
        .enabled(if: ModelsNearby.path("tiny-embed.gguf") != nil, "no folder shared/data/models beside the repository"))
    func `a trained encoder's batch equals its texts alone, and knows what is related`() throws {
        let model = try LlamaModel(path: try #require(ModelsNearby.path("tiny-embed.gguf")))
        let context = try context(model, nil)
        try expectBatchIsSingle(context, sequences(model, seed: 5), "tiny-embed")
        let texts = [
            "The patient was given antibiotics against the infection.",
            "Bacterial infections are treated with antibiotics.",
            "The ship sailed across the stormy sea to a far island.",
        ]
        let vectors = try texts.map { text in
            try context.vectors(of: [model.tokenize(text, addsSpecial: true, parsesSpecial: false)])[0][0]
        }
        #expect(cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.1)
    }
}
