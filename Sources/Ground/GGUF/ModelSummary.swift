/// What people and schedulers want to know of a model file at a glance. Absent is `nil`, never a guess.
public struct ModelSummary: Sendable, Equatable {
    public let architecture: String?
    public let name: String?
    /// Numbers in all tensors.
    public let parameterCount: UInt64
    /// Bytes of all tensors.
    public let tensorBytes: UInt64
    /// "Q4_K_M", "F16": from `general.file_type`, else the type that most bytes have; `nil` without tensors.
    public let quantization: String?
    /// The context in tokens that the model was trained for.
    public let contextLength: Int?
    public let embeddingLength: Int?
    public let blockCount: Int?
    /// Attention heads; the largest number where layers differ.
    public let headCount: Int?
    /// Heads of keys and values; as many as `headCount` when the file does not say.
    public let keyValueHeadCount: Int?
    public let vocabularySize: Int?
    /// Jinja source.
    public let chatTemplate: String?
    /// "llama", "gpt2", "bert": how text becomes tokens.
    public let tokenizerModel: String?
    public let bosTokenID: Int?
    public let eosTokenID: Int?
}

extension GGUFFile {
    public var summary: ModelSummary {
        let heads = largest("attention.head_count")
        return ModelSummary(
            architecture: metadata.architecture, name: metadata["general.name"]?.string,
            // Wrapping: real files are far from 2^64 numbers, and a sparse file that is not must not stop the reader.
            parameterCount: tensors.reduce(0) { $0 &+ $1.elementCount },
            tensorBytes: tensors.reduce(0) { $0 &+ $1.byteRange.upperBound - $1.byteRange.lowerBound },
            quantization: quantization, contextLength: largest("context_length"),
            embeddingLength: largest("embedding_length"), blockCount: largest("block_count"), headCount: heads,
            keyValueHeadCount: largest("attention.head_count_kv") ?? heads,
            vocabularySize: metadata["tokenizer.ggml.tokens"]?.array?.count ?? largest("vocab_size"),
            chatTemplate: metadata["tokenizer.chat_template"]?.string,
            tokenizerModel: metadata["tokenizer.ggml.model"]?.string,
            bosTokenID: natural(metadata["tokenizer.ggml.bos_token_id"]),
            eosTokenID: natural(metadata["tokenizer.ggml.eos_token_id"]))
    }

    /// A natural number under the architecture's prefix; of an array with one per layer, the largest.
    private func largest(_ key: String) -> Int? {
        let value = metadata.ofArchitecture(key)
        guard let array = value?.array else { return natural(value) }
        return array.integers?.max().flatMap { $0 >= 0 ? Int($0) : nil }
    }

    private func natural(_ value: GGUFValue?) -> Int? { value?.integer.flatMap { $0 >= 0 ? Int($0) : nil } }

    private var quantization: String? {
        if let label = natural(metadata["general.file_type"]).flatMap({ fileTypeLabels[$0] }) { return label }
        var bytes: [TensorType: UInt64] = [:]
        for tensor in tensors { bytes[tensor.type, default: 0] += UInt64(tensor.byteRange.count) }
        return bytes.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.label
    }
}

/// Source: `llama_ftype` of llama.cpp, whose comments say "except 1d tensors".
private let fileTypeLabels: [Int: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4", 40: "Q1_0",
    41: "Q2_0",
]
