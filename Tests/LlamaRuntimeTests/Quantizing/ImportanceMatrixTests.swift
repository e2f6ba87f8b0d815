import Foundation
import GGUF
import Testing

@testable import LlamaRuntime

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

@Suite(.serialized) struct ImportanceMatrixTests {
    private let matrix = ImportanceMatrix(
        entries: [
            "blk.0.ffn_up.weight": .init(columns: 2, sums: [4, 6], counts: [2]),
            "blk.0.ffn_up_exps.weight": .init(columns: 1, sums: [3, 0], counts: [3, 0]),
        ], datasets: ["a text.txt"], chunkCount: 3, chunkSize: 16)

    @Test func `what is written is read again`() throws {
        let bytes = try matrix.file().bytes()
        #expect(try ImportanceMatrix(reading: BytesInMemory(bytes)) == matrix)
        let file = try GGUFFile.read(from: BytesInMemory(bytes))
        #expect(file.metadata["general.type"]?.string == "imatrix")
    }

    @Test func `an expert that nobody used counts like any other`() throws {
        #expect(matrix.entries["blk.0.ffn_up.weight"]?.means == [2, 3])
        #expect(matrix.entries["blk.0.ffn_up_exps.weight"]?.means == [1, 1])
    }

    @Test func `a model is no matrix, and numbers that are none are refused`() throws {
        #expect(throws: ImportanceMatrix.Malformed.self) {
            try ImportanceMatrix(reading: try FileBytes(path: tinyChat))
        }
        for bad in [Float.nan, -1, .infinity] {
            let broken = ImportanceMatrix(
                entries: ["x": .init(columns: 1, sums: [bad], counts: [1])], datasets: [], chunkCount: 1, chunkSize: 16)
            let bytes = try broken.file().bytes()
            #expect(throws: ImportanceMatrix.Malformed.self) {
                try ImportanceMatrix(reading: BytesInMemory(bytes))
            }
        }
    }

    /// The first block's attention sees the token embeddings, normalised and weighted: those can be computed by hand.
    @Test func `what is collected of the first layer is what the file's numbers give`() throws {
        let model = try LlamaModel(path: tinyChat)
        let window = Array(
            try model.tokenize("Hello, my name is Tom and I like maps.", addsSpecial: false, parsesSpecial: false)
                .prefix(16))
        let collector = try ActivationCollector()
        let meter = try LikelihoodMeter(model, window: window.count, threads: 1, collector: collector)
        try meter.compute(window, scored: window.count / 2..<window.count - 1, wantsAll: true)
        let entry = try #require(try collector.entries()["blk.0.attn_q.weight"])
        #expect(entry.columns == 160 && entry.counts == [Float(window.count)])
        let expected = try firstLayerInputs(window)
        for column in 0..<160 {
            let (found, exact) = (Double(entry.sums[column]), expected[column])
            #expect(abs(found - exact) <= 1e-3 * max(1, exact), "column \(column): \(found), \(exact)")
        }
    }

    /// Sums of squares of what the first block's matrices are multiplied with, in doubles.
    private func firstLayerInputs(_ tokens: [Int32]) throws -> [Double] {
        let source = try FileBytes(path: tinyChat)
        let file = try GGUFFile.read(from: source)
        func bytes(_ name: String) throws -> [UInt8] {
            let tensor = try #require(file.tensors.first { $0.name == name })
            return try source.read(offset: tensor.byteRange.lowerBound, count: tensor.byteRange.count)
        }
        let norm = try bytes("blk.0.attn_norm.weight")
        let weights = (0..<160).map { index in
            Double(Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(norm[4 * index + $1]) << UInt32(8 * $1) }))
        }
        // Q8_0: blocks of a half-precision scale and 32 bytes; 5 blocks in a row.
        let table = try bytes("token_embd.weight")
        let epsilon = file.metadata.ofArchitecture("attention.layer_norm_rms_epsilon")?.number ?? 0
        var sums = [Double](repeating: 0, count: 160)
        for token in tokens {
            let row = (0..<160).map { column in
                let block = Int(token) * 5 * 34 + column / 32 * 34
                let bits = UInt16(table[block]) | UInt16(table[block + 1]) << 8
                return Double(Float16(bitPattern: bits)) * Double(Int8(bitPattern: table[block + 2 + column % 32]))
            }
            let scale = 1 / (row.reduce(0) { $0 + $1 * $1 } / 160 + epsilon).squareRoot()
            for column in 0..<160 {
                let value = row[column] * scale * weights[column]
                sums[column] += value * value
            }
        }
        return sums
    }
}
