import CLlama

/// How keys and values are stored, by llama.cpp's names.
public enum CacheType: String, Sendable, CaseIterable {
    case f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl

    /// Whether several numbers share a scale.
    public var isQuantized: Bool { blockSize > 1 }

    /// Numbers that are stored together; a head must be whole blocks.
    public var blockSize: Int { Int(ggml_blck_size(value)) }

    var value: ggml_type {
        switch self {
        case .f32: GGML_TYPE_F32
        case .f16: GGML_TYPE_F16
        case .bf16: GGML_TYPE_BF16
        case .q8_0: GGML_TYPE_Q8_0
        case .q5_1: GGML_TYPE_Q5_1
        case .q5_0: GGML_TYPE_Q5_0
        case .q4_1: GGML_TYPE_Q4_1
        case .q4_0: GGML_TYPE_Q4_0
        case .iq4_nl: GGML_TYPE_IQ4_NL
        }
    }
}

/// Whether attention is computed without storing its whole matrix.
public enum FlashAttention: String, Sendable, CaseIterable {
    case on, off, auto

    var value: llama_flash_attn_type {
        switch self {
        case .on: LLAMA_FLASH_ATTN_TYPE_ENABLED
        case .off: LLAMA_FLASH_ATTN_TYPE_DISABLED
        case .auto: LLAMA_FLASH_ATTN_TYPE_AUTO
        }
    }
}
