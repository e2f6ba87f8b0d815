import Foundation
import GGUF
import LlamaRuntime
import TestModels
import Testing

/// Reading images and recordings, with projectors of random numbers for the starter model: what they make means nothing,
/// and these tests look only at whether it is the same.
@Suite struct LlamaProjectorTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

    private static func width() throws -> Int {
        let file = try GGUFFile.read(from: try FileBytes(path: path))
        return Int(try #require(file.metadata.ofArchitecture("embedding_length")?.integer))
    }

    private static func media(_ kind: RandomProjector.Kind, seed: UInt64) -> [UInt8] {
        kind == .ultravox ? SmallMedia.recording(seed: seed) : SmallMedia.image(seed: seed)
    }

    @discardableResult
    private static func withProjector<Result>(
        _ kind: RandomProjector.Kind, _ body: (LlamaModel, LlamaProjector) throws -> Result
    ) async throws -> Result {
        try await RandomProjector.withFile(kind, modelWidth: try width()) { file in
            var options = LlamaProjector.Options()
            guard kind == .qwen else {
                let model = try LlamaModel(path: path)
                return try body(model, try LlamaProjector(path: file, model: model, options: options))
            }
            // The largest image of this kind takes seconds.
            options.warmsUp = false
            return try await RewrittenModel.withPlanes(of: path) { planes in
                let model = try LlamaModel(path: planes)
                return try body(model, try LlamaProjector(path: file, model: model, options: options))
            }
        }
    }

    private static func context(_ model: LlamaModel, batch: Int = 512) throws -> LlamaContext {
        let context = try LlamaContext(
            model: model, options: LlamaContext.Options(cells: 512, sequencesMax: 2, batchTokensMax: batch, threads: 1))
        context.clearBatch()
        return context
    }

    /// Reads a prompt the way an engine does: tokens in batches, rows of chunks in pieces where they may be cut.
    private static func logits(
        _ parts: [LlamaProjector.Part], _ model: LlamaModel, _ projector: LlamaProjector, rowsAtOnce: Int
    ) throws -> [Float] {
        let context = try context(model, batch: rowsAtOnce)
        var position: Int32 = 0
        var row: Int32 = 0
        let chunks = try projector.chunks(of: parts, addsSpecial: true)
        for (index, chunk) in chunks.enumerated() {
            let isLast = index == chunks.count - 1
            switch chunk {
            case .tokens(let tokens):
                for (place, token) in tokens.enumerated() {
                    row = context.append(
                        token: token, position: position, sequence: 0,
                        wantsLogits: isLast && place == tokens.count - 1)
                    position += 1
                    guard place % rowsAtOnce == rowsAtOnce - 1 || place == tokens.count - 1 else { continue }
                    try context.decode()
                    context.clearBatch()
                }
            case .media(let chunk):
                let vectors = try projector.encode(chunk)
                #expect(vectors.count == chunk.rows * projector.width)
                let step = chunk.isCausal ? rowsAtOnce : chunk.rows
                for first in stride(from: 0, to: chunk.rows, by: step) {
                    let range = first..<min(first + step, chunk.rows)
                    row = try chunk.read(
                        range, of: vectors, at: position, sequence: 0, in: context,
                        wantsLogits: isLast && range.upperBound == chunk.rows)
                }
                position += Int32(chunk.positions)
            }
        }
        return try context.withLogits(row: row) { Array($0) }
    }

    private static func difference(_ left: [Float], _ right: [Float]) -> Float {
        zip(left, right).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test(arguments: RandomProjector.Kind.allCases)
    func `reading in pieces gives the logits of libmtmd's own way`(kind: RandomProjector.Kind) async throws {
        try await Self.withProjector(kind) { model, projector in
            #expect(projector.readsAudio == (kind == .ultravox))
            #expect(projector.readsImages == (kind != .ultravox))
            #expect(projector.hasPlanes == (kind == .qwen))
            let bitmap = try projector.decode(Self.media(kind, seed: 3), samplesMax: 1_000_000)
            let parts: [LlamaProjector.Part] = [.text("What is this: "), .media(bitmap), .text("\nAnswer: ")]
            // In batches of the same size: kernels round differently for others.
            for rowsAtOnce in kind == .gemma ? [512] : [7, 512] {
                let reference = try Self.context(model, batch: rowsAtOnce)
                let next = try projector.readAll(parts, into: reference, addsSpecial: true)
                let expected = try reference.withLogits(row: -1) { Array($0) }
                let found = try Self.logits(parts, model, projector, rowsAtOnce: rowsAtOnce)
                #expect(Self.difference(found, expected) < 1e-4)
                #expect(next > 20)
            }
        }
    }

    @Test(arguments: RandomProjector.Kind.allCases)
    func `the same content gives the same logits, another one others`(kind: RandomProjector.Kind) async throws {
        try await Self.withProjector(kind) { model, projector in
            func answer(_ seed: UInt64) throws -> [Float] {
                let bitmap = try projector.decode(Self.media(kind, seed: seed), samplesMax: 1_000_000)
                return try Self.logits(
                    [.text("See "), .media(bitmap), .text(" now")], model, projector, rowsAtOnce: 512)
            }
            let first = try answer(1)
            #expect(try answer(1) == first)
            #expect(Self.difference(try answer(2), first) > 1e-2)
        }
    }

    @Test func `a chunk knows its file, and whether its rows may be cut`() async throws {
        try await Self.withProjector(.gemma) { _, projector in
            func chunks(_ seed: UInt64) throws -> [LlamaMediaChunk] {
                let bitmap = try projector.decode(SmallMedia.image(seed: seed), samplesMax: 0)
                return try projector.chunks(of: [.media(bitmap)], addsSpecial: true).compactMap {
                    if case .media(let chunk) = $0 { chunk } else { nil }
                }
            }
            let first = try #require(try chunks(1).first)
            #expect(first.rows == 9 && first.positions == 9 && !first.isCausal)
            #expect(first.fileDigest.count == 64)
            #expect(try chunks(1).first?.fileDigest == first.fileDigest)
            #expect(try chunks(2).first?.fileDigest != first.fileDigest)
        }
    }

    @Test func `a row can have logits where a prompt ends with an image`() async throws {
        try await Self.withProjector(.llava) { model, projector in
            let bitmap = try projector.decode(SmallMedia.image(seed: 5), samplesMax: 0)
            let logits = try Self.logits([.text("This is "), .media(bitmap)], model, projector, rowsAtOnce: 10)
            #expect(logits.count == model.vocabularyCount && logits.allSatisfy(\.isFinite))
        }
    }

    @Test func `what cannot be decoded is refused, and starts no program`() async throws {
        try await Self.withProjector(.llava) { _, projector in
            // Files that were cut off are often decoded all the same: that is why headers are looked at before.
            for bytes in [[], Array("not an image at all".utf8), Array("RIFF0000WEBPVP8 ".utf8)] {
                #expect { try projector.decode(bytes, samplesMax: 0) } throws: { ($0 as? LlamaError)?.code == .media }
            }
            // It reads no recordings.
            #expect(throws: LlamaError.self) {
                try projector.decode(SmallMedia.recording(seed: 1), samplesMax: 1_000_000)
            }
        }
        try await Self.withProjector(.ultravox) { _, projector in
            #expect { try projector.decode(SmallMedia.recording(seed: 1), samplesMax: 100) } throws: {
                ($0 as? LlamaError)?.code == .media
            }
        }
    }

    @Test func `a projector for another width, or of nothing, is refused`() async throws {
        let model = try LlamaModel(path: Self.path)
        _ = try await RandomProjector.withFile(.llava, modelWidth: try Self.width() * 2) { file in
            #expect { try LlamaProjector(path: file, model: model) } throws: {
                ($0 as? LlamaError)?.code == .projector
            }
        }
        #expect(throws: LlamaError.self) { try LlamaProjector(path: "/nowhere/at/all.gguf", model: model) }
        #expect(throws: LlamaError.self) { try LlamaProjector(path: Self.path, model: model) }
    }
}
