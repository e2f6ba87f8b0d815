import GGUF

/// What one of the benchmark's models looks like: a LLaMA with a vocabulary as large as Llama 3's, so that choosing among
/// 128,256 tokens costs what it costs with a real model.
struct ModelShape {
    /// How the next token follows from the last one.
    enum Successor {
        /// By chance: one matrix reads tokens and scores them.
        case random
        /// Words stand in circles of `SyllableVocabulary.circle`, and each is followed by the next of its circle: the matrix
        /// that scores tokens has the embedding of each word's predecessor in its row. What the layers add is too little to
        /// change that at temperature 0, but they cost what they cost.
        case circles
    }

    /// Carries the version: raise it whenever anything in the file changes, so that nobody measures an old one.
    let fileName: String
    var successor = Successor.random
    var embedding: UInt64 = 512
    var layers = 6
    var feedForward: UInt64 = 2816
    var heads: UInt64 = 4
    var keyValueHeads: UInt64 = 2
    var seed: UInt64 = 20_261_121

    static let headLength: UInt64 = 64
    static let contextTokens: UInt32 = 16_384
    /// Standard deviation of all matrices, as LLaMA-like models start their training.
    static let deviation: Float = 0.02

    /// 94 million parameters, two thirds of them in the embedding. A step of it costs what a small useful model's step costs.
    ///
    /// Few wide layers with four heads: attention over 2,000 tokens is then about a fifth of the work on weights. That is still
    /// more than in models of a billion parameters and up (Llama 3.2 1B: about a seventh). With a small model's usual many
    /// heads it would be three quarters, and the benchmark would measure llama.cpp's attention kernel.
    static let plain = ModelShape(fileName: "nexus-bench-94m-v2.gguf")

    /// The same work for a token, and answers that copy: at temperature 0 it repeats a list of words that it has just read.
    static let copying = ModelShape(fileName: "nexus-bench-copying-v1.gguf", successor: .circles)

    /// A draft model that is always right about `copying`, for a fraction of the work.
    static let draft = ModelShape(
        fileName: "nexus-bench-draft-v1.gguf", successor: .circles, embedding: 64, layers: 1, feedForward: 128,
        heads: 1,
        keyValueHeads: 1)

    /// A draft model that knows nothing: as large, and by chance.
    static let poorDraft = ModelShape(
        fileName: "nexus-bench-poor-draft-v1.gguf", embedding: 64, layers: 1, feedForward: 128, heads: 1,
        keyValueHeads: 1, seed: 7)

    /// 440 million parameters, to quantise: what is done once for a file is little beside them.
    static let large = ModelShape(
        fileName: "nexus-bench-440m-v1.gguf", embedding: 1024, layers: 12, feedForward: 8192)

    static let named = [
        "plain": plain, "copying": copying, "draft": draft, "poor-draft": poorDraft, "large": large,
    ]

    /// Adds the model's description, which llama.cpp needs to load it.
    func describe(in writer: inout GGUFWriter) throws(GGUFError) {
        let entries: [(String, GGUFValue)] = [
            ("general.architecture", .string("llama")),
            ("general.name", .string("Nexus benchmark model, random weights")),
            ("general.file_type", .uint32(7)),
            ("general.quantization_version", .uint32(2)),
            ("llama.context_length", .uint32(Self.contextTokens)),
            ("llama.embedding_length", .uint32(UInt32(embedding))),
            ("llama.block_count", .uint32(UInt32(layers))),
            ("llama.feed_forward_length", .uint32(UInt32(feedForward))),
            ("llama.attention.head_count", .uint32(UInt32(heads))),
            ("llama.attention.head_count_kv", .uint32(UInt32(keyValueHeads))),
            ("llama.attention.key_length", .uint32(UInt32(Self.headLength))),
            ("llama.attention.value_length", .uint32(UInt32(Self.headLength))),
            ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
            ("llama.rope.dimension_count", .uint32(UInt32(Self.headLength))),
            ("llama.rope.freq_base", .float32(500_000)),
            ("llama.vocab_size", .uint32(UInt32(SyllableVocabulary.count))),
        ]
        for (key, value) in entries { try writer.set(key, value) }
    }

    /// Adds all tensors. Without `output.weight` llama.cpp uses the embedding for it.
    func addTensors(to writer: inout GGUFWriter) throws(GGUFError) {
        try addTokens("token_embd.weight", to: &writer) { $0 }
        if successor == .circles {
            try addTokens("output.weight", to: &writer, row: SyllableVocabulary.predecessor)
        }
        for layer in 0..<layers { try addLayer(layer, to: &writer) }
        try addNorm("output_norm.weight", to: &writer)
    }

    private func addLayer(_ layer: Int, to writer: inout GGUFWriter) throws(GGUFError) {
        let query = heads * Self.headLength
        let keyValue = keyValueHeads * Self.headLength
        try addNorm("blk.\(layer).attn_norm.weight", to: &writer)
        try addNorm("blk.\(layer).ffn_norm.weight", to: &writer)
        let matrices: [(String, UInt64, UInt64)] = [
            ("attn_q", embedding, query), ("attn_k", embedding, keyValue), ("attn_v", embedding, keyValue),
            ("attn_output", query, embedding), ("ffn_gate", embedding, feedForward),
            ("ffn_up", embedding, feedForward), ("ffn_down", feedForward, embedding),
        ]
        for (index, (name, length, rows)) in matrices.enumerated() {
            let seed = seed + UInt64(1 + layer * matrices.count + index)
            // What a layer adds goes through these two.
            let isOutlet = name == "attn_output" || name == "ffn_down"
            let deviation = successor == .circles && isOutlet ? Self.deviation / 100 : Self.deviation
            try writer.add(tensor: "blk.\(layer).\(name).weight", .q8_0, [length, rows]) { emit in
                try RandomWeights.emit(
                    rows: Int(rows), length: Int(length), seed: seed, deviation: { _ in deviation }, to: emit)
            }
        }
    }

    /// One row for each token.
    private func addTokens(
        _ name: String, to writer: inout GGUFWriter, row: @escaping (Int) -> Int
    ) throws(GGUFError) {
        func deviation(_ token: Int) -> Float {
            SyllableVocabulary.isWord(token) ? Self.deviation : Self.deviation / 100
        }
        try writer.add(tensor: name, .q8_0, [embedding, UInt64(SyllableVocabulary.count)]) { emit in
            switch successor {
            case .random:
                try RandomWeights.emit(
                    rows: SyllableVocabulary.count, length: Int(embedding), seed: seed, deviation: deviation, to: emit)
            case .circles:
                try RandomWeights.emit(
                    rows: SyllableVocabulary.count, length: Int(embedding), deviation: deviation,
                    seed: { seed &+ UInt64(row($0)) &* 0x1_0000_0001 }, to: emit)
            }
        }
    }

    private func addNorm(_ name: String, to writer: inout GGUFWriter) throws(GGUFError) {
        let one: [UInt8] = [0x00, 0x00, 0x80, 0x3F]  // 1.0 as a 32-bit float, little endian
        try writer.add(
            tensor: name, .f32, [embedding], bytes: Array(repeatElement(one, count: Int(embedding)).joined()))
    }
}
