import Foundation
import GGUF
import Testing

@testable import LlamaRuntime

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

/// How an adapter for the starter model is made, and what is wrong with it.
private struct Recipe {
    var general = "adapter"
    var type: GGUFValue? = .string("lora")
    var architecture: String?
    var alpha: GGUFValue? = .float32(8)
    var rank: UInt64 = 4
    var rankOfB: UInt64?
    var base = "blk.0.attn_q.weight"
    var inputExtra: UInt64 = 0
    var hasB = true
    var tensorType = TensorType.f32
    var more: [String: GGUFValue] = [:]
    var extraTensor: String?
    /// The last number of B.
    var last: Float?

    /// The file's bytes; its numbers are large enough to be felt.
    func bytes(for model: GGUFFile) throws -> [UInt8] {
        let shape = try #require(model.tensors.first { $0.name == base } ?? model.tensors.first).dimensions
        var writer = try GGUFWriter()
        try writer.set("general.type", .string(general))
        try writer.set("general.architecture", .string(architecture ?? model.metadata.architecture ?? ""))
        if let type { try writer.set("adapter.type", type) }
        if let alpha { try writer.set("adapter.lora.alpha", alpha) }
        for (key, value) in more.sorted(by: { $0.key < $1.key }) { try writer.set(key, value) }
        func add(_ name: String, _ dimensions: [UInt64], _ wave: Float) throws {
            let count = Int(dimensions.reduce(1, *))
            var numbers = (0..<count).map { sin(Float($0) * wave) }
            if let last, name.hasSuffix(".lora_b") { numbers[count - 1] = last }
            let bytes: [UInt8] =
                switch tensorType {
                case .f32: numbers.flatMap { littleEndian($0.bitPattern) }
                default: numbers.flatMap { littleEndian(UInt64(bitPattern: Int64($0 * 100))) }
                }
            try writer.add(tensor: name, tensorType, dimensions, bytes: bytes)
        }
        try add(base + ".lora_a", [shape[0] + inputExtra, rank], 0.7)
        if hasB { try add(base + ".lora_b", [rankOfB ?? rank, shape.count > 1 ? shape[1] : 1], 0.3) }
        if let extraTensor { try add(extraTensor, [4], 1) }
        return try writer.bytes()
    }

    private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct LlamaAdapterTests {
    private let modelFile: GGUFFile

    init() throws { modelFile = try GGUFFile.read(from: try FileBytes(path: tinyChat)) }

    /// Runs `body` with a file that is removed afterwards.
    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "adapter-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try body(path)
    }

    private func load(_ recipe: Recipe, _ model: LlamaModel) throws -> LlamaAdapter {
        try withFile(try recipe.bytes(for: modelFile)) { path in
            try LlamaAdapter(path: path, model: model, modelFile: modelFile)
        }
    }

    /// Tokens drawn from one distribution: as good as equal distributions are equal, and as others differ.
    private func logits(_ model: LlamaModel, _ adapters: [(adapter: LlamaAdapter, scale: Float)]) throws -> [Float] {
        let context = try LlamaContext(
            model: model, options: .init(cells: 256, sequencesMax: 1, batchTokensMax: 64, threads: 1))
        try context.apply(adapters)
        let tokens = try model.tokenize("What is 3 + 4?", addsSpecial: true, parsesSpecial: true)
        context.clearBatch()
        var row: Int32 = 0
        for (index, token) in tokens.enumerated() {
            row = context.append(
                token: token, position: Int32(index), sequence: 0, wantsLogits: index == tokens.count - 1)
        }
        try context.decode()
        return try context.withLogits(row: row) { Array($0) }
    }

    @Test(arguments: ["blk.0.attn_q.weight", "blk.1.ffn_down.weight"])
    func `an adapter changes what the model says, and scale 0 changes nothing`(base: String) throws {
        let model = try LlamaModel(path: tinyChat)
        let plain = try logits(model, [])
        let adapter = try load(Recipe(base: base), model)
        #expect(adapter.file.rank == 4 && adapter.file.pairCount == 1 && adapter.file.alpha == 8)
        #expect(try logits(model, [(adapter, 1)]) != plain)
        #expect(try logits(model, [(adapter, 0)]) == plain)
        #expect(try logits(model, []) == plain)
        #expect(try logits(model, [(adapter, 0.5)]) != logits(model, [(adapter, -0.5)]))
    }

    /// A header of a model or of an adapter, with tensors of zeros.
    private func header(
        _ values: [(String, String)], _ tensors: [(name: String, dimensions: [UInt64])]
    ) throws -> GGUFFile {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string("llama"))
        for (key, value) in values { try writer.set(key, .string(value)) }
        for tensor in tensors {
            let count = Int(tensor.dimensions.reduce(1, *)) * 4
            try writer.add(
                tensor: tensor.name, .f32, tensor.dimensions, bytes: [UInt8](repeating: 0, count: count))
        }
        return try withFile(try writer.bytes()) { try GGUFFile.read(from: try FileBytes(path: $0)) }
    }

    /// For embeddings A and B are flipped, and the model must not use them for its output: llama.cpp would abort.
    @Test func `embeddings are changed only where the output has weights of its own`() throws {
        let lora = [("general.type", "adapter"), ("adapter.type", "lora")]
        let adapter = try header(
            lora, [("token_embd.weight.lora_a", [2, 9]), ("token_embd.weight.lora_b", [2, 5])])
        let own = try header([], [("token_embd.weight", [5, 9]), ("output.weight", [5, 9])])
        #expect(try AdapterFile(adapter, for: own).rank == 2)
        let shared = try header([], [("token_embd.weight", [5, 9])])
        let error = #expect(throws: LlamaError.self) { try AdapterFile(adapter, for: shared) }
        #expect(error?.message.contains("for its output too") == true)
        let flipped = try header(
            lora, [("token_embd.weight.lora_a", [5, 2]), ("token_embd.weight.lora_b", [2, 9])])
        #expect(throws: LlamaError.self) { try AdapterFile(flipped, for: own) }
    }

    @Test(arguments: [
        (Recipe(general: "model"), "general.type"), (Recipe(type: .string("control_vector")), "adapter.type"),
        (Recipe(type: .uint32(1)), "adapter.type"), (Recipe(type: nil), "adapter.type"),
        (Recipe(architecture: "gemma3"), "'gemma3'"), (Recipe(alpha: .uint32(8)), "alpha"),
        (Recipe(alpha: .float32(.nan)), "alpha"), (Recipe(rank: 4, rankOfB: 5), "ranks 4 and 5"),
        (Recipe(rank: 16_385), "ranks 16385"), (Recipe(inputExtra: 1), "its pair is"),
        (Recipe(hasB: false), "one half"), (Recipe(tensorType: .i64), "I64"),
        (Recipe(more: ["adapter.alora.invocation_tokens": .array(GGUFArray([UInt32(1)]))]), "aLoRA"),
        (Recipe(extraTensor: "stray"), "stray"), (Recipe(base: "blk.99.attn_q.weight"), "no tensor"),
        (Recipe(base: "output_norm.weight"), "its pair is"),
        (Recipe(last: .nan), "blk.0.attn_q.weight.lora_b has numbers"), (Recipe(last: -.infinity), "infinite or none"),
    ])
    private func `an adapter that does not fit is refused with the reason`(recipe: Recipe, part: String) throws {
        let model = try LlamaModel(path: tinyChat)
        let error = #expect(throws: LlamaError.self) { try load(recipe, model) }
        #expect(error?.code == .adapter && error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func `a file that is cut anywhere is refused`() throws {
        let model = try LlamaModel(path: tinyChat)
        let whole = try Recipe().bytes(for: modelFile)
        for cut in [0, 3, 8, 24, 100, whole.count / 2, whole.count - 1] {
            let error = #expect(throws: LlamaError.self, "cut at \(cut)") {
                try withFile(Array(whole.prefix(cut))) { path in
                    try LlamaAdapter(path: path, model: model, modelFile: modelFile)
                }
            }
            #expect(error?.code == .adapter)
        }
        #expect(throws: LlamaError.self) {
            try LlamaAdapter(path: "/nonexistent.gguf", model: model, modelFile: modelFile)
        }
        #expect(throws: LlamaError.self) { try LlamaAdapter(path: tinyChat, model: model, modelFile: modelFile) }
    }

    @Test func `norms are left out and counted`() throws {
        let model = try LlamaModel(path: tinyChat)
        let adapter = try load(Recipe(extraTensor: "blk.0.attn_norm.weight"), model)
        #expect(adapter.file.skippedCount == 1 && adapter.file.pairCount == 1)
    }
}
