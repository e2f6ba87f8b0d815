import GGUF

/// Model files in memory that have all of a family's metadata, and tensors of few bytes.
enum ShapedFiles {
    /// A LLaMA-like model of `layers` layers. Keys of `extra` get the family's name, and replace those that are here.
    static func file(
        _ architecture: String = "llama", _ extra: [String: GGUFValue] = [:], layers: Int = 4,
        type: TensorType = .f16, isTied: Bool = true
    ) throws -> GGUFFile {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string(architecture))
        let keys: [String: GGUFValue] = [
            "block_count": .uint32(UInt32(layers)), "context_length": .uint32(8192),
            "embedding_length": .uint32(256), "feed_forward_length": .uint32(512),
            "attention.head_count": .uint32(8), "attention.head_count_kv": .uint32(2),
        ]
        for (key, value) in keys.merging(extra, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            try writer.set("\(architecture).\(key)", value)
        }
        try writer.set("tokenizer.ggml.tokens", .array(GGUFArray((0..<64).map { "token\($0)" })))
        func add(_ name: String, _ dimensions: [UInt64]) throws {
            let count = dimensions.reduce(1, *)
            let bytes = Int(count / type.blockLength * type.blockBytes)
            try writer.add(tensor: name, type, dimensions, bytes: [UInt8](repeating: 0, count: bytes))
        }
        try add("token_embd.weight", [256, 64])
        for layer in 0..<layers {
            try add("blk.\(layer).attn_q.weight", [256, 256])
            try add("blk.\(layer).ffn_gate.weight", [256, 8])
        }
        if !isTied { try add("output.weight", [256, 64]) }
        return try GGUFFile.read(from: BytesInMemory(try writer.bytes()))
    }
}
