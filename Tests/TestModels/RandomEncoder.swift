import Foundation
import GGUF
import TestRandomness

/// A BERT-like encoder of a few thousand random numbers, for tests of the machinery around one. What it computes means
/// nothing; that it computes the same for the same text does.
public enum RandomEncoder {
    public static let contextTokens = 128
    public static let vectorLength = 64
    private static let heads: UInt32 = 4
    private static let layers = 2
    private static let feedForward = 128

    /// `[PAD] [UNK] [CLS] [SEP]`, the letters at the start of a word and inside one, and some words.
    public static let vocabulary: [String] =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + letters.map { "▁" + $0 } + letters
        + ["cat", "dog", "sun", "rain", "red", "blue", "the", "is", "what", "who"].map { "▁" + $0 }
    private static let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }

    /// A model file.
    ///
    /// - Parameters:
    ///   - ranks: whether it has a head that gives one score.
    ///   - labels: names of the scores of a head that gives several; none has no names.
    ///   - seed: the same seed makes the same file.
    /// - Returns: its bytes.
    /// - Throws: nothing, unless the writer does not take what is written here.
    public static func file(ranks: Bool, labels: [String] = [], seed: UInt64 = 1) throws -> [UInt8] {
        var writer = try GGUFWriter()
        try describe(in: &writer, ranks: ranks)
        if !labels.isEmpty { try writer.set("bert.classifier.output_labels", .array(GGUFArray(labels))) }
        var random = SeededRandom(seed: seed)
        func add(_ name: String, _ dimensions: [Int], around center: Float = 0, spread: Float) throws {
            let count = dimensions.reduce(1, *)
            let numbers = (0..<count).map { _ in center + Float.random(in: -spread...spread, using: &random) }
            let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) } }
            try writer.add(tensor: name, .f32, dimensions.map(UInt64.init), bytes: bytes)
        }
        func addLinear(_ name: String, _ inputs: Int, _ outputs: Int) throws {
            try add("\(name).weight", [inputs, outputs], spread: 0.3)
            try add("\(name).bias", [outputs], spread: 0.1)
        }
        func addNorm(_ name: String) throws {
            try add("\(name).weight", [vectorLength], around: 1, spread: 0.2)
            try add("\(name).bias", [vectorLength], spread: 0.2)
        }
        try add("token_embd.weight", [vectorLength, vocabulary.count], spread: 1)
        try add("position_embd.weight", [vectorLength, contextTokens], spread: 1)
        try add("token_types.weight", [vectorLength, 2], spread: 1)
        try addNorm("token_embd_norm")
        for layer in 0..<layers {
            for name in ["attn_q", "attn_k", "attn_v", "attn_output"] {
                try addLinear("blk.\(layer).\(name)", vectorLength, vectorLength)
            }
            try addNorm("blk.\(layer).attn_output_norm")
            try addLinear("blk.\(layer).ffn_up", vectorLength, feedForward)
            try addLinear("blk.\(layer).ffn_down", feedForward, vectorLength)
            try addNorm("blk.\(layer).layer_output_norm")
        }
        if ranks {
            try addLinear("cls", vectorLength, vectorLength)
            try addLinear("cls.output", vectorLength, max(1, labels.count))
        }
        return try writer.bytes()
    }

    private static func describe(in writer: inout GGUFWriter, ranks: Bool) throws {
        // `LLAMA_POOLING_TYPE_MEAN` and `_RANK` of llama.h; token types of llama.h: 1 normal, 3 control.
        let entries: [(String, GGUFValue)] = [
            ("general.architecture", .string("bert")), ("general.name", .string("random encoder")),
            ("bert.context_length", .uint32(UInt32(contextTokens))),
            ("bert.embedding_length", .uint32(UInt32(vectorLength))),
            ("bert.feed_forward_length", .uint32(UInt32(feedForward))), ("bert.block_count", .uint32(UInt32(layers))),
            ("bert.attention.head_count", .uint32(heads)), ("bert.attention.layer_norm_epsilon", .float32(1e-12)),
            ("bert.attention.causal", .bool(false)), ("bert.pooling_type", .uint32(ranks ? 4 : 1)),
            ("tokenizer.ggml.model", .string("bert")),
            ("tokenizer.ggml.tokens", .array(GGUFArray(vocabulary))),
            ("tokenizer.ggml.token_type", .array(GGUFArray(vocabulary.map { $0.hasPrefix("[") ? Int32(3) : 1 }))),
            ("tokenizer.ggml.token_type_count", .uint32(2)), ("tokenizer.ggml.pre", .string("default")),
            ("tokenizer.ggml.padding_token_id", .uint32(0)), ("tokenizer.ggml.unknown_token_id", .uint32(1)),
            ("tokenizer.ggml.bos_token_id", .uint32(2)), ("tokenizer.ggml.eos_token_id", .uint32(3)),
            ("tokenizer.ggml.seperator_token_id", .uint32(3)), ("tokenizer.ggml.mask_token_id", .uint32(1)),
        ]
        for (key, value) in entries { try writer.set(key, value) }
    }

    /// Runs `body` with the path of such a file, which is removed afterwards.
    public static func withFile<Result>(
        ranks: Bool, labels: [String] = [], _ body: (String) async throws -> Result
    ) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "encoder-\(UUID().uuidString).gguf")
        try Data(try file(ranks: ranks, labels: labels)).write(to: path)
        defer { unlink(path.path) }
        return try await body(path.path)
    }
}

/// Model files beside the checkout, where the machine has them.
public enum ModelsNearby {
    /// The path of a file such as `tiny-embed.gguf`.
    public static func path(_ name: String) -> String? {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return ["../shared/data/models", "../../shared/data/models"]
            .map { root.appending(path: "\($0)/\(name)").standardizedFileURL.path }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}
