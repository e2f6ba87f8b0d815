import Foundation
import GGUF
import TestModels
import Testing

@testable import LlamaRuntime

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

/// Numbers of adapters: what llama.cpp computes with one is what it computes with the same change in the weights.
@Suite(.serialized, .timeLimit(.minutes(2))) struct MergedAdapterTests {
    private let original: [UInt8]
    private let header: GGUFFile
    /// Matrices of 16-bit floats, which can be written as 32-bit floats without a difference.
    private let tensors = ["blk.1.ffn_down.weight", "blk.3.ffn_down.weight"]

    init() throws {
        original = Array(try Data(contentsOf: URL(filePath: tinyChat)))
        header = try GGUFFile.read(from: try FileBytes(path: tinyChat))
    }

    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "merged-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try body(path)
    }

    private func logits(_ model: LlamaModel, _ adapters: [(adapter: LlamaAdapter, scale: Float)] = []) throws -> [Float]
    {
        let context = try context(model)
        try context.apply(adapters)
        return try logits(context, model)
    }

    private func context(_ model: LlamaModel) throws -> LlamaContext {
        var options = LlamaContext.Options(cells: 256, sequencesMax: 1, batchTokensMax: 64, threads: 1)
        options.flashAttention = .off
        options.keyType = .f32
        options.valueType = .f32
        return try LlamaContext(model: model, options: options)
    }

    private func logits(_ context: LlamaContext, _ model: LlamaModel) throws -> [Float] {
        let tokens = try model.tokenize("What is 3 + 4?", addsSpecial: true, parsesSpecial: true)
        context.removeSequence(0)
        context.clearBatch()
        var row: Int32 = 0
        for (index, token) in tokens.enumerated() {
            row = context.append(
                token: token, position: Int32(index), sequence: 0, wantsLogits: index == tokens.count - 1)
        }
        try context.decode()
        return try context.withLogits(row: row) { Array($0) }
    }

    private func distance(_ first: [Float], _ second: [Float]) -> Float {
        zip(first, second).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(arguments: [Float(1), 0.25, -0.5])
    func `an adapter computes what the same change of the weights does`(scale: Float) throws {
        let adapter = TinyAdapter(tensors, seed: 3)
        let (plain, applied) = try withFile(try TinyAdapter.merged(original, header, widened: tensors)) { path in
            let model = try LlamaModel(path: path)
            let file = try GGUFFile.read(from: try FileBytes(path: path))
            let loaded = try withFile(try adapter.file(for: file)) { path in
                try LlamaAdapter(path: path, model: model, modelFile: file)
            }
            return (try logits(model), try logits(model, [(loaded, scale)]))
        }
        let merged = try withFile(
            try TinyAdapter.merged(original, header, widened: tensors, adapters: [(adapter, scale)])
        ) { try logits(try LlamaModel(path: $0)) }
        #expect(distance(plain, applied) > 0.1, "the change is to be felt")
        #expect(distance(applied, merged) < 0.001, "\(distance(applied, merged))")
    }

    @Test func `two adapters add up, in any order`() throws {
        let (first, second) = (TinyAdapter(tensors, seed: 4), TinyAdapter([tensors[0]], seed: 5))
        let applied = try withFile(try TinyAdapter.merged(original, header, widened: tensors)) { path in
            let model = try LlamaModel(path: path)
            let file = try GGUFFile.read(from: try FileBytes(path: path))
            let loaded = try [first, second].map { adapter in
                try withFile(try adapter.file(for: file)) { path in
                    try LlamaAdapter(path: path, model: model, modelFile: file)
                }
            }
            return [
                try logits(model, [(loaded[0], 0.5), (loaded[1], 0.75)]),
                try logits(model, [(loaded[1], 0.75), (loaded[0], 0.5)]),
            ]
        }
        let merged = try withFile(
            try TinyAdapter.merged(original, header, widened: tensors, adapters: [(first, 0.5), (second, 0.75)])
        ) { try logits(try LlamaModel(path: $0)) }
        for each in applied { #expect(distance(each, merged) < 0.001) }
    }

    @Test func `a running context takes adapters that are loaded later, and outlives those that go`() throws {
        let model = try LlamaModel(path: tinyChat)
        let context = try context(model)
        let plain = try logits(context, model)
        for round in 0..<20 as Range<UInt64> {
            // The last reference goes at the end of the round, when the context computes without it.
            let adapter = try withFile(try TinyAdapter(tensors, seed: round).file(for: header)) { path in
                try LlamaAdapter(path: path, model: model, modelFile: header)
            }
            try context.apply([(adapter, 1)])
            #expect(try logits(context, model) != plain)
            try context.apply([])
            #expect(try logits(context, model) == plain)
        }
    }

    @Test func `what a file says for people is read and cut`() throws {
        var adapter = TinyAdapter(tensors, seed: 1)
        adapter.description = [
            "adapter.lora.task_name": .string("to sum up"),
            "adapter.lora.prompt_prefix": .string(String(repeating: "x", count: 5_000)),
        ]
        let file = try withFile(try adapter.file(for: header)) { try AdapterFile(path: $0, for: header) }
        #expect(file.taskName == "to sum up" && file.promptPrefix.count == 1_024)
        adapter.description = ["adapter.lora.task_name": .uint32(7)]
        #expect(try withFile(try adapter.file(for: header)) { try AdapterFile(path: $0, for: header) }.taskName == "")
    }
}
