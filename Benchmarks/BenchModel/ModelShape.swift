import GGUF

/// What the benchmark's model looks like: a LLaMA of 94 million parameters, two thirds of them in the embedding,
/// because its vocabulary is as large as Llama 3's. A step of it costs what a small useful model's step costs, and
/// choosing among 128,256 tokens costs what it costs with a real model.
///
/// Few wide layers with four heads: attention over 2,000 tokens is then about a fifth of the work on weights. That is still
/// more than in models of a billion parameters and up (Llama 3.2 1B: about a seventh). With a small model's usual many
/// heads it would be three quarters, and the benchmark would measure llama.cpp's attention kernel.
enum ModelShape {
    /// Carries the version: raise it whenever anything in the file changes, so that nobody measures an old one.
    static let fileName = "nexus-bench-94m-v2.gguf"

    static let embedding: UInt64 = 512
    static let layers = 6
    static let feedForward: UInt64 = 2816
    static let heads: UInt64 = 4
    static let keyValueHeads: UInt64 = 2
    static let headLength: UInt64 = 64
    static let contextTokens: UInt32 = 16_384

    /// Standard deviation of all matrices, as LLaMA-like models start their training.
    static let deviation: Float = 0.02
    static let seed: UInt64 = 20_261_121

    /// Adds the model's description, which llama.cpp needs to load it.
    static func describe(in writer: inout GGUFWriter) throws(GGUFError) {
        let entries: [(String, GGUFValue)] = [
            ("general.architecture", .string("llama")),
            ("general.name", .string("Nexus benchmark model, random weights")),
            ("general.file_type", .uint32(7)),
            ("general.quantization_version", .uint32(2)),
            ("llama.context_length", .uint32(contextTokens)),
            ("llama.embedding_length", .uint32(UInt32(embedding))),
            ("llama.block_count", .uint32(UInt32(layers))),
            ("llama.feed_forward_length", .uint32(UInt32(feedForward))),
            ("llama.attention.head_count", .uint32(UInt32(heads))),
            ("llama.attention.head_count_kv", .uint32(UInt32(keyValueHeads))),
            ("llama.attention.key_length", .uint32(UInt32(headLength))),
            ("llama.attention.value_length", .uint32(UInt32(headLength))),
            ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
            ("llama.rope.dimension_count", .uint32(UInt32(headLength))),
            ("llama.rope.freq_base", .float32(500_000)),
            ("llama.vocab_size", .uint32(UInt32(SyllableVocabulary.count))),
        ]
        for (key, value) in entries { try writer.set(key, value) }
    }

    /// Adds all tensors. There is no `output.weight`: llama.cpp then uses the embedding for it.
    static func addTensors(to writer: inout GGUFWriter) throws(GGUFError) {
        let query = heads * headLength
        let keyValue = keyValueHeads * headLength
        try writer.add(tensor: "token_embd.weight", .q8_0, [embedding, UInt64(SyllableVocabulary.count)]) { emit in
            try RandomWeights.emit(
                rows: SyllableVocabulary.count, length: Int(embedding), seed: seed,
                deviation: { SyllableVocabulary.isWord($0) ? deviation : deviation / 100 }, to: emit)
        }
        for layer in 0..<layers {
            try addNorm("blk.\(layer).attn_norm.weight", to: &writer)
            try addNorm("blk.\(layer).ffn_norm.weight", to: &writer)
            let matrices: [(String, UInt64, UInt64)] = [
                ("attn_q", embedding, query), ("attn_k", embedding, keyValue), ("attn_v", embedding, keyValue),
                ("attn_output", query, embedding), ("ffn_gate", embedding, feedForward),
                ("ffn_up", embedding, feedForward), ("ffn_down", feedForward, embedding),
            ]
            for (index, (name, length, rows)) in matrices.enumerated() {
                let seed = seed + UInt64(1 + layer * matrices.count + index)
                try writer.add(tensor: "blk.\(layer).\(name).weight", .q8_0, [length, rows]) { emit in
                    try RandomWeights.emit(
                        rows: Int(rows), length: Int(length), seed: seed, deviation: { _ in deviation }, to: emit)
                }
            }
        }
        try addNorm("output_norm.weight", to: &writer)
    }

    private static func addNorm(_ name: String, to writer: inout GGUFWriter) throws(GGUFError) {
        let one: [UInt8] = [0x00, 0x00, 0x80, 0x3F]  // 1.0 as a 32-bit float, little endian
        try writer.add(
            tensor: name, .f32, [embedding], bytes: Array(repeatElement(one, count: Int(embedding)).joined()))
    }
}
